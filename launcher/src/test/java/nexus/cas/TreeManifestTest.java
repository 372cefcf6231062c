package nexus.cas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import nexus.linux.LinuxPath;
import nexus.merkle.FsVerity;
import nexus.merkle.MerkleEntry;
import nexus.merkle.Xxh3;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class TreeManifestTest {

  private static final Path DOCUMENT = Path.of("..", "docs", "formats", "tree-manifest.md");
  private static final int MAGIC = 0x4e58544d;
  private static final int MAX_PATH = 4095;

  static LongStream seeds() {
    return LongStream.concat(
        LongStream.rangeClosed(1, 30), LongStream.of(new SplittableRandom().nextLong()));
  }

  @Test
  void theDocumentsTestVectorHolds() throws Exception {
    TreeManifest manifest =
        TreeManifest.of(
            List.of(
                new TreeEntry.Directory(LinuxPath.of("bin")),
                file("bin/hello", true, "#!/bin/sh\necho hello\n"),
                file("empty", false, ""),
                link("hi", "bin/hello"),
                file("text", false, "hello world")));

    assertThat(HexFormat.of().formatHex(manifest.encode())).isEqualTo(documented("manifest"));
    assertThat(TreeStore.digest(manifest.encode()).hex()).isEqualTo(documented("digest"));
    assertThat(decode(HexFormat.of().parseHex(documented("manifest"))).entries())
        .isEqualTo(manifest.entries());
  }

  private static String documented(String name) throws IOException {
    return Files.readAllLines(DOCUMENT).stream()
        .filter(line -> line.startsWith(name + " "))
        .map(line -> line.substring(name.length()).replace(" ", ""))
        .collect(Collectors.joining());
  }

  @Test
  void ofNothingIsAHeader() throws Exception {
    byte[] encoded = TreeManifest.of(List.of()).encode();

    assertThat(encoded).hasSize(12);
    assertThat(decode(encoded).entries()).isEmpty();
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void isReadAsItWasWritten(long seed) throws Exception {
    TreeManifest manifest = TreeManifest.of(randomTree(new Random(seed)));
    byte[] encoded = manifest.encode();

    TreeManifest decoded = decode(encoded);
    assertThat(decoded.entries()).isEqualTo(manifest.entries());
    assertThat(decoded.encode()).isEqualTo(encoded);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void isTheSameWhateverTheOrder(long seed) throws Exception {
    Random random = new Random(seed);
    List<TreeEntry> entries = randomTree(random);
    byte[] encoded = TreeManifest.of(entries).encode();
    Collections.shuffle(entries, random);

    assertThat(TreeManifest.of(entries).encode()).isEqualTo(encoded);
  }

  @Test
  void aDirectoryIsDirectlyFollowedByWhatIsInIt() throws Exception {
    TreeManifest manifest =
        TreeManifest.of(
            List.of(
                link("a.b", "x"),
                link("a/b", "x"),
                link("a-b", "x"),
                directory("a"),
                link("ab", "x")));

    assertThat(manifest.entries().stream().map(entry -> entry.path().toString()))
        .containsExactly("a", "a/b", "a-b", "a.b", "ab");
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void anyTruncationIsRefused(long seed) throws Exception {
    byte[] encoded = TreeManifest.of(randomTree(new Random(seed))).encode();
    for (int length = 0; length < encoded.length; length++) {
      byte[] truncated = Arrays.copyOf(encoded, length);
      assertThatExceptionOfType(StoreException.Malformed.class)
          .as("%d of %d bytes", length, encoded.length)
          .isThrownBy(() -> decode(truncated));
    }
  }

  /** Either another tree, which has another digest, or none: never another failure. */
  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void anyFlippedBitGivesAnotherTreeOrIsRefused(long seed) throws Exception {
    TreeManifest manifest = TreeManifest.of(randomTree(new Random(seed)));
    byte[] encoded = manifest.encode();
    for (int bit = 0; bit < 8 * encoded.length; bit++) {
      byte[] flipped = encoded.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      requireAnotherTree(manifest, flipped, "bit " + bit);
    }
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void anyDamageGivesAnotherTreeOrIsRefused(long seed) throws Exception {
    Random random = new Random(seed);
    TreeManifest manifest = TreeManifest.of(randomTree(random));
    byte[] encoded = manifest.encode();
    for (int round = 0; round < 500; round++) {
      byte[] damaged = encoded.clone();
      int from = random.nextInt(damaged.length);
      int to = Math.min(damaged.length, from + 1 + random.nextInt(16));
      for (int i = from; i < to; i++) {
        damaged[i] = (byte) random.nextInt();
      }
      if (!Arrays.equals(damaged, encoded)) {
        requireAnotherTree(manifest, damaged, "round " + round);
      }
    }
  }

  private static void requireAnotherTree(TreeManifest manifest, byte[] bytes, String description)
      throws StoreException {
    TreeManifest other;
    try {
      other = decode(bytes);
    } catch (StoreException e) {
      return;
    }
    assertThat(other.entries()).as(description).isNotEqualTo(manifest.entries());
    assertThat(other.encode()).as(description).isEqualTo(bytes);
  }

  static Stream<Arguments> malformed() throws IOException {
    byte[] one = bytes(MAGIC, 1, 1, entry(1, "a"));
    return Stream.of(
        Arguments.of("another format", "is not a tree manifest", bytes(0x7f454c46, 1, 0)),
        Arguments.of("a later version", "is not a tree manifest", bytes(MAGIC, 2, 0)),
        Arguments.of("an earlier version", "is not a tree manifest", bytes(MAGIC, 0, 0)),
        Arguments.of(
            "more entries than bytes", "announces 2 entries", bytes(MAGIC, 1, 2, new byte[7])),
        Arguments.of("2^32 - 1 entries", "announces 4294967295", bytes(MAGIC, 1, -1)),
        Arguments.of(
            "2^31 - 1 entries", "announces 2147483647", bytes(MAGIC, 1, Integer.MAX_VALUE)),
        Arguments.of(
            "fewer entries than there are", "behind its last", bytes(MAGIC, 1, 0, entry(1, "a"))),
        Arguments.of("a byte too many", "behind its last", Arrays.copyOf(one, one.length + 1)),
        Arguments.of("type 0", "unknown type 0", bytes(MAGIC, 1, 1, entry(0, "a"))),
        Arguments.of("type 5", "unknown type 5", bytes(MAGIC, 1, 1, entry(5, "a"))),
        Arguments.of(
            "a path longer than the rest",
            "truncated",
            bytes(MAGIC, 1, 1, new byte[] {1, -1, -1, 'a'})),
        Arguments.of(
            "a file larger than 1 TiB",
            "impossible size",
            bytes(MAGIC, 1, 1, fileEntry("a", (1L << 40) + 1))),
        Arguments.of(
            "a file of 2^63 bytes",
            "impossible size",
            bytes(MAGIC, 1, 1, fileEntry("a", Long.MIN_VALUE))),
        Arguments.of(
            "an empty path", "a path that is empty", bytes(MAGIC, 1, 1, linkEntry("", "a"))),
        Arguments.of(
            "a link to nowhere",
            "impossible symbolic link",
            bytes(MAGIC, 1, 1, linkEntry("a", ""))),
        Arguments.of("a link with a NUL", "NUL", bytes(MAGIC, 1, 1, linkEntry("a", "b\0c"))),
        Arguments.of(
            "a link that is too long",
            "impossible symbolic link",
            bytes(MAGIC, 1, 1, linkEntry("a", "x".repeat(MAX_PATH + 1)))),
        Arguments.of(
            "a path twice", "not in order", bytes(MAGIC, 1, 2, entry(1, "a"), entry(1, "a"))),
        Arguments.of(
            "paths out of order", "not in order", bytes(MAGIC, 1, 2, entry(1, "b"), entry(1, "a"))),
        Arguments.of(
            "a slash after another byte",
            "not in order",
            bytes(MAGIC, 1, 3, entry(1, "a"), entry(1, "a-b"), entry(1, "a/b"))),
        Arguments.of(
            "a path without its parent", "in no directory", bytes(MAGIC, 1, 1, entry(1, "a/b"))),
        Arguments.of(
            "a path below a link",
            "in no directory",
            bytes(MAGIC, 1, 2, linkEntry("a", "b"), entry(1, "a/b"))),
        Arguments.of(
            "a path below a file",
            "in no directory",
            bytes(MAGIC, 1, 2, fileEntry("a", 0), entry(1, "a/b"))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("malformed")
  void whatIsNoManifestIsRefused(String what, String sentence, byte[] bytes) {
    assertThatExceptionOfType(StoreException.Malformed.class)
        .isThrownBy(() -> decode(bytes))
        .withMessageStartingWith("here ")
        .withMessageContaining(sentence);
  }

  static Stream<String> badPaths() {
    return Stream.of(
        "/",
        "/a",
        "a/",
        "a//b",
        ".",
        "..",
        "./a",
        "../a",
        "a/.",
        "a/..",
        "a/../b",
        "n".repeat(256),
        "a/" + "n".repeat(256),
        "d/".repeat(MAX_PATH / 2) + "dd");
  }

  @ParameterizedTest
  @MethodSource("badPaths")
  void aPathThatLeavesTheTreeOrNoFileSystemHasIsRefused(String path) throws Exception {
    byte[] bytes = bytes(MAGIC, 1, 1, entry(1, path));

    assertThatExceptionOfType(StoreException.Malformed.class)
        .isThrownBy(() -> decode(bytes))
        .withMessageContaining("has a path that");
    assertThatExceptionOfType(StoreException.Malformed.class)
        .isThrownBy(() -> TreeManifest.of(List.of(directory(path))));
  }

  @Test
  void aPathWithANulIsRefused() throws Exception {
    byte[] bytes = bytes(MAGIC, 1, 1, entry(1, "a\0b"));

    assertThatExceptionOfType(StoreException.Malformed.class)
        .isThrownBy(() -> decode(bytes))
        .withMessageContaining("NUL");
  }

  @ParameterizedTest
  @ValueSource(strings = {"...", "..a", "a..", ".a", "-", " ", "\n", "\u001b[2J", "ä"})
  void anUnusualNameIsKept(String name) throws Exception {
    assertThat(decode(TreeManifest.of(List.of(directory(name))).encode()).entries())
        .containsExactly(directory(name));
  }

  @Test
  void aNameIsBytesAndNoText() throws Exception {
    LinuxPath latin1 = LinuxPath.of(new byte[] {(byte) 0xe4, (byte) 0xff});

    assertThat(decode(TreeManifest.of(List.of(new TreeEntry.Directory(latin1))).encode()).entries())
        .containsExactly(new TreeEntry.Directory(latin1));
  }

  @Test
  void moreThan64MiBAreRefused() {
    assertThatExceptionOfType(StoreException.Malformed.class)
        .isThrownBy(() -> decode(new byte[TreeManifest.MAX_BYTES + 1]))
        .withMessageContaining("67108865 bytes");
  }

  @Test
  void resolvesThroughLinksOfTheTreeAlone() throws Exception {
    TreeEntry.RegularFile program = file("bin/x", true, "x");
    TreeManifest manifest =
        TreeManifest.of(
            List.of(
                directory("bin"),
                program,
                link("direct", "bin/x"),
                link("bin/up", "../direct"),
                link("folder", "bin"),
                link("out", "../x"),
                link("absolute", "/app/bin/x"),
                link("circle", "circle"),
                link("nowhere", "missing")));

    assertThat(manifest.resolve(LinuxPath.of("bin/x"))).contains(program);
    assertThat(manifest.resolve(LinuxPath.of("./bin/../folder/up"))).contains(program);
    for (String path :
        List.of("out", "absolute", "circle", "nowhere", "bin", "folder", "bin/x/y", "..", "")) {
      assertThat(manifest.resolve(LinuxPath.of(path))).as(path).isEmpty();
    }
  }

  private static TreeManifest decode(byte[] bytes) throws StoreException {
    return TreeManifest.decode("here", bytes);
  }

  private static TreeEntry directory(String path) {
    return new TreeEntry.Directory(LinuxPath.of(path));
  }

  private static TreeEntry link(String path, String target) {
    return new TreeEntry.Symlink(LinuxPath.of(path), LinuxPath.of(target));
  }

  private static TreeEntry.RegularFile file(String path, boolean executable, String content) {
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    return new TreeEntry.RegularFile(
        LinuxPath.of(path),
        executable,
        new MerkleEntry(bytes.length, FsVerity.digest(bytes), Xxh3.of(bytes, bytes.length)));
  }

  private static List<TreeEntry> randomTree(Random random) {
    List<TreeEntry> entries = new ArrayList<>();
    fill(random, LinuxPath.EMPTY, 0, entries);
    return entries;
  }

  private static void fill(Random random, LinuxPath parent, int depth, List<TreeEntry> entries) {
    int count = 1 + random.nextInt(5);
    for (int i = 0; i < count; i++) {
      // The index keeps names apart; what follows it may be any byte but two.
      byte[] name = (i + "").getBytes(StandardCharsets.US_ASCII);
      name = Arrays.copyOf(name, name.length + random.nextInt(3));
      for (int at = 1; at < name.length; at++) {
        int b = 1 + random.nextInt(255);
        name[at] = (byte) (b == '/' ? '_' : b);
      }
      LinuxPath path = parent.resolve(LinuxPath.of(name));
      switch (random.nextInt(4)) {
        case 0 -> entries.add(new TreeEntry.Symlink(path, LinuxPath.of("x".repeat(1 + i))));
        case 1, 2 -> {
          byte[] content = new byte[random.nextInt(20)];
          random.nextBytes(content);
          entries.add(
              new TreeEntry.RegularFile(
                  path,
                  random.nextBoolean(),
                  new MerkleEntry(
                      content.length, FsVerity.digest(content), Xxh3.of(content, content.length))));
        }
        default -> {
          entries.add(new TreeEntry.Directory(path));
          if (depth < 3) {
            fill(random, path, depth + 1, entries);
          }
        }
      }
    }
  }

  private static byte[] bytes(int magic, int version, int count, byte[]... entries)
      throws IOException {
    var out = new ByteArrayOutputStream();
    out.write(ByteBuffer.allocate(12).putInt(magic).putInt(version).putInt(count).array());
    for (byte[] entry : entries) {
      out.write(entry);
    }
    return out.toByteArray();
  }

  private static byte[] entry(int type, String path) throws IOException {
    var bytes = new ByteArrayOutputStream();
    var out = new DataOutputStream(bytes);
    out.writeByte(type);
    put(out, path);
    return bytes.toByteArray();
  }

  private static byte[] fileEntry(String path, long size) throws IOException {
    var bytes = new ByteArrayOutputStream();
    bytes.write(entry(2, path));
    bytes.write(ByteBuffer.allocate(8 + 32 + 16).putLong(size).array());
    return bytes.toByteArray();
  }

  private static byte[] linkEntry(String path, String target) throws IOException {
    var bytes = new ByteArrayOutputStream();
    bytes.write(entry(4, path));
    put(new DataOutputStream(bytes), target);
    return bytes.toByteArray();
  }

  private static void put(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeShort(bytes.length);
    out.write(bytes);
  }
}
