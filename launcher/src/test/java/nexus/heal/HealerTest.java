package nexus.heal;

import static nexus.cas.TestStore.CHUNK;
import static nexus.cas.TestStore.bytes;
import static nexus.cas.TestStore.overwrite;
import static nexus.heal.HealFixture.result;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import nexus.cas.Finding;
import nexus.cas.InMemory;
import nexus.cas.TestStore;
import nexus.cas.TreeVerifier;
import nexus.fetch.TestMirrorServer;
import nexus.linux.OwnedFd;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class HealerTest {
  @TempDir(factory = InMemory.class)
  Path folder;

  // Mutable state
  private HealFixture fixture;

  @BeforeEach
  void open() throws Exception {
    fixture = new HealFixture(folder);
  }

  @AfterEach
  void close() {
    fixture.close();
  }

  @Test
  void healsAFileOfOneChunkFromAFolder() throws Exception {
    TestStore.Tree tree = fixture.install(Map.of("bin/app*", bytes(3000, 1)));
    overwrite(tree.file("bin/app"), 100, "evil");

    HealReport report = fixture.heal(tree, fixture.mirrorUrl());

    assertThat(result(report, "bin/app"))
        .isEqualTo(new HealReport.Healed(fixture.mirrorUrl(), 1, 3000));
    assertThat(report.isHealed()).isTrue();
    assertThat(report.complaints()).isEmpty();
    fixture.assertGood(tree);
  }

  @Test
  void fetchesNothingButTheTaintedChunks() throws Exception {
    TestStore.Tree tree = fixture.install(Map.of("lib/big", bytes(10 * CHUNK + 77, 2)));
    overwrite(tree.file("lib/big"), 2L * CHUNK + 5, "x");
    overwrite(tree.file("lib/big"), 3L * CHUNK, "y");
    overwrite(tree.file("lib/big"), 7L * CHUNK + CHUNK - 1, "z");
    overwrite(tree.file("lib/big"), 10L * CHUNK + 76, "!");
    try (var server = new TestMirrorServer(fixture.mirror, true)) {
      HealReport report = fixture.heal(tree, server.url());

      assertThat(result(report, "lib/big"))
          .isEqualTo(new HealReport.Healed(server.url(), 4, 3 * CHUNK + 77));
      assertThat(server.ranges())
          .isEqualTo("bytes=1048576-2097151 bytes=3670016-4194303 bytes=5242880-5242956");
      assertThat(server.requests()).allMatch(request -> request.startsWith("objects/"));
    }
    fixture.assertGood(tree);
  }

  @Test
  void healsFromAServerThatDoesNotKnowRanges() throws Exception {
    TestStore.Tree tree = fixture.install(Map.of("big", bytes(6 * CHUNK, 3)));
    overwrite(tree.file("big"), CHUNK, "x");
    overwrite(tree.file("big"), 4L * CHUNK, "x");
    try (var server = new TestMirrorServer(fixture.mirror, false)) {
      assertThat(result(fixture.heal(tree, server.url()), "big"))
          .isEqualTo(new HealReport.Healed(server.url(), 2, 2L * CHUNK));
    }
    fixture.assertGood(tree);
  }

  @Test
  void healsATruncatedFile() throws Exception {
    TestStore.Tree tree = fixture.install(Map.of("big", bytes(3 * CHUNK, 4)));
    truncate(tree.file("big"), CHUNK + 10);
    try (var server = new TestMirrorServer(fixture.mirror, true)) {
      assertThat(fixture.heal(tree, server.url()).isHealed()).isTrue();
      assertThat(server.ranges()).isEqualTo("bytes=524288-1572863");
    }
    fixture.assertGood(tree);
  }

  @Test
  void healsAnExtendedFileWithoutAMirror() throws Exception {
    TestStore.Tree tree = fixture.install(Map.of("big", bytes(2 * CHUNK, 5)));
    overwrite(tree.file("big"), 2L * CHUNK, "more");

    assertThat(result(fixture.heal(tree), "big"))
        .isEqualTo(new HealReport.Healed("this store", 0, 0));
    fixture.assertGood(tree);
  }

  @Test
  void healsAFileThatWasReplacedWithoutAMirror() throws Exception {
    TestStore.Tree tree = fixture.install(Map.of("app*", bytes(5000, 6)));
    Files.delete(tree.file("app"));
    Files.write(tree.file("app"), bytes(5000, 7));
    mode(tree.file("app"), "r-xr-xr-x");

    assertThat(fixture.heal(tree).isHealed()).isTrue();
    fixture.assertGood(tree);
    assertThat(fixture.store.quarantined()).hasSize(1);
    assertThat(fixture.store.quarantined().getFirst()).hasBinaryContent(bytes(5000, 7));
  }

  @Test
  void healsAMissingObjectAndFile() throws Exception {
    TestStore.Tree tree = fixture.install(Map.of("big", bytes(2 * CHUNK + 1, 8)));
    Files.delete(tree.file("big"));
    Files.delete(fixture.store.object(tree.entry("big").object()));

    assertThat(result(fixture.heal(tree, fixture.mirrorUrl()), "big"))
        .isEqualTo(new HealReport.Healed(fixture.mirrorUrl(), 3, 2L * CHUNK + 1));
    fixture.assertGood(tree);
  }

  @Test
  void makesAnObjectAgainFromTheLinkThatIsLeftOfIt() throws Exception {
    TestStore.Tree old = fixture.install(Map.of("lib", bytes(2 * CHUNK, 9), "v", bytes(1, 1)));
    TestStore.Tree tree = fixture.install(Map.of("lib", bytes(2 * CHUNK, 9), "v", bytes(1, 2)));
    Files.delete(tree.file("lib"));
    Files.delete(fixture.store.object(tree.entry("lib").object()));

    assertThat(result(fixture.heal(tree), "lib"))
        .isEqualTo(new HealReport.Healed("this store", 0, 0));
    assertThat(fixture.store.verify(tree)).isEmpty();
    assertThat(fixture.store.verify(old)).isEmpty();
  }

  @Test
  void healsFromTheExecutableTwin() throws Exception {
    TestStore.Tree tree =
        fixture.install(Map.of("a", bytes(CHUNK + 9, 10), "b*", bytes(CHUNK + 9, 10)));
    overwrite(tree.file("a"), 0, "evil");

    assertThat(result(fixture.heal(tree), "a"))
        .isEqualTo(new HealReport.Healed("this store", 1, 0));
    fixture.assertGood(tree);
  }

  @Test
  void healsFromAnotherObjectThatHasTheChunk() throws Exception {
    byte[] first = bytes(4 * CHUNK, 11);
    byte[] second = bytes(4 * CHUNK, 12);
    System.arraycopy(first, 3 * CHUNK, second, 0, CHUNK);
    TestStore.Tree tree = fixture.install(Map.of("first", first, "second", second));
    overwrite(tree.file("first"), 3L * CHUNK + 1, "evil");

    assertThat(result(fixture.heal(tree), "first"))
        .isEqualTo(new HealReport.Healed("this store", 1, 0));
    fixture.assertGood(tree);
  }

  @Test
  void fetchesAChunkMapThatIsMissing() throws Exception {
    TestStore.Tree tree = fixture.install(Map.of("big", bytes(5 * CHUNK, 13)));
    Files.delete(fixture.store.map(tree.entry("big").content().verity()));
    overwrite(tree.file("big"), 4L * CHUNK, "evil");
    try (var server = new TestMirrorServer(fixture.mirror, true)) {
      assertThat(fixture.heal(tree, server.url()).isHealed()).isTrue();
      assertThat(server.ranges()).isEqualTo("bytes=2097152-2621439");
    }
    fixture.assertGood(tree);
    assertThat(fixture.store.map(tree.entry("big").content().verity())).exists();
  }

  @Test
  void doesNotBelieveAForgedChunkMap() throws Exception {
    TestStore.Tree tree =
        fixture.install(Map.of("big", bytes(5 * CHUNK, 14), "other", bytes(5 * CHUNK, 15)));
    String hex = tree.entry("big").content().verity().hex();
    Path map = fixture.store.map(tree.entry("big").content().verity());
    Files.copy(
        fixture.store.map(tree.entry("other").content().verity()),
        map,
        StandardCopyOption.REPLACE_EXISTING);
    overwrite(tree.file("big"), CHUNK, "evil");

    assertThat(result(fixture.heal(tree, fixture.mirrorUrl()), "big"))
        .isEqualTo(new HealReport.Healed(fixture.mirrorUrl(), 1, CHUNK));
    fixture.assertGood(tree);
    assertThat(map)
        .hasSameBinaryContentAs(
            fixture.mirror.resolve("maps").resolve(hex.substring(0, 2)).resolve(hex.substring(2)));
  }

  @Test
  void fetchesTheWholeFileWhereNobodyHasAChunkMap() throws Exception {
    TestStore.Tree tree = fixture.install(Map.of("big", bytes(2 * CHUNK, 16)));
    Files.delete(fixture.store.map(tree.entry("big").content().verity()));
    overwrite(tree.file("big"), CHUNK, "evil");
    deleteFolder(fixture.mirror.resolve("maps"));

    assertThat(result(fixture.heal(tree, fixture.mirrorUrl()), "big"))
        .isEqualTo(new HealReport.Healed(fixture.mirrorUrl(), 2, 2L * CHUNK));
    fixture.assertGood(tree);
  }

  @Test
  void makesAFileOfAnotherModeAgain() throws Exception {
    TestStore.Tree tree =
        fixture.install(Map.of("big", bytes(CHUNK + 1, 17), "empty", new byte[0]));
    mode(tree.file("big"), "rw-rw-rw-");
    mode(tree.file("empty"), "rwxr-xr-x");

    HealReport report = fixture.heal(tree);

    assertThat(result(report, "big")).isEqualTo(new HealReport.Healed("this store", 0, 0));
    assertThat(result(report, "empty")).isEqualTo(new HealReport.Healed("this store", 0, 0));
    fixture.assertGood(tree);
    assertThat(fixture.store.quarantined()).isEmpty();
  }

  @Test
  void putsAFileInThePlaceOfWhateverElseIsThere() throws Exception {
    TestStore.Tree tree =
        fixture.install(
            Map.of(
                "d/fifo",
                bytes(10, 1),
                "d/link",
                bytes(11, 2),
                "d/folder",
                bytes(12, 3),
                "object",
                bytes(13, 4)));
    Path outside = Files.write(folder.resolve("outside"), bytes(11, 2));
    for (String name : List.of("d/fifo", "d/link", "d/folder")) {
      Files.delete(tree.file(name));
    }
    mkfifo(tree.file("d/fifo"));
    Files.createSymbolicLink(tree.file("d/link"), outside);
    Files.createDirectories(tree.file("d/folder/deep/er"));
    Files.write(tree.file("d/folder/deep/er/file"), bytes(1, 1));
    Path object = fixture.store.object(tree.entry("object").object());
    Files.delete(object);
    Files.delete(tree.file("object"));
    mkfifo(object);

    HealReport report = fixture.heal(tree, fixture.mirrorUrl());

    assertThat(report.isHealed()).isTrue();
    fixture.assertGood(tree);
    assertThat(fixture.store.quarantined()).hasSize(4);
    assertThat(outside).hasBinaryContent(bytes(11, 2));
  }

  @Test
  void mendsDirectoriesAndLinksAndTakesAwayWhatDoesNotBelong() throws Exception {
    TestStore.Tree tree =
        fixture.install(
            Map.of(
                "lib/deep/er/a", bytes(10, 1),
                "lib/deep/link@", "er/a".getBytes(StandardCharsets.UTF_8),
                "lib/empty/", new byte[0],
                "share/b", bytes(11, 2),
                "link@", "share/b".getBytes(StandardCharsets.UTF_8)));
    deleteFolder(tree.file("lib"));
    Path outside = Files.createDirectory(folder.resolve("outside"));
    Files.createSymbolicLink(tree.file("lib"), outside);
    Files.setPosixFilePermissions(tree.file("share"), PosixFilePermissions.fromString("rwx------"));
    Files.write(tree.file("share/planted"), bytes(5, 5));
    Files.createDirectories(tree.file("more/and/more"));
    mkfifo(tree.file("fifo"));
    Files.delete(tree.file("link"));
    Files.createSymbolicLink(tree.file("link"), Path.of("/etc/passwd"));

    HealReport report = fixture.heal(tree);

    assertThat(report.isHealed()).isTrue();
    fixture.assertGood(tree);
    assertThat(outside).isEmptyDirectory();
    // lib, share/planted, more, fifo, link
    assertThat(fixture.store.quarantined()).hasSize(5);
  }

  @Test
  void mendsFoldersThatNobodyMayWriteTo() throws Exception {
    TestStore.Tree tree = fixture.install(Map.of("lib/a", bytes(10, 1)));
    Path object = fixture.store.object(tree.entry("lib/a").object());
    overwrite(tree.file("lib/a"), 0, "evil");
    List<Finding> findings = fixture.store.verify(tree);
    mode(tree.file("lib"), "---------");
    mode(tree.path(), "r-xr-xr-x");
    mode(Objects.requireNonNull(object.getParent()), "r-x------");

    assertThat(fixture.heal(tree, findings, fixture.mirrorUrl()).isHealed()).isTrue();
    fixture.assertGood(tree);
  }

  @Test
  void mendsWhatAVerificationOfProgramsAloneFindsBelowAMissingFolder() throws Exception {
    TestStore.Tree tree = fixture.install(Map.of("lib/a", bytes(10, 1), "lib/b*", bytes(11, 1)));
    deleteFolder(tree.file("lib"));
    List<Finding> findings;
    try (OwnedFd checkout = fixture.store.checkouts.open(tree.digest())) {
      findings =
          new TreeVerifier(fixture.store.trees, fixture.store.hasher)
              .verify(checkout, tree.manifest(), TreeVerifier.Scope.EXEC, Map.of(), _ -> {})
              .findings();
    }
    assertThat(findings).hasSize(3);

    assertThat(fixture.heal(tree, findings).isHealed()).isTrue();
    fixture.assertGood(tree);
  }

  @Test
  void makesACheckoutAgainThatIsMissing() throws Exception {
    TestStore.Tree tree =
        fixture.install(
            Map.of("lib/a", bytes(10, 1), "b*", bytes(CHUNK + 1, 2), "e/", new byte[0]));
    deleteFolder(tree.path());
    Files.delete(fixture.store.object(tree.entry("b").object()));

    HealReport report = fixture.heal(tree, List.of(), fixture.mirrorUrl());

    assertThat(report.isHealed()).isTrue();
    fixture.assertGood(tree);
  }

  @Test
  void doesNotMakeACheckoutOfWhichAFileIsNowhere() throws Exception {
    TestStore.Tree tree = fixture.install(Map.of("a", bytes(10, 1), "b", bytes(20, 2)));
    deleteFolder(tree.path());
    Files.createSymbolicLink(tree.path(), Path.of("/"));
    Files.delete(fixture.store.object(tree.entry("b").object()));

    HealReport report = fixture.heal(tree, List.of());

    assertThat(HealFixture.reasons(report, "b"))
        .containsExactly("no mirror is configured; add one with: nexus mirror add URL");
    assertThat(tree.path()).doesNotExist();
    assertThat(fixture.store.staged()).isEmpty();
  }

  @Test
  void linksTheNewFileIntoEveryCheckoutThatHadTheOld() throws Exception {
    byte[] shared = bytes(2 * CHUNK, 20);
    TestStore.Tree one = fixture.install(Map.of("x/lib", shared, "lib2", shared, "v", bytes(1, 1)));
    TestStore.Tree two = fixture.install(Map.of("y/lib", shared, "v", bytes(1, 2)));
    overwrite(one.file("x/lib"), 9, "evil");

    HealReport report = fixture.heal(one, fixture.mirrorUrl());

    assertThat(report.items()).hasSize(2);
    fixture.assertGood(one);
    fixture.assertGood(two);
    assertThat(fixture.store.quarantined()).hasSize(1);
  }

  @Test
  void leavesTheInodeThatARunningAppHasOpen() throws Exception {
    TestStore.Tree tree = fixture.install(Map.of("lib", bytes(100, 21)));
    overwrite(tree.file("lib"), 0, "evil");
    byte[] tainted = Files.readAllBytes(tree.file("lib"));
    try (FileChannel open = FileChannel.open(tree.file("lib"), StandardOpenOption.READ)) {
      assertThat(fixture.heal(tree, fixture.mirrorUrl()).isHealed()).isTrue();

      var now = ByteBuffer.allocate(200);
      assertThat(open.read(now)).isEqualTo(100);
      assertThat(Arrays.copyOf(now.array(), 100)).isEqualTo(tainted);
    }
    assertThat(fixture.store.quarantined().getFirst()).hasBinaryContent(tainted);
  }

  @Test
  void findsWhatSomebodyElseHasHealedGood() throws Exception {
    TestStore.Tree tree = fixture.install(Map.of("lib", bytes(100, 22)));
    overwrite(tree.file("lib"), 0, "evil");
    List<Finding> findings = fixture.store.verify(tree);
    assertThat(fixture.heal(tree, findings, fixture.mirrorUrl()).isHealed()).isTrue();

    HealReport report = fixture.heal(tree, findings);

    assertThat(result(report, "lib")).isEqualTo(new HealReport.AlreadyGood());
    assertThat(report.isHealed()).isTrue();
  }

  @Test
  void manyWhoHealAtOnceFetchOnce() throws Exception {
    TestStore.Tree tree = fixture.install(Map.of("big", bytes(3 * CHUNK, 23)));
    overwrite(tree.file("big"), CHUNK, "evil");
    List<Finding> findings = fixture.store.verify(tree);
    try (var server = new TestMirrorServer(fixture.mirror, true);
        var threads = Executors.newFixedThreadPool(8)) {
      Callable<HealReport> heal = () -> fixture.heal(tree, findings, server.url());
      for (Future<HealReport> each :
          threads.invokeAll(List.of(heal, heal, heal, heal, heal, heal, heal, heal))) {
        assertThat(each.get().isHealed()).isTrue();
      }
      assertThat(server.ranges()).isEqualTo("bytes=524288-1048575");
    }
    fixture.assertGood(tree);
  }

  @Test
  void putsBackAManifestFromAMirror() throws Exception {
    TestStore.Tree tree = fixture.install(Map.of("a", bytes(10, 1)));
    overwrite(fixture.store.tree(tree.digest()), 20, "evil");

    ManifestReport report = fixture.healer(fixture.mirrorUrl()).healManifest(tree.digest());

    assertThat(report).isInstanceOf(ManifestReport.Good.class);
    assertThat(((ManifestReport.Good) report).source()).isEqualTo(fixture.mirrorUrl());
    assertThat(fixture.store.trees.get(tree.digest()).entries())
        .isEqualTo(tree.manifest().entries());
    assertThat(fixture.store.quarantined()).hasSize(1);
    assertThat(fixture.healer().healManifest(tree.digest()))
        .isInstanceOf(ManifestReport.Good.class);
  }

  @Test
  void saysWhereAManifestWasLookedFor() throws Exception {
    TestStore.Tree tree = fixture.install(Map.of("a", bytes(10, 1)));
    Files.delete(fixture.store.tree(tree.digest()));
    Path lying = fixture.mirror.resolve("trees").resolve(tree.digest().hex().substring(0, 2));
    Files.write(lying.resolve(tree.digest().hex().substring(2)), bytes(10, 1));

    ManifestReport report = fixture.healer(fixture.mirrorUrl()).healManifest(tree.digest());

    assertThat(((ManifestReport.NotHealed) report).reasons())
        .containsExactly(
            fixture.store.tree(tree.digest()) + " is missing",
            fixture.mirrorUrl() + " sent another tree manifest than " + tree.digest(),
            "add a mirror that has good bytes with: nexus mirror add URL, or install the app again");
  }

  private static void truncate(Path file, long size) throws Exception {
    assertThat(file.toFile().setWritable(true)).isTrue();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      assertThat(channel.truncate(size).size()).isEqualTo(size);
    }
    mode(file, "r--r--r--");
  }

  private static void mode(Path file, String mode) throws Exception {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
  }

  private static void mkfifo(Path path) throws Exception {
    assertThat(new ProcessBuilder("mkfifo", path.toString()).inheritIO().start().waitFor())
        .isZero();
  }

  private static void deleteFolder(Path path) throws Exception {
    try (var files = Files.walk(path)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
