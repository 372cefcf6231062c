package nexus.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import nexus.merkle.Digest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

final class ReleaseEnvelopeTest {

  private static final Path DOCUMENT = Path.of("..", "docs", "formats", "release.md");
  private static final String TREE =
      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
  private static final String TYPE = "application/vnd.nexus.release+json";
  private static final String PAYLOAD =
      """
      {"schema":1,"name":"hello","version":"1.0","sequence":1,"architecture":"amd64",\
      "tree":"%s","entrypoint":"bin/hello","environment":{"GREETING":"hello"}}\
      """
          .replace("%s", TREE);

  static LongStream seeds() {
    return LongStream.concat(
        LongStream.rangeClosed(1, 8), LongStream.of(new SplittableRandom().nextLong()));
  }

  @Test
  void theDocumentsTestVectorHolds() throws Exception {
    String encoded = new String(release().encode(), StandardCharsets.UTF_8);

    assertThat(PAYLOAD).isEqualTo(documented("payload"));
    assertThat(encoded).isEqualTo(documented("envelope") + "\n");
    assertThat(decode(encoded)).isEqualTo(release());
  }

  private static String documented(String name) throws IOException {
    return Files.readAllLines(DOCUMENT).stream()
        .filter(line -> line.startsWith(name + " "))
        .map(line -> line.substring(name.length()).strip())
        .collect(Collectors.joining());
  }

  private static ReleaseEnvelope release() throws Exception {
    return new ReleaseEnvelope(
        new Release(
            "hello",
            "1.0",
            1,
            "amd64",
            Digest.parse(TREE),
            "bin/hello",
            Map.of("GREETING", "hello")));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void isReadAsItWasWritten(long seed) throws Exception {
    ReleaseEnvelope envelope = random(new Random(seed));
    byte[] encoded = envelope.encode();

    ReleaseEnvelope decoded = ReleaseEnvelope.decode("here", encoded);
    assertThat(decoded).isEqualTo(envelope);
    assertThat(decoded.encode()).isEqualTo(encoded);
  }

  private static ReleaseEnvelope random(Random random) {
    Map<String, String> environment = new HashMap<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      environment.put("V" + random.nextInt(100), random(random, 20));
    }
    byte[] digest = new byte[Digest.LENGTH];
    random.nextBytes(digest);
    return new ReleaseEnvelope(
        new Release(
            "app" + random.nextInt(1000),
            random.nextInt(20) + "." + random.nextInt(20) + "~rc1",
            1 + random.nextLong(Long.MAX_VALUE),
            "amd64",
            Digest.read(digest, 0),
            "p" + random(random, 40),
            environment));
  }

  /** Any characters but NUL and halves of surrogate pairs. */
  private static String random(Random random, int length) {
    return random
        .ints(random.nextInt(length), 1, 0x11000)
        .filter(c -> c < 0xd800 || c > 0xdfff)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void anyTruncationIsRefused(long seed) throws Exception {
    byte[] encoded = random(new Random(seed)).encode();
    // Without its last byte, a newline, it is still whole.
    for (int length = 0; length < encoded.length - 1; length++) {
      byte[] truncated = Arrays.copyOf(encoded, length);
      assertThatExceptionOfType(TrustException.class)
          .as("%d of %d bytes", length, encoded.length)
          .isThrownBy(() -> ReleaseEnvelope.decode("here", truncated));
    }
  }

  /** No signature protects it yet; whatever comes of it, it is a release or a TrustException. */
  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void anyDamageGivesAReleaseThatIsOneOrIsRefused(long seed) throws Exception {
    Random random = new Random(seed);
    byte[] encoded = random(random).encode();
    byte[] payload = Base64.getDecoder().decode(payloadOf(encoded));
    for (int bit = 0; bit < 8 * encoded.length; bit++) {
      byte[] flipped = encoded.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      requireRelease(flipped);
    }
    for (int bit = 0; bit < 8 * payload.length; bit++) {
      byte[] flipped = payload.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      requireRelease(envelope(flipped).getBytes(StandardCharsets.UTF_8));
    }
  }

  private static String payloadOf(byte[] envelope) {
    String text = new String(envelope, StandardCharsets.UTF_8);
    int start = text.indexOf("\"payload\":\"") + "\"payload\":\"".length();
    return text.substring(start, text.indexOf('"', start));
  }

  private static void requireRelease(byte[] bytes) throws Exception {
    try {
      ReleaseEnvelope.decode("here", bytes).release().check();
    } catch (TrustException e) {
      assertThat(e).hasMessageStartingWith("here is not a release: ");
    }
  }

  static Stream<Arguments> badEnvelopes() {
    String payload = base64(PAYLOAD.getBytes(StandardCharsets.UTF_8));
    return Stream.of(
        Arguments.of("nothing", ""),
        Arguments.of("no JSON", "hello"),
        Arguments.of("a list", "[]"),
        Arguments.of("an empty object", "{}"),
        Arguments.of("null", "null"),
        Arguments.of("something behind it", envelope(TYPE, payload, "[]") + "{}"),
        Arguments.of("another type", envelope("application/json", payload, "[]")),
        Arguments.of("a signature", envelope(TYPE, payload, "[{\"keyid\":\"a\",\"sig\":\"b\"}]")),
        Arguments.of("signatures of another type", envelope(TYPE, payload, "null")),
        Arguments.of("no Base64", envelope(TYPE, "!", "[]")),
        Arguments.of("no payload", "{\"payloadType\":\"" + TYPE + "\",\"signatures\":[]}"),
        Arguments.of("no type", "{\"payload\":\"" + payload + "\",\"signatures\":[]}"),
        Arguments.of(
            "no signatures", "{\"payloadType\":\"" + TYPE + "\",\"payload\":\"" + payload + "\"}"),
        Arguments.of(
            "a payload twice", envelope(TYPE, payload + "\",\"payload\":\"" + payload, "[]")),
        Arguments.of("an unknown member", envelope(TYPE, payload, "[],\"more\":1")),
        Arguments.of("depth without end", "[".repeat(100_000)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badEnvelopes")
  void whatIsNoEnvelopeIsRefused(String what, String envelope) {
    requireRefused(envelope);
  }

  static Stream<Arguments> badPayloads() {
    return Stream.of(
        Arguments.of("nothing", ""),
        Arguments.of("a list", "[]"),
        Arguments.of("no schema", PAYLOAD.replace("\"schema\":1,", "")),
        Arguments.of("a later schema", PAYLOAD.replace("\"schema\":1", "\"schema\":2")),
        Arguments.of("no name", PAYLOAD.replace("\"name\":\"hello\",", "")),
        Arguments.of("no version", PAYLOAD.replace("\"version\":\"1.0\",", "")),
        Arguments.of("no sequence", PAYLOAD.replace("\"sequence\":1,", "")),
        Arguments.of("no architecture", PAYLOAD.replace("\"architecture\":\"amd64\",", "")),
        Arguments.of("no tree", PAYLOAD.replace("\"tree\":\"" + TREE + "\",", "")),
        Arguments.of("no entry point", PAYLOAD.replace("\"entrypoint\":\"bin/hello\",", "")),
        Arguments.of("a member twice", PAYLOAD.replace("\"name\"", "\"name\":\"x\",\"name\"")),
        Arguments.of("an unknown member", PAYLOAD.replace("\"name\"", "\"more\":1,\"name\"")),
        Arguments.of("a variable twice", PAYLOAD.replace("{\"G", "{\"GREETING\":\"x\",\"G")),
        Arguments.of("sequence 0", PAYLOAD.replace("\"sequence\":1", "\"sequence\":0")),
        Arguments.of("sequence -1", PAYLOAD.replace("\"sequence\":1", "\"sequence\":-1")),
        Arguments.of("sequence 1.5", PAYLOAD.replace("\"sequence\":1", "\"sequence\":1.5")),
        Arguments.of(
            "sequence 2^63", PAYLOAD.replace("\"sequence\":1", "\"sequence\":9223372036854775808")),
        Arguments.of("a number for a name", PAYLOAD.replace("\"hello\",\"v", "7,\"v")),
        Arguments.of(
            "a name with a slash", PAYLOAD.replace("\"name\":\"hello\"", "\"name\":\"a/b\"")),
        Arguments.of(
            "a name with two dots", PAYLOAD.replace("\"name\":\"hello\"", "\"name\":\"..\"")),
        Arguments.of(
            "a name that is an option", PAYLOAD.replace("\"name\":\"hello\"", "\"name\":\"-h\"")),
        Arguments.of(
            "a name of 129",
            PAYLOAD.replace("\"name\":\"hello\"", "\"name\":\"" + "n".repeat(129) + "\"")),
        Arguments.of("a version with a line", PAYLOAD.replace("\"1.0\"", "\"1\\n0\"")),
        Arguments.of("a digest that is short", PAYLOAD.replace(TREE, TREE.substring(1))),
        Arguments.of("a digest of other letters", PAYLOAD.replace(TREE, TREE.replace('a', 'g'))),
        Arguments.of("an empty entry point", PAYLOAD.replace("\"bin/hello\"", "\"\"")),
        Arguments.of("an entry point with a NUL", PAYLOAD.replace("bin/hello", "bin\\u0000hello")),
        Arguments.of(
            "an entry point that is too long", PAYLOAD.replace("bin/hello", "x".repeat(4096))),
        Arguments.of("a variable with =", PAYLOAD.replace("GREETING", "GREE=ING")),
        Arguments.of("a variable without a name", PAYLOAD.replace("GREETING", "")),
        Arguments.of("a value with a NUL", PAYLOAD.replace(":\"hello\"}", ":\"a\\u0000b\"}")),
        Arguments.of(
            "a value that is too long",
            PAYLOAD.replace(":\"hello\"}", ":\"" + "x".repeat(131_073) + "\"}")),
        Arguments.of("a value that is a number", PAYLOAD.replace(":\"hello\"}", ":1}")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badPayloads")
  void whatIsNoReleaseIsRefused(String what, String payload) {
    assertThat(payload).isNotEqualTo(PAYLOAD);
    requireRefused(envelope(payload.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void moreThan1024VariablesAreRefused() {
    String variables =
        Stream.iterate(0, i -> i + 1)
            .limit(1025)
            .map(i -> "\"V" + i + "\":\"\"")
            .collect(Collectors.joining(","));
    requireRefused(
        envelope(
            PAYLOAD.replace("\"GREETING\":\"hello\"", variables).getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void whitespaceAndOrderDoNotMatter() throws Exception {
    String payload =
        PAYLOAD
            .replace("\"schema\":1,", "")
            .replace("}}", "} , \"schema\" : 1\n}")
            .replace(",", " ,\n");

    assertThat(decode(envelope(payload.getBytes(StandardCharsets.UTF_8)))).isEqualTo(release());
  }

  @Test
  void theEnvironmentMayBeAbsent() throws Exception {
    String payload = PAYLOAD.replace(",\"environment\":{\"GREETING\":\"hello\"}", "");

    assertThat(decode(envelope(payload.getBytes(StandardCharsets.UTF_8))).release().environment())
        .isEmpty();
  }

  private static void requireRefused(String envelope) {
    assertThatExceptionOfType(TrustException.Malformed.class)
        .isThrownBy(() -> decode(envelope))
        .withMessageStartingWith("here is not a release: ");
  }

  private static ReleaseEnvelope decode(String envelope) throws TrustException {
    return ReleaseEnvelope.decode("here", envelope.getBytes(StandardCharsets.UTF_8));
  }

  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  private static String envelope(byte[] payload) {
    return envelope(TYPE, base64(payload), "[]");
  }

  private static String envelope(String type, String payload, String signatures) {
    return "{\"payloadType\":\"%s\",\"payload\":\"%s\",\"signatures\":%s}\n"
        .formatted(type, payload, signatures);
  }
}
