package nexus.heal;

import static nexus.cas.TestStore.CHUNK;
import static nexus.cas.TestStore.bytes;
import static nexus.cas.TestStore.overwrite;
import static nexus.fetch.HostileServer.write;
import static nexus.heal.HealFixture.reasons;
import static nexus.heal.HealFixture.result;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import nexus.cas.Finding;
import nexus.cas.InMemory;
import nexus.cas.TestStore;
import nexus.fetch.HostileServer;
import nexus.fetch.TestMirrorServer;
import nexus.merkle.ChunkMap;
import nexus.merkle.Xxh3;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The attacker is A4 of the threat model: whoever controls a mirror or the network. */
final class BadMirrorTest {
  private static final int SIZE = 3 * CHUNK;
  private static final byte[] CONTENT = bytes(SIZE, 1);
  private static final String PART =
      "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 524288-1048575/1572864\r\n";

  private static final String OTHER_PART = PART.replaceFirst("524288-1048575", "0-524287");

  @TempDir(factory = InMemory.class)
  Path folder;

  // Mutable state
  private HealFixture fixture;
  private TestStore.Tree tree;

  @BeforeEach
  void damageTheSecondChunk() throws Exception {
    fixture = new HealFixture(folder);
    tree = fixture.install(Map.of("lib", CONTENT));
    overwrite(tree.file("lib"), CHUNK, "evil");
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  /**
   * What a mirror may do.
   *
   * @param sentence what follows the mirror's address
   */
  record Case(String name, HostileServer.Answer answer, String sentence) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> cases() {
    byte[] wrong = bytes(CHUNK, 2);
    byte[] right = Arrays.copyOfRange(CONTENT, CHUNK, 2 * CHUNK);
    return Stream.of(
        new Case(
            "wrong bytes",
            (_, out) -> send(out, PART + "Content-Length: 524288\r\n\r\n", wrong),
            " sent a damaged chunk 1 for object [0-9a-f]{64}"),
        new Case(
            "silence", (_, _) -> Thread.sleep(10_000), " has not begun to answer within 1000 ms"),
        new Case(
            "a stall",
            (_, out) -> {
              send(out, PART + "Content-Length: 524288\r\n\r\n", Arrays.copyOf(right, 9999));
              Thread.sleep(10_000);
            },
            " sent 9999 bytes in \\d+ ms and then too little for too long; .*"),
        new Case(
            "a trickle",
            (_, out) -> {
              write(out, PART + "Content-Length: 524288\r\n\r\n");
              for (byte b : right) {
                out.write(b);
                out.flush();
                Thread.sleep(50);
              }
            },
            " sent \\d+ bytes in \\d+ ms and then too little for too long; .*"),
        new Case(
            "an answer that is cut off",
            (_, out) ->
                send(out, PART + "Content-Length: 524288\r\n\r\n", Arrays.copyOf(right, CHUNK / 2)),
            " was cut off after \\d+ bytes: .*"),
        new Case(
            "an answer that ends early",
            (_, out) ->
                send(out, PART + "Connection: close\r\n\r\n", Arrays.copyOf(right, CHUNK / 2)),
            " ends early: expected 262144 more bytes"),
        new Case(
            "ten times the bytes, announced",
            (_, out) -> send(out, PART + "Content-Length: 5242880\r\n\r\n", bytes(10 * CHUNK, 3)),
            " announces 5242880 bytes, expected 524288"),
        new Case(
            "endless headers",
            (_, out) -> {
              write(out, "HTTP/1.1 206 Partial Content\r\n");
              for (int i = 0; true; i++) {
                write(out, "X-Header-" + i + ": " + "x".repeat(1000) + "\r\n");
              }
            },
            " (cannot be reached: .*|has not begun to answer within 1000 ms)"),
        new Case(
            "an endless header",
            (_, out) -> {
              write(out, "HTTP/1.1 206 Partial Content\r\nX: ");
              while (true) {
                write(out, "x".repeat(1000));
              }
            },
            " (cannot be reached: .*|has not begun to answer within 1000 ms)"),
        new Case(
            "an internal error",
            (_, out) -> write(out, "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"),
            " cannot be had: the server answers 500"),
        new Case(
            "416",
            (_, out) -> write(out, "HTTP/1.1 416 No Range\r\nContent-Length: 0\r\n\r\n"),
            " is shorter than it should be: the server answers 416"),
        new Case(
            "200 with another size",
            (_, out) -> send(out, "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", bytes(99, 1)),
            " announces 99 bytes, expected 1572864"),
        new Case(
            "200 that ends early",
            (_, out) ->
                send(out, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", bytes(CHUNK + 1, 1)),
            " ends early: expected 524287 more bytes"),
        new Case(
            "another range",
            (_, out) -> send(out, OTHER_PART + "Content-Length: 524288\r\n\r\n", right),
            " was asked for bytes 524288-1048575 of 1572864, and the server answers with "
                + "\"bytes 0-524287/1572864\""),
        new Case(
            "compressed",
            (_, out) ->
                send(out, PART + "Content-Encoding: gzip\r\nContent-Length: 524288\r\n\r\n", right),
            " is sent with the encoding gzip, unasked"),
        new Case(
            "a redirect in circles",
            (request, out) ->
                write(
                    out,
                    "HTTP/1.1 302 Found\r\nLocation: "
                        + request.path()
                        + "\r\nContent-Length: 0\r\n\r\n"),
            " redirects more than 3 times; use the mirror's own address"),
        new Case(
            "a redirect to a file",
            (_, out) ->
                write(
                    out,
                    "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: file:///etc/passwd\r\n\r\n"),
            " redirects to \"file:///etc/passwd\", which is no http or https address"),
        new Case(
            "a redirect to nowhere",
            (_, out) -> write(out, "HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n"),
            " redirects to \"\", which is nowhere"),
        new Case(
            "something else than HTTP",
            (_, out) -> write(out, "SSH-2.0-OpenSSH\u001b[31m\r\n\r\n"),
            " cannot be reached: .*"),
        new Case("nothing at all", (_, _) -> {}, " cannot be reached: .*"));
  }

  private static void send(OutputStream out, String headers, byte[] body) throws IOException {
    write(out, headers);
    out.write(body);
    out.flush();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void isNamedInOneSentenceAndTheNextIsAsked(Case each) throws Exception {
    byte[] tainted = Files.readAllBytes(tree.file("lib"));
    List<Finding> findings = fixture.store.verify(tree);
    try (var server = new HostileServer(each.answer())) {
      long started = System.nanoTime();
      HealReport alone = fixture.heal(tree, findings, server.url());
      assertThat(Duration.ofNanos(System.nanoTime() - started)).isLessThan(Duration.ofSeconds(4));

      assertThat(reasons(alone, "lib")).hasSize(2);
      String sentence = reasons(alone, "lib").getFirst();
      assertThat(sentence).startsWith(server.url());
      assertThat(sentence.substring(server.url().length()).replaceFirst("^/objects/[0-9a-f/]+", ""))
          .matches(each.sentence());
      assertThat(sentence.chars()).noneMatch(Character::isISOControl);
      assertThat(alone.complaints()).containsExactly(sentence);
      assertThat(tree.file("lib")).hasBinaryContent(tainted);
      assertThat(fixture.store.staged()).isEmpty();
      assertThat(fixture.store.quarantined()).isEmpty();

      HealReport both = fixture.heal(tree, findings, server.url(), fixture.mirrorUrl());

      assertThat(result(both, "lib"))
          .isInstanceOfSatisfying(
              HealReport.Healed.class,
              healed -> assertThat(healed.source()).isEqualTo(fixture.mirrorUrl()));
      assertThat(both.complaints()).hasSize(1);
      assertThat(both.complaints().getFirst()).startsWith(server.url());
    }
    fixture.assertGood(tree);
  }

  @Test
  void thatDoesNotHaveTheObjectIsNoCauseForComplaint() throws Exception {
    try (var server =
        new HostileServer(
            (_, out) -> write(out, "HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n"))) {
      HealReport report =
          fixture.heal(tree, fixture.store.verify(tree), server.url(), fixture.mirrorUrl());

      assertThat(report.isHealed()).isTrue();
      assertThat(report.complaints()).isEmpty();
    }
  }

  @Test
  void thatSendsTenTimesTheBytesIsCutOffAfterThoseThatWereAskedFor() throws Exception {
    byte[] more = Arrays.copyOf(Arrays.copyOfRange(CONTENT, CHUNK, 2 * CHUNK), 10 * CHUNK);
    try (var server =
        new HostileServer((_, out) -> send(out, PART + "Connection: close\r\n\r\n", more))) {
      HealReport report = fixture.heal(tree, server.url());

      assertThat(result(report, "lib")).isEqualTo(new HealReport.Healed(server.url(), 1, CHUNK));
      assertThat(report.complaints()).hasSize(1);
      assertThat(report.complaints().getFirst())
          .matches(server.url() + "/.* sends more than the 524288 bytes that it was asked for");
    }
    fixture.assertGood(tree);
  }

  @Test
  void thatSendsWithoutEndIsCutOff() throws Exception {
    byte[] some = bytes(CHUNK, 5);
    try (var server =
        new HostileServer(
            (_, out) -> {
              write(out, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
              while (true) {
                out.write(some);
              }
            })) {
      // The map is missing too, so that this is asked for as well.
      Files.delete(fixture.store.map(tree.entry("lib").content().verity()));

      assertThat(reasons(fixture.heal(tree, server.url()), "lib"))
          .anyMatch(reason -> reason.endsWith(" is longer than the 160 bytes that it may have"))
          .anyMatch(reason -> reason.contains(" sends more than the 1572864 bytes "));
    }
  }

  @Test
  void thatNobodyListensAtIsNamed() throws Exception {
    String url;
    try (var server = new HostileServer((_, _) -> {})) {
      url = server.url();
    }

    HealReport report = fixture.heal(tree, url);

    assertThat(reasons(report, "lib").getFirst())
        .matches(url + "/objects/[0-9a-f/]+ cannot be reached: .*onnection refused.*");
  }

  @Test
  void isNotBelievedWhereXxh3IsRight() throws Exception {
    byte[] forged = bytes(CHUNK, 9);
    Path map = fixture.store.map(tree.entry("lib").content().verity());
    ChunkMap honest = ChunkMap.decode(Files.readAllBytes(map));
    Files.write(map, withXxh3(honest, Xxh3.of(forged, CHUNK)).encode());
    try (var server =
        new HostileServer((_, out) -> send(out, PART + "Content-Length: 524288\r\n\r\n", forged))) {
      assertThat(reasons(fixture.heal(tree, server.url()), "lib").getFirst())
          .startsWith(
              server.url()
                  + " sent a forged chunk 1 (its XXH3 is right and its SHA-256 is not) for object");
    }

    assertThat(fixture.heal(tree, fixture.mirrorUrl()).isHealed()).isTrue();
    fixture.assertGood(tree);
    assertThat(ChunkMap.decode(Files.readAllBytes(map))).isEqualTo(honest);
  }

  private static ChunkMap withXxh3(ChunkMap map, Xxh3 second) {
    return new ChunkMap(
        map.size(),
        List.of(
            map.chunks().getFirst(),
            new ChunkMap.Chunk(map.chunks().get(1).block(), second),
            map.chunks().getLast()));
  }

  @Test
  void thatForgesChunkMapsIsNamed() throws Exception {
    TestStore.Tree other = fixture.install(Map.of("other", bytes(SIZE, 4)));
    String hex = tree.entry("lib").content().verity().hex();
    Files.delete(fixture.store.map(tree.entry("lib").content().verity()));
    Path bad = fixture.copyOfMirror(folder.resolve("bad"));
    Files.copy(
        fixture.store.map(other.entry("other").content().verity()),
        bad.resolve("maps").resolve(hex.substring(0, 2)).resolve(hex.substring(2)),
        StandardCopyOption.REPLACE_EXISTING);

    HealReport report = fixture.heal(tree, "file://" + bad, fixture.mirrorUrl());

    assertThat(report.complaints())
        .containsExactly("file://" + bad + " sent a forged chunk map for object " + hex);
    // The lie was about the map; the chunk that came from there was verified and is good.
    assertThat(result(report, "lib")).isEqualTo(new HealReport.Healed("file://" + bad, 1, CHUNK));
    fixture.assertGood(tree);
  }

  @Test
  void inAFolderMayHoldFifosLinksAndShortFiles() throws Exception {
    String hex = tree.entry("lib").content().verity().hex();
    Path bad = fixture.copyOfMirror(folder.resolve("bad"));
    Path object = bad.resolve("objects").resolve(hex.substring(0, 2)).resolve(hex.substring(2));
    List<Finding> findings = fixture.store.verify(tree);
    String address = "file://" + bad + "/objects/" + hex.substring(0, 2) + "/" + hex.substring(2);

    Files.write(object, bytes(100, 1));
    assertThat(reasons(fixture.heal(tree, findings, "file://" + bad), "lib").getFirst())
        .isEqualTo(address + " has 100 bytes, expected 1572864");

    Files.delete(object);
    assertThat(reasons(fixture.heal(tree, findings, "file://" + bad), "lib").getFirst())
        .isEqualTo(address + " does not exist");

    Files.createSymbolicLink(object, Path.of("/dev/zero"));
    assertThat(reasons(fixture.heal(tree, findings, "file://" + bad), "lib").getFirst())
        .isEqualTo(address + " is not a regular file");

    Files.delete(object);
    assertThat(new ProcessBuilder("mkfifo", object.toString()).start().waitFor()).isZero();
    assertThat(reasons(fixture.heal(tree, findings, "file://" + bad), "lib").getFirst())
        .isEqualTo(address + " is not a regular file");

    assertThat(reasons(fixture.heal(tree, findings, "file:///no/such/folder"), "lib").getFirst())
        .isEqualTo(
            "file:///no/such/folder cannot be opened: no such file or directory; is it mounted?");
  }

  @Test
  void thatStallsIsAskedOnceForManyFiles() throws Exception {
    TestStore.Tree many =
        fixture.install(
            Map.of("a", bytes(10, 11), "b", bytes(10, 12), "c", bytes(10, 13), "d", bytes(10, 14)));
    for (String name : List.of("a", "b", "c", "d")) {
      overwrite(many.file(name), 0, "evil");
    }
    try (var server = new HostileServer((_, _) -> Thread.sleep(10_000))) {
      HealReport report = fixture.heal(many, server.url(), fixture.mirrorUrl());

      assertThat(report.isHealed()).isTrue();
      assertThat(report.complaints()).hasSize(1);
      assertThat(server.requests()).hasSize(1);
    }
  }

  @Test
  void takesWhatIsGoodOfAMirrorThatIsPartlyDamaged() throws Exception {
    overwrite(tree.file("lib"), 0, "evil");
    String hex = tree.entry("lib").content().verity().hex();
    Path bad = fixture.copyOfMirror(folder.resolve("bad"));
    Path object = bad.resolve("objects").resolve(hex.substring(0, 2)).resolve(hex.substring(2));
    byte[] damaged = Files.readAllBytes(object);
    System.arraycopy("oops".getBytes(StandardCharsets.UTF_8), 0, damaged, 7, 4);
    Files.write(object, damaged);

    HealReport report = fixture.heal(tree, "file://" + bad, fixture.mirrorUrl());

    assertThat(result(report, "lib"))
        .isEqualTo(
            new HealReport.Healed("file://" + bad + " and " + fixture.mirrorUrl(), 2, 3L * CHUNK));
    assertThat(report.complaints())
        .containsExactly("file://" + bad + " sent a damaged chunk 0 for object " + hex);
    fixture.assertGood(tree);
  }

  @Test
  void mayRedirectToAnotherAddress() throws Exception {
    try (var good = new TestMirrorServer(fixture.mirror, true);
        var server =
            new HostileServer(
                (request, out) ->
                    write(
                        out,
                        "HTTP/1.1 307 Over There\r\nLocation: "
                            + good.url()
                            + request.path()
                            + "\r\nContent-Length: 0\r\n\r\n"))) {
      assertThat(fixture.heal(tree, server.url()).isHealed()).isTrue();
      assertThat(good.ranges()).isEqualTo("bytes=524288-1048575");
    }
    fixture.assertGood(tree);
  }
}
