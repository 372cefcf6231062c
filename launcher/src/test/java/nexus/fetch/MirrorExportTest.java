package nexus.fetch;

import static nexus.cas.TestStore.CHUNK;
import static nexus.cas.TestStore.bytes;
import static nexus.cas.TestStore.overwrite;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import nexus.cas.InMemory;
import nexus.cas.TestStore;
import nexus.linux.LinuxPath;
import nexus.merkle.Digest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MirrorExportTest {
  @TempDir(factory = InMemory.class)
  Path folder;

  // Mutable state
  private TestStore store;
  private TestStore.Tree tree;
  private Path mirror;
  private final AtomicLong progress = new AtomicLong();

  @BeforeEach
  void install() throws Exception {
    store = new TestStore(folder.resolve("home"));
    tree =
        store.install(
            Map.of("bin/app*", bytes(10, 1), "lib", bytes(CHUNK + 1, 2), "e", new byte[0]));
    mirror = folder.resolve("mirror");
  }

  @AfterEach
  void close() {
    store.close();
  }

  private MirrorExport.Summary export(Digest... trees) throws Exception {
    return new MirrorExport(store.home, progress::addAndGet)
        .export(List.of(trees), LinuxPath.of(mirror.toString()));
  }

  private Path file(String kind, Digest digest) {
    return mirror
        .resolve(kind)
        .resolve(digest.hex().substring(0, 2))
        .resolve(digest.hex().substring(2));
  }

  @Test
  void writesWhatAWebServerCanServe() throws Exception {
    MirrorExport.Summary summary = export(tree.digest());

    assertThat(summary).isEqualTo(new MirrorExport.Summary(5, 0, CHUNK + 11, List.of()));
    assertThat(progress).hasValue(CHUNK + 11);
    assertThat(file("objects", tree.entry("lib").content().verity()))
        .hasBinaryContent(bytes(CHUNK + 1, 2));
    assertThat(file("maps", tree.entry("lib").content().verity()))
        .hasSameBinaryContentAs(store.map(tree.entry("lib").content().verity()));
    assertThat(file("trees", tree.digest())).hasSameBinaryContentAs(store.tree(tree.digest()));
    try (var files = Files.walk(mirror)) {
      for (Path each : files.toList()) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(each)))
            .isEqualTo(Files.isDirectory(each) ? "rwxr-xr-x" : "rw-r--r--");
      }
    }
  }

  @Test
  void writesOnlyWhatIsNewAndWhatWasCutShort() throws Exception {
    export(tree.digest());
    TestStore.Tree more = store.install(Map.of("bin/app*", bytes(10, 1), "new", bytes(20, 3)));
    Files.write(file("objects", tree.entry("bin/app").content().verity()), new byte[3]);
    Files.write(mirror.resolve(".partial-7"), new byte[3]);

    MirrorExport.Summary summary = export(tree.digest(), more.digest());

    assertThat(summary).isEqualTo(new MirrorExport.Summary(3, 4, 30, List.of()));
    assertThat(file("objects", tree.entry("bin/app").content().verity()))
        .hasBinaryContent(bytes(10, 1));
    assertThat(mirror.resolve(".partial-7")).doesNotExist();
  }

  @Test
  void refusesATaintedObjectAndTheTreeThatNeedsIt() throws Exception {
    overwrite(tree.file("lib"), CHUNK, "x");
    TestStore.Tree other = store.install(Map.of("bin/app*", bytes(10, 1)));

    MirrorExport.Summary summary = export(tree.digest(), other.digest());

    Digest lib = tree.entry("lib").content().verity();
    assertThat(summary.refused())
        .containsExactly(
            "object " + lib + " is not exported: it is missing or tainted here; heal lib first");
    assertThat(file("objects", lib)).doesNotExist();
    assertThat(file("trees", tree.digest())).doesNotExist();
    assertThat(file("trees", other.digest())).exists();
    try (var files = Files.list(mirror)) {
      assertThat(files.map(each -> String.valueOf(each.getFileName())))
          .containsExactlyInAnyOrder("objects", "trees");
    }
  }

  @Test
  void takesTheTwinOfATaintedObject() throws Exception {
    TestStore.Tree twins = store.install(Map.of("a", bytes(99, 7), "b*", bytes(99, 7)));
    overwrite(twins.file("a"), 0, "x");

    assertThat(export(twins.digest()).refused()).isEmpty();
    assertThat(file("objects", twins.entry("a").content().verity())).hasBinaryContent(bytes(99, 7));
  }

  @Test
  void refusesATreeThatIsNotHere() throws Exception {
    Digest nobody = Digest.parse("ab".repeat(32));

    assertThat(export(nobody).refused())
        .containsExactly(
            "tree " + nobody + " is not exported: " + store.tree(nobody) + " is missing");
  }

  @Test
  void saysThatAFolderCannotBeWritten() throws Exception {
    Files.write(mirror, new byte[1]);

    assertThatExceptionOfType(FetchException.NotExported.class)
        .isThrownBy(() -> export(tree.digest()))
        .withMessageStartingWith(mirror + " cannot be written: ");
  }
}
