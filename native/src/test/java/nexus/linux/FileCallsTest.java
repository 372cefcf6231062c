package nexus.linux;

import static nexus.linux.LinuxPath.EMPTY;
import static nexus.linux.OwnedFd.CWD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

final class FileCallsTest {
  private static final LinuxPath A = LinuxPath.of("a");
  private static final LinuxPath B = LinuxPath.of("b");
  private static final int CREATE = Constants.O_RDWR | Constants.O_CREAT | Constants.O_EXCL;

  private @TempDir Path dir;
  private OwnedFd top;

  @BeforeEach
  void openDirectory() throws SyscallException {
    top = FileCalls.openat2(CWD, path(dir), Constants.O_RDONLY | Constants.O_DIRECTORY, 0, 0);
  }

  @AfterEach
  void closeDirectory() {
    top.close();
  }

  // Opening

  @Test
  void opensRelativeToTheDirectoryWhateverBecomesOfItsName() throws IOException {
    Files.createDirectory(dir.resolve("a"));
    Files.writeString(dir.resolve("a/f"), "inside");
    try (OwnedFd a = FileCalls.openat2(top, A, Constants.O_PATH, 0, 0)) {
      Files.move(dir.resolve("a"), dir.resolve("b"));
      try (OwnedFd f = FileCalls.openat2(a, LinuxPath.of("f"), 0, 0, 0)) {
        assertThat(content(f)).isEqualTo("inside");
      }
    }
  }

  @Test
  void createsWithTheModeLessTheUmask() throws IOException {
    FileCalls.openat2(top, A, CREATE, 0700, 0).close();
    assertThat(FileCalls.statx(top, A).permissions()).isEqualTo(0700);
    assertThat(error(() -> FileCalls.openat2(top, A, CREATE, 0700, 0)))
        .matches(e -> e.is(Errno.EEXIST));
  }

  @Test
  void followsNoSymbolicLinkOnTheWayOrAtTheEndIfToldSo() throws IOException {
    Files.createDirectory(dir.resolve("real"));
    Files.writeString(dir.resolve("real/f"), "");
    Files.createSymbolicLink(dir.resolve("link"), Path.of("real"));
    for (String path : List.of("link", "link/f")) {
      FileCalls.openat2(top, LinuxPath.of(path), 0, 0, 0).close();
      assertThat(
              error(
                  () ->
                      FileCalls.openat2(
                          top, LinuxPath.of(path), 0, 0, Constants.RESOLVE_NO_SYMLINKS)))
          .matches(e -> e.is(Errno.ELOOP));
    }
    assertThat(
            error(() -> FileCalls.openat2(top, LinuxPath.of("link"), Constants.O_NOFOLLOW, 0, 0)))
        .matches(e -> e.is(Errno.ELOOP));
  }

  @Test
  void followsNoMagicLinkIfToldSo() throws IOException {
    LinuxPath magic = LinuxPath.of("/proc/self/fd/" + top.value());
    FileCalls.openat2(CWD, magic, 0, 0, 0).close();
    assertThat(error(() -> FileCalls.openat2(CWD, magic, 0, 0, Constants.RESOLVE_NO_MAGICLINKS)))
        .matches(e -> e.is(Errno.ELOOP));
  }

  @Test
  void doesNotLeaveTheDirectoryIfToldSo() throws IOException {
    Files.createDirectory(dir.resolve("a"));
    Files.createSymbolicLink(dir.resolve("a/up"), Path.of(".."));
    Files.createSymbolicLink(dir.resolve("a/root"), Path.of("/"));
    try (OwnedFd a = FileCalls.openat2(top, A, 0, 0, 0)) {
      for (String escape : List.of("..", "/", "up", "root", "../a", dir.toString())) {
        FileCalls.openat2(a, LinuxPath.of(escape), 0, 0, 0).close();
        assertThat(
                error(
                    () ->
                        FileCalls.openat2(
                            a, LinuxPath.of(escape), 0, 0, Constants.RESOLVE_BENEATH)))
            .as(escape)
            .matches(e -> e.is(Errno.EXDEV));
      }
      FileCalls.openat2(top, LinuxPath.of("a/.."), 0, 0, Constants.RESOLVE_BENEATH).close();
    }
  }

  @Test
  @Timeout(value = 10, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void doesNotWaitForTheOtherEndOfAFifoIfToldSo() throws IOException {
    mknod("fifo", Constants.S_IFIFO);
    LinuxPath fifo = LinuxPath.of("fifo");
    try (OwnedFd end = FileCalls.openat2(top, fifo, Constants.O_NONBLOCK, 0, 0)) {
      assertThat(FileCalls.statx(end).type()).isEqualTo(FileType.FIFO);
      assertThat(FileCalls.read(end, new byte[1])).isZero();
    }
    assertThat(
            error(
                () ->
                    FileCalls.openat2(top, fifo, Constants.O_WRONLY | Constants.O_NONBLOCK, 0, 0)))
        .matches(e -> e.is(Errno.ENXIO));
  }

  @Test
  void opensADirectoryAsNothingElse() throws IOException {
    Files.writeString(dir.resolve("a"), "");
    assertThat(error(() -> FileCalls.openat2(top, A, Constants.O_DIRECTORY, 0, 0)))
        .matches(e -> e.is(Errno.ENOTDIR));
    assertThat(error(() -> FileCalls.openat2(CWD, path(dir), Constants.O_WRONLY, 0, 0)))
        .matches(e -> e.is(Errno.EISDIR));
  }

  // Names

  @Test
  void namesAreBytes() throws IOException {
    LinuxPath latin = LinuxPath.of(new byte[] {'f', (byte) 0xfc, 'r', 1, '\n'});
    LinuxPath longest = LinuxPath.of("ä".repeat(127) + "x");
    for (LinuxPath name : List.of(latin, longest)) {
      FileCalls.openat2(top, name, CREATE, 0600, 0).close();
    }
    FileCalls.symlinkat(latin, top, A);
    assertThat(FileCalls.readlinkat(top, A)).isEqualTo(latin);
    assertThat(names()).containsExactlyInAnyOrder(latin, longest, A);
    assertThat(FileCalls.statx(top, latin).type()).isEqualTo(FileType.REGULAR);
    FileCalls.unlinkat(top, latin, 0);
    assertThat(names()).containsExactlyInAnyOrder(longest, A);
    assertThat(error(() -> FileCalls.statx(top, LinuxPath.of("x".repeat(256)))))
        .matches(e -> e.is(Errno.ENAMETOOLONG));
  }

  // Reading and writing

  @Test
  void writesAndReads() throws IOException {
    try (OwnedFd fd = FileCalls.openat2(top, A, CREATE, 0600, 0)) {
      assertThat(FileCalls.write(fd, new byte[] {1, 2, 3})).isEqualTo(3);
      FileCalls.fsync(fd);
    }
    try (OwnedFd fd = FileCalls.openat2(top, A, 0, 0, 0)) {
      byte[] buffer = new byte[2];
      assertThat(FileCalls.read(fd, buffer)).isEqualTo(2);
      assertThat(buffer).containsExactly(1, 2);
      assertThat(FileCalls.read(fd, buffer)).isEqualTo(1);
      assertThat(buffer).containsExactly(3, 2);
      assertThat(FileCalls.read(fd, buffer)).isZero();
      assertThat(error(() -> FileCalls.write(fd, buffer))).matches(e -> e.is(Errno.EBADF));
    }
  }

  @Test
  void syncsTheFileSystemOfADescriptor() throws IOException {
    // One that has nothing to write.
    LinuxPath proc = LinuxPath.of("/proc");
    try (OwnedFd fd = FileCalls.openat2(CWD, proc, 0, 0, 0);
        OwnedFd path = FileCalls.openat2(CWD, proc, Constants.O_PATH, 0, 0)) {
      FileCalls.syncfs(fd);
      assertThat(error(() -> FileCalls.syncfs(path))).matches(e -> e.is(Errno.EBADF));
    }
  }

  @Test
  void readsAndWritesBeyondFourGibibytes() throws IOException {
    long far = (5L << 30) + 7;
    try (OwnedFd fd = FileCalls.openat2(top, A, CREATE, 0600, 0)) {
      ByteBuffer out = ByteBuffer.allocateDirect(6).put(new byte[] {0, 1, 2, 3, 4, 5});
      out.position(2).limit(5);
      assertThat(FileCalls.pwrite(fd, out, far)).isEqualTo(3);
      assertThat(out.position()).isEqualTo(5);
      assertThat(FileCalls.statx(fd).size()).isEqualTo(far + 3);

      ByteBuffer in = ByteBuffer.allocateDirect(8).position(1);
      assertThat(FileCalls.pread(fd, in, far - 1)).isEqualTo(4);
      assertThat(in.position()).isEqualTo(5);
      assertThat(FileCalls.pread(fd, in, far + 3)).isZero();
      assertThat(FileCalls.pread(fd, in, far & 0xffff_ffffL)).isEqualTo(3);
      byte[] read = new byte[8];
      in.clear().get(read);
      assertThat(read).containsExactly(0, 0, 2, 3, 4, 0, 0, 0);
    }
  }

  // Directories

  @Test
  void listsFiveThousandNamesOnce() throws IOException {
    // Enough to need more than one buffer.
    var created = new ArrayList<LinuxPath>();
    for (int i = 0; i < 5_000; i++) {
      created.add(LinuxPath.of("name-" + i + "-" + "x".repeat(i % 60)));
      Files.createFile(dir.resolve(created.getLast().toString()));
    }
    assertThat(FileCalls.getdents64(top).stream().map(DirectoryEntry::name).sorted().toList())
        .isEqualTo(created.stream().sorted().toList());
    assertThat(FileCalls.getdents64(top)).as("again, from the beginning").hasSize(created.size());
  }

  @Test
  void listsNeitherDotNorDotDotButOtherNamesOfDots() throws IOException {
    assertThat(FileCalls.getdents64(top)).isEmpty();
    for (String name : List.of("...", ".a", "..a")) {
      Files.createFile(dir.resolve(name));
    }
    assertThat(names())
        .containsExactlyInAnyOrder(LinuxPath.of("..."), LinuxPath.of(".a"), LinuxPath.of("..a"));
  }

  @Test
  void tellsTheKindsOfFilesApart() throws IOException {
    Files.createFile(dir.resolve("file"));
    Files.createDirectory(dir.resolve("directory"));
    Files.createSymbolicLink(dir.resolve("symlink"), Path.of("nowhere"));
    mknod("fifo", Constants.S_IFIFO);
    mknod("socket", Constants.S_IFSOCK);
    var expected =
        Map.of(
            "file", FileType.REGULAR,
            "directory", FileType.DIRECTORY,
            "symlink", FileType.SYMLINK,
            "fifo", FileType.FIFO,
            "socket", FileType.SOCKET);
    Map<String, FileType> listed =
        FileCalls.getdents64(top).stream()
            .collect(Collectors.toMap(e -> e.name().toString(), DirectoryEntry::type));
    assertThat(listed).isEqualTo(expected);
    for (var entry : expected.entrySet()) {
      assertThat(FileCalls.statx(top, LinuxPath.of(entry.getKey())).type())
          .isEqualTo(entry.getValue());
    }
    assertThat(FileCalls.statx(CWD, LinuxPath.of("/dev/null")).type())
        .isEqualTo(FileType.CHARACTER_DEVICE);
  }

  // Metadata

  @Test
  void statxSaysWhatTheJdkSays() throws IOException {
    Path file = Files.writeString(dir.resolve("a"), "12345");
    Files.createLink(dir.resolve("b"), file);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    Map<String, Object> unix = Files.readAttributes(file, "unix:ino,nlink,uid,gid,size,mode,dev");
    Stat stat = FileCalls.statx(top, A);
    assertThat(stat.mode()).isEqualTo(unix.get("mode"));
    assertThat(stat.permissions()).isEqualTo(0640);
    assertThat((int) stat.links()).isEqualTo(unix.get("nlink")).isEqualTo(2);
    assertThat(stat.uid()).isEqualTo(unix.get("uid"));
    assertThat(stat.gid()).isEqualTo(unix.get("gid"));
    assertThat(stat.size()).isEqualTo(unix.get("size")).isEqualTo(5);
    assertThat(stat.id().inode()).isEqualTo(unix.get("ino"));
    // makedev(3)
    long major = stat.id().deviceMajor();
    long minor = stat.id().deviceMinor();
    assertThat(
            (minor & 0xff)
                | (major & 0xfff) << 8
                | (minor & ~0xffL) << 12
                | (major & ~0xfffL) << 32)
        .isEqualTo(unix.get("dev"));
    assertThat(FileCalls.statx(top, B)).isEqualTo(stat);
  }

  @Test
  void statxOfADescriptorIsThatOfWhatItHasOpen() throws IOException {
    Files.writeString(dir.resolve("a"), "12345");
    Stat before = FileCalls.statx(top, A);
    try (OwnedFd fd = FileCalls.openat2(top, A, Constants.O_PATH, 0, 0)) {
      Files.delete(dir.resolve("a"));
      Files.writeString(dir.resolve("a"), "other");
      assertThat(FileCalls.statx(fd).id()).isEqualTo(before.id());
      assertThat(FileCalls.statx(fd).links()).isZero();
      assertThat(FileCalls.statx(fd, EMPTY)).isEqualTo(FileCalls.statx(fd));
    }
  }

  @Test
  void fchmodSetsAllPermissionBits() throws IOException {
    try (OwnedFd fd = FileCalls.openat2(top, A, CREATE, 0600, 0)) {
      FileCalls.fchmod(fd, 04751);
      assertThat(FileCalls.statx(fd).permissions()).isEqualTo(04751);
    }
  }

  @Test
  void utimensatSetsTheModificationTimeOnly() throws IOException {
    Path file = Files.createFile(dir.resolve("a"));
    FileTime access = FileTime.fromMillis(1_234_567_890_123L);
    Files.setAttribute(file, "lastAccessTime", access);
    for (long seconds : new long[] {0, 1, 5_000_000_000L, -1}) {
      FileCalls.utimensat(top, A, seconds);
      assertThat(Files.getLastModifiedTime(file))
          .isEqualTo(FileTime.from(seconds, TimeUnit.SECONDS));
    }
    assertThat(Files.getAttribute(file, "lastAccessTime")).isEqualTo(access);
  }

  @Test
  void utimensatSetsTheTimeOfTheLinkAndNotOfItsTarget() throws IOException {
    Path file = Files.createFile(dir.resolve("a"));
    FileTime before = Files.getLastModifiedTime(file);
    Path link = Files.createSymbolicLink(dir.resolve("b"), Path.of("a"));
    FileCalls.utimensat(top, B, 1);
    assertThat(Files.getLastModifiedTime(link, LinkOption.NOFOLLOW_LINKS).toMillis())
        .isEqualTo(1_000);
    assertThat(Files.getLastModifiedTime(file)).isEqualTo(before);
  }

  // Linking and renaming

  @Test
  void renamesOverAnotherFileUnlessToldNotTo() throws IOException {
    Files.writeString(dir.resolve("a"), "from a");
    Files.writeString(dir.resolve("b"), "from b");
    assertThat(error(() -> FileCalls.renameat2(top, A, top, B, Constants.RENAME_NOREPLACE)))
        .matches(e -> e.is(Errno.EEXIST));
    assertThat(dir.resolve("b")).hasContent("from b");
    FileCalls.renameat2(top, A, top, B, 0);
    assertThat(dir.resolve("a")).doesNotExist();
    assertThat(dir.resolve("b")).hasContent("from a");
    FileCalls.renameat2(top, B, top, A, Constants.RENAME_NOREPLACE);
    assertThat(dir.resolve("a")).hasContent("from a");
  }

  @Test
  void exchangesTwoFiles() throws IOException {
    Files.writeString(dir.resolve("a"), "from a");
    assertThat(error(() -> FileCalls.renameat2(top, A, top, B, Constants.RENAME_EXCHANGE)))
        .matches(e -> e.is(Errno.ENOENT));
    Files.createDirectory(dir.resolve("b"));
    FileCalls.renameat2(top, A, top, B, Constants.RENAME_EXCHANGE);
    assertThat(dir.resolve("a")).isDirectory();
    assertThat(dir.resolve("b")).hasContent("from a");
  }

  @Test
  void renamesFromOneDirectoryToTheOther() throws IOException {
    Files.writeString(dir.resolve("a"), "from a");
    FileCalls.mkdirat(top, B, 0755);
    try (OwnedFd b = FileCalls.openat2(top, B, Constants.O_PATH, 0, 0)) {
      FileCalls.renameat2(top, A, b, LinuxPath.of("c"), 0);
    }
    assertThat(dir.resolve("b/c")).hasContent("from a");
  }

  @Test
  void linksTheFileAndNotWhatASymbolicLinkNames() throws IOException {
    Files.writeString(dir.resolve("a"), "from a");
    FileCalls.linkat(top, A, top, B);
    assertThat(FileCalls.statx(top, B)).isEqualTo(FileCalls.statx(top, A));
    assertThat(error(() -> FileCalls.linkat(top, A, top, B))).matches(e -> e.is(Errno.EEXIST));
    FileCalls.symlinkat(A, top, LinuxPath.of("link"));
    FileCalls.linkat(top, LinuxPath.of("link"), top, LinuxPath.of("same"));
    assertThat(FileCalls.statx(top, LinuxPath.of("same")).type()).isEqualTo(FileType.SYMLINK);
  }

  @Test
  void makesAndRemovesDirectories() throws IOException {
    FileCalls.mkdirat(top, A, 0700);
    assertThat(FileCalls.statx(top, A).permissions()).isEqualTo(0700);
    assertThat(error(() -> FileCalls.unlinkat(top, A, 0))).matches(e -> e.is(Errno.EISDIR));
    Files.createFile(dir.resolve("a/f"));
    assertThat(error(() -> FileCalls.unlinkat(top, A, Constants.AT_REMOVEDIR)))
        .matches(e -> e.is(Errno.ENOTEMPTY));
    FileCalls.unlinkat(top, LinuxPath.of("a/f"), 0);
    FileCalls.unlinkat(top, A, Constants.AT_REMOVEDIR);
    assertThat(dir).isEmptyDirectory();
  }

  @Test
  void readsTheLongestTarget() throws IOException {
    LinuxPath target = LinuxPath.of("ä/".repeat(Constants.PATH_MAX / 3));
    assertThat(target.length()).isEqualTo(Constants.PATH_MAX - 1);
    FileCalls.symlinkat(target, top, A);
    assertThat(FileCalls.readlinkat(top, A)).isEqualTo(target);
    Files.createFile(dir.resolve("b"));
    assertThat(error(() -> FileCalls.readlinkat(top, B))).matches(e -> e.is(Errno.EINVAL));
  }

  // Locks

  @Test
  void aLockKeepsOtherProcessesOutUntilItsDescriptorIsClosed()
      throws IOException, InterruptedException {
    Needs.that(Command.succeeds(List.of("flock", "--version")), "flock(1)");
    Path file = Files.createFile(dir.resolve("a"));
    List<String> exclusive = List.of("flock", "-n", file.toString(), "true");
    List<String> shared = List.of("flock", "-ns", file.toString(), "true");
    try (OwnedFd fd = FileCalls.openat2(top, A, 0, 0, 0)) {
      FileCalls.flock(fd, Constants.LOCK_SH);
      assertThat(Command.succeeds(shared)).isTrue();
      assertThat(Command.succeeds(exclusive)).isFalse();
      FileCalls.flock(fd, Constants.LOCK_EX | Constants.LOCK_NB);
      assertThat(Command.succeeds(shared)).isFalse();
    }
    assertThat(Command.succeeds(exclusive)).isTrue();
  }

  @Test
  void aLockOfAnotherProcessKeepsUsOut() throws IOException, InterruptedException {
    Needs.that(Command.succeeds(List.of("flock", "--version")), "flock(1)");
    Path file = Files.createFile(dir.resolve("a"));
    Process holder =
        Command.start(List.of("flock", file.toString(), "sh", "-c", "echo held; exec cat"));
    assertThat(holder.inputReader(StandardCharsets.UTF_8).readLine()).isEqualTo("held");
    try (OwnedFd fd = FileCalls.openat2(top, A, 0, 0, 0)) {
      assertThat(error(() -> FileCalls.flock(fd, Constants.LOCK_SH | Constants.LOCK_NB)))
          .matches(e -> e.is(Errno.EAGAIN));
      holder.getOutputStream().close();
      FileCalls.flock(fd, Constants.LOCK_EX);
    }
    assertThat(holder.waitFor()).isZero();
  }

  private List<LinuxPath> names() throws SyscallException {
    try (OwnedFd again = FileCalls.openat2(top, LinuxPath.of("."), 0, 0, 0)) {
      return FileCalls.getdents64(again).stream().map(DirectoryEntry::name).toList();
    }
  }

  private void mknod(String name, int type) {
    assertThat(TestLibC.mknod(path(dir.resolve(name)).terminated(), type | 0600, 0)).isZero();
  }

  private static SyscallException error(ThrowingCallable call) {
    return catchThrowableOfType(SyscallException.class, call);
  }

  private static LinuxPath path(Path path) {
    return LinuxPath.of(path.toString());
  }

  private static String content(OwnedFd fd) throws SyscallException {
    byte[] buffer = new byte[100];
    return new String(buffer, 0, FileCalls.read(fd, buffer), StandardCharsets.UTF_8);
  }
}
