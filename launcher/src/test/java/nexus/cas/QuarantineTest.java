package nexus.cas;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import nexus.linux.Constants;
import nexus.linux.FileCalls;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class QuarantineTest {
  private static final long MIB = 1 << 20;

  @TempDir(factory = InMemory.class)
  Path folder;

  // Mutable state
  private TestStore store;
  private Quarantine quarantine;
  private OwnedFd root;
  private final AtomicLong seconds = new AtomicLong(1_700_000_000);

  @BeforeEach
  void open() throws Exception {
    store = new TestStore(folder.resolve("home"));
    quarantine = newQuarantine();
    root =
        FileCalls.openat2(
            OwnedFd.CWD,
            LinuxPath.of(folder.toString()),
            Constants.O_RDONLY | Constants.O_DIRECTORY,
            0,
            0);
  }

  private Quarantine newQuarantine() {
    return new Quarantine(store.home, () -> Instant.ofEpochSecond(seconds.getAndIncrement()));
  }

  @AfterEach
  void close() {
    root.close();
    store.close();
  }

  /** Makes a sparse file. */
  private Path file(String name, long size) throws Exception {
    Path file = folder.resolve(name);
    try (var open = new RandomAccessFile(file.toFile(), "rw")) {
      open.setLength(size);
    }
    return file;
  }

  @Test
  void keepsAFileUnderASecondNameOnce() throws Exception {
    Path file = file("tainted", 5);

    quarantine.keep(root, LinuxPath.of("tainted"), "label");
    quarantine.keep(root, LinuxPath.of("tainted"), "label");

    assertThat(store.quarantined()).hasSize(1);
    assertThat(store.quarantined().getFirst()).hasFileName("20231114T221320.000000Z-label");
    assertThat(TestStore.sameInode(file, store.quarantined().getFirst())).isTrue();
  }

  @Test
  void removesTheOldestWhenFull() throws Exception {
    for (String name : new String[] {"a", "b", "c"}) {
      file(name, 100 * MIB);
      quarantine.take(root, LinuxPath.of(name), name);
    }

    assertThat(store.quarantined())
        .extracting(path -> String.valueOf(path.getFileName()))
        .containsExactly("20231114T221321.000000Z-b", "20231114T221322.000000Z-c");

    quarantine = newQuarantine();
    file("d", 100 * MIB);
    quarantine.take(root, LinuxPath.of("d"), "d");
    assertThat(store.quarantined()).hasSize(2);
  }

  @Test
  void keepsTheNewestHoweverLargeItIs() throws Exception {
    file("small", 1);
    quarantine.take(root, LinuxPath.of("small"), "small");
    file("huge", 1L << 40);
    // The clock was set back.
    seconds.set(1);
    quarantine.take(root, LinuxPath.of("huge"), "huge");

    assertThat(store.quarantined())
        .extracting(path -> String.valueOf(path.getFileName()))
        .containsExactly("19700101T000001.000000Z-huge");
  }

  @Test
  void takesFoldersWithoutPermissionsAndCountsWhatIsInThem() throws Exception {
    Path planted = Files.createDirectories(folder.resolve("planted/deep/er"));
    file("planted/deep/er/file", 300 * MIB);
    Files.setPosixFilePermissions(planted, PosixFilePermissions.fromString("---------"));
    Files.setPosixFilePermissions(
        folder.resolve("planted"), PosixFilePermissions.fromString("r-xr-xr-x"));

    quarantine.take(root, LinuxPath.of("planted"), "x");
    assertThat(store.quarantined()).hasSize(1);
    assertThat(folder.resolve("planted")).doesNotExist();

    file("next", 1);
    quarantine.take(root, LinuxPath.of("next"), "x");
    assertThat(store.quarantined()).hasSize(1);
  }

  @Test
  void removesFoldersThatAreDeeperThanDescriptorsLast() throws Exception {
    // Made in steps, as no path is that long.
    OwnedFd at = root;
    for (int depth = 0; depth < 20_000; depth++) {
      FileCalls.mkdirat(at, LinuxPath.of("d"), 0700);
      OwnedFd next = NexusHome.openDirectory(at, LinuxPath.of("d"));
      if (at != root) {
        at.close();
      }
      at = next;
    }
    at.close();

    quarantine.take(root, LinuxPath.of("d"), "deep");
    file("huge", 300 * MIB);
    quarantine.take(root, LinuxPath.of("huge"), "huge");

    assertThat(store.quarantined()).hasSize(1);
  }
}
