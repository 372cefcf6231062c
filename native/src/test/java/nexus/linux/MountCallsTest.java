package nexus.linux;

import static nexus.linux.OwnedFd.CWD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(InUserNamespace.class)
final class MountCallsTest {
  private static final int CREATE = Constants.O_RDWR | Constants.O_CREAT;

  @Test
  void aMountIsSeenByTheThreadThatUnsharedAndByNobodyElse(@TempDir Path dir) throws Exception {
    try (var other = Executors.newSingleThreadExecutor()) {
      Callable<List<String>> list = () -> list(dir);
      assertThat(other.submit(list).get()).isEmpty();
      unshareMounts();
      MountCalls.mount("none", path(dir), "tmpfs", 0, "mode=0751,size=64k");
      create(path(dir.resolve("f"))).close();
      assertThat(FileCalls.statx(CWD, path(dir)).permissions()).isEqualTo(0751);
      assertThat(list(dir)).containsExactly("f");
      assertThat(other.submit(list).get()).isEmpty();
      MountCalls.umount2(path(dir), 0);
      assertThat(list(dir)).isEmpty();
    }
  }

  @Test
  void theFlagsOfAMountAreThoseAskedFor(@TempDir Path dir) throws Exception {
    unshareMounts();
    int flags = Constants.MS_RDONLY | Constants.MS_NOSUID | Constants.MS_NODEV;
    MountCalls.mount("none", path(dir), "tmpfs", flags, "");
    assertThat(options(dir)).contains("ro", "nosuid", "nodev").doesNotContain("noexec");
    assertThat(error(() -> create(path(dir.resolve("f"))))).matches(e -> e.is(Errno.EROFS));
  }

  @Test
  void aBusyMountIsOnlyDetached(@TempDir Path dir) throws Exception {
    unshareMounts();
    MountCalls.mount("none", path(dir), "tmpfs", 0, "");
    try (OwnedFd f = create(path(dir.resolve("f")))) {
      assertThat(error(() -> MountCalls.umount2(path(dir), 0)))
          .hasMessage("umount2(\"" + dir + "\", 0): EBUSY (device or resource busy)");
      MountCalls.umount2(path(dir), Constants.MNT_DETACH);
      assertThat(list(dir)).isEmpty();
      assertThat(FileCalls.write(f, new byte[1])).isEqualTo(1);
    }
  }

  @Test
  void refusesWhatTheKernelDoesNotKnow(@TempDir Path dir) throws Exception {
    unshareMounts();
    assertThat(error(() -> MountCalls.mount("none", path(dir), "nofs", 0, "x=1")))
        .hasMessage(
            "mount(\"none\", \"" + dir + "\", \"nofs\", 0x0, \"x=1\"): ENODEV (no such device)");
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> MountCalls.mount("none", path(dir), "tmpfs", 0, "mode=0700\0,uid=0"));
  }

  @Test
  void aClonedTreeIsAnotherMountOfTheSameFiles(@TempDir Path dir) throws Exception {
    unshareMounts();
    LinuxPath a = directory(dir, "a");
    LinuxPath b = directory(dir, "b");
    MountCalls.mount("none", a, "tmpfs", 0, "");
    create(a.resolve("f")).close();
    try (OwnedFd tree = clone(a, 0);
        OwnedFd target = openPath(b)) {
      assertThat(tree).hasToString("fd " + tree.value() + " (tree " + a + ")");
      MountCalls.mountSetattr(
          tree,
          0,
          Constants.MOUNT_ATTR_RDONLY
              | Constants.MOUNT_ATTR_NOSUID
              | Constants.MOUNT_ATTR_NODEV
              | Constants.MOUNT_ATTR_NOEXEC,
          0);
      MountCalls.moveMount(tree, target);
    }
    assertThat(options(dir.resolve("b"))).contains("ro", "nosuid", "nodev", "noexec");
    assertThat(options(dir.resolve("a"))).contains("rw").doesNotContain("nosuid", "noexec");
    assertThat(FileCalls.statx(CWD, b.resolve("f")))
        .isEqualTo(FileCalls.statx(CWD, a.resolve("f")));
    assertThat(error(() -> create(b.resolve("g")))).matches(e -> e.is(Errno.EROFS));
    create(a.resolve("g")).close();
    assertThat(list(dir.resolve("b"))).containsExactlyInAnyOrder("f", "g");
  }

  @Test
  void aDetachedTreeLivesAsLongAsItsDescriptor(@TempDir Path dir) throws Exception {
    unshareMounts();
    MountCalls.mount("none", path(dir), "tmpfs", 0, "");
    create(path(dir.resolve("f"))).close();
    try (OwnedFd tree = clone(path(dir), 0)) {
      MountCalls.umount2(path(dir), 0);
      assertThat(list(dir)).isEmpty();
      assertThat(FileCalls.statx(tree, LinuxPath.of("f")).type()).isEqualTo(FileType.REGULAR);
    }
  }

  @Test
  void recursionReachesTheMountsBelow(@TempDir Path dir) throws Exception {
    unshareMounts();
    LinuxPath a = directory(dir, "a");
    LinuxPath b = directory(dir, "b");
    MountCalls.mount("none", a, "tmpfs", 0, "");
    FileCalls.mkdirat(CWD, a.resolve("below"), 0755);
    MountCalls.mount("none", a.resolve("below"), "tmpfs", 0, "");
    create(a.resolve("below/f")).close();
    try (OwnedFd flat = clone(a, 0);
        OwnedFd deep = clone(a, Constants.AT_RECURSIVE);
        OwnedFd target = openPath(b)) {
      assertThat(list(flat, "below")).isEmpty();
      assertThat(list(deep, "below")).containsExactly("f");
      MountCalls.mountSetattr(deep, Constants.AT_RECURSIVE, Constants.MOUNT_ATTR_RDONLY, 0);
      MountCalls.moveMount(deep, target);
    }
    assertThat(error(() -> create(b.resolve("below/g")))).matches(e -> e.is(Errno.EROFS));
    assertThat(error(() -> create(b.resolve("g")))).matches(e -> e.is(Errno.EROFS));
  }

  @Test
  void aSlaveReceivesWhatItsMasterMountsAndSendsNothingBack(@TempDir Path dir) throws Exception {
    unshareMounts();
    LinuxPath master = directory(dir, "master");
    LinuxPath slave = directory(dir, "slave");
    MountCalls.mount("none", master, "tmpfs", 0, "");
    MountCalls.mount("none", master, "", TestLibC.MS_SHARED, "");
    FileCalls.mkdirat(CWD, master.resolve("down"), 0755);
    FileCalls.mkdirat(CWD, master.resolve("up"), 0755);
    try (OwnedFd tree = clone(master, 0);
        OwnedFd target = openPath(slave)) {
      MountCalls.mountSetattr(tree, 0, 0, Constants.MS_SLAVE);
      MountCalls.moveMount(tree, target);
    }
    MountCalls.mount("none", master.resolve("down"), "tmpfs", 0, "");
    create(master.resolve("down/f")).close();
    MountCalls.mount("none", slave.resolve("up"), "tmpfs", 0, "");
    create(slave.resolve("up/f")).close();
    assertThat(list(dir.resolve("slave/down"))).containsExactly("f");
    assertThat(list(dir.resolve("master/up"))).isEmpty();
  }

  @Test
  void aNewRootIsThatOfTheThreadAlone(@TempDir Path dir) throws Exception {
    try (var other = Executors.newSingleThreadExecutor()) {
      assertThat(other.submit(() -> Files.exists(dir)).get()).isTrue();
      unshareMounts();
      MountCalls.mount("none", path(dir), "tmpfs", 0, "");
      create(path(dir.resolve("only"))).close();
      try (OwnedFd root = openPath(path(dir))) {
        ProcessCalls.fchdir(root);
        LinuxPath here = LinuxPath.of(".");
        MountCalls.pivotRoot(here, here);
        MountCalls.umount2(here, Constants.MNT_DETACH);
      }
      // No class can be loaded by this thread from here on: it does not see them any more.
      List<String> names = list(CWD, "/");
      other.submit(() -> assertThat(names).containsExactly("only")).get();
      assertThat(other.submit(() -> Files.exists(dir)).get()).isTrue();
    }
  }

  private static void unshareMounts() throws SyscallException {
    ProcessCalls.unshare(Constants.CLONE_NEWNS);
  }

  private static OwnedFd clone(LinuxPath path, int flags) throws SyscallException {
    return MountCalls.openTree(CWD, path, Constants.OPEN_TREE_CLONE | flags);
  }

  private static OwnedFd openPath(LinuxPath path) throws SyscallException {
    return FileCalls.openat2(CWD, path, Constants.O_PATH, 0, 0);
  }

  private static OwnedFd create(LinuxPath path) throws SyscallException {
    return FileCalls.openat2(CWD, path, CREATE, 0600, 0);
  }

  private static LinuxPath directory(Path dir, String name) throws IOException {
    return path(Files.createDirectory(dir.resolve(name)));
  }

  private static List<String> list(Path dir) throws SyscallException {
    return list(CWD, dir.toString());
  }

  private static List<String> list(OwnedFd dir, String path) throws SyscallException {
    try (OwnedFd fd = FileCalls.openat2(dir, LinuxPath.of(path), 0, 0, 0)) {
      return FileCalls.getdents64(fd).stream().map(entry -> entry.name().toString()).toList();
    }
  }

  /** Returns what /proc/[pid]/mountinfo says of the mount at {@code dir}. */
  private static List<String> options(Path dir) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/thread-self/mountinfo"))) {
      String[] fields = line.split(" ", -1);
      if (fields[4].equals(dir.toString())) {
        return List.of(fields[5].split(",", -1));
      }
    }
    throw new AssertionError("no mount at " + dir);
  }

  private static SyscallException error(ThrowingCallable call) {
    return catchThrowableOfType(SyscallException.class, call);
  }

  private static LinuxPath path(Path path) {
    return LinuxPath.of(path.toString());
  }
}
