package nexus.linux;

import static nexus.linux.LibC.check;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import nexus.linux.Layout.Dirent64;
import nexus.linux.Layout.OpenHow;
import nexus.linux.Layout.Statx;
import nexus.linux.Layout.Timespec;

/**
 * The system calls on files and directories. Descriptors lend, paths are relative to them unless
 * absolute.
 */
public final class FileCalls {
  private static final int DIRECTORY_BUFFER = 64 * 1024;

  private FileCalls() {}

  /**
   * {@code int openat2(int dirfd, const char *path, const struct open_how *how, size_t size)},
   * openat2(2), Linux 5.6. {@code O_CLOEXEC} is added.
   *
   * @param mode permission bits of a file that {@code O_CREAT} makes, else 0
   * @param resolve {@code RESOLVE_*} bits
   */
  public static OwnedFd openat2(OwnedFd dir, LinuxPath path, long flags, int mode, long resolve)
      throws SyscallException {
    byte[] how =
        ByteBuffer.allocate(OpenHow.SIZE)
            .order(ByteOrder.nativeOrder())
            .putLong(OpenHow.FLAGS, flags | Constants.O_CLOEXEC)
            .putLong(OpenHow.MODE, mode)
            .putLong(OpenHow.RESOLVE, resolve)
            .array();
    long fd =
        check(
            "openat2",
            () -> dir + ", \"" + path + "\", 0x" + Long.toHexString(flags),
            () ->
                LibC.syscall(
                    Constants.SYS_OPENAT2, dir.value(), path.terminated(), how, how.length));
    return new OwnedFd((int) fd, () -> dir.describe(path));
  }

  /**
   * {@code ssize_t read(int fd, void *buf, size_t count)}, read(2). Returns 0 at the end of the
   * file.
   */
  public static int read(OwnedFd fd, byte[] buffer) throws SyscallException {
    return (int)
        check(
            "read",
            () -> fd + ", " + buffer.length,
            () -> LibC.read(fd.value(), buffer, buffer.length));
  }

  /**
   * {@code ssize_t write(int fd, const void *buf, size_t count)}, write(2). May write less than
   * all.
   */
  public static int write(OwnedFd fd, byte[] buffer) throws SyscallException {
    return (int)
        check(
            "write",
            () -> fd + ", " + buffer.length,
            () -> LibC.write(fd.value(), buffer, buffer.length));
  }

  /**
   * {@code ssize_t pread(int fd, void *buf, size_t count, off_t offset)}, pread(2). Reads into the
   * direct buffer from its position on, at most what remains there, and moves the position; returns
   * 0 at the end of the file.
   */
  public static int pread(OwnedFd fd, ByteBuffer direct, long offset) throws SyscallException {
    ByteBuffer rest = direct.slice();
    int count =
        (int)
            check(
                "pread",
                () -> fd + ", " + rest.remaining() + ", " + offset,
                () -> LibC.pread(fd.value(), rest, rest.remaining(), offset));
    direct.position(direct.position() + count);
    return count;
  }

  /**
   * {@code ssize_t pwrite(int fd, const void *buf, size_t count, off_t offset)}, pwrite(2). Writes
   * what remains of the direct buffer, or less, and moves its position.
   */
  public static int pwrite(OwnedFd fd, ByteBuffer direct, long offset) throws SyscallException {
    ByteBuffer rest = direct.slice();
    int count =
        (int)
            check(
                "pwrite",
                () -> fd + ", " + rest.remaining() + ", " + offset,
                () -> LibC.pwrite(fd.value(), rest, rest.remaining(), offset));
    direct.position(direct.position() + count);
    return count;
  }

  /**
   * {@code int statx(int dirfd, const char *path, int flags, unsigned mask, struct statx *buf)},
   * statx(2), Linux 4.11, of the path itself: a symbolic link is not followed.
   */
  public static Stat statx(OwnedFd dir, LinuxPath path) throws SyscallException {
    byte[] buffer = new byte[Statx.SIZE];
    check(
        "statx",
        () -> dir + ", \"" + path + "\"",
        () ->
            LibC.syscall(
                Constants.SYS_STATX,
                dir.value(),
                path.terminated(),
                itself(path),
                Constants.STATX_BASIC_STATS,
                buffer));
    return Stat.parse(buffer);
  }

  /** {@link #statx(OwnedFd, LinuxPath)} of the descriptor itself. */
  public static Stat statx(OwnedFd fd) throws SyscallException {
    return statx(fd, LinuxPath.EMPTY);
  }

  /**
   * {@code ssize_t getdents64(int fd, void *dirp, size_t count)}, getdents64(2), until the end: the
   * names of the directory except {@code .} and {@code ..}, in the file system's order.
   *
   * <p>It starts at the beginning, by lseek(2): a directory that is kept open is listed again and
   * again, and one that seems empty the second time is one whose files nobody needs.
   */
  public static List<DirectoryEntry> getdents64(OwnedFd dir) throws SyscallException {
    check("lseek", dir::toString, () -> LibC.lseek(dir.value(), 0, Constants.SEEK_SET));
    var entries = new ArrayList<DirectoryEntry>();
    byte[] buffer = new byte[DIRECTORY_BUFFER];
    ByteBuffer view = ByteBuffer.wrap(buffer).order(ByteOrder.nativeOrder());
    while (true) {
      int filled =
          (int)
              check(
                  "getdents64",
                  dir::toString,
                  () -> LibC.syscall(Constants.SYS_GETDENTS64, dir.value(), buffer, buffer.length));
      if (filled == 0) {
        return entries;
      }
      for (int at = 0;
          at < filled;
          at += Short.toUnsignedInt(view.getShort(at + Dirent64.D_RECLEN))) {
        int start = at + Dirent64.D_NAME;
        int end = start;
        while (buffer[end] != 0) {
          end++;
        }
        boolean dots =
            buffer[start] == '.'
                && (end - start == 1 || (end - start == 2 && buffer[start + 1] == '.'));
        if (!dots) {
          entries.add(
              new DirectoryEntry(
                  LinuxPath.of(Arrays.copyOfRange(buffer, start, end)),
                  FileType.ofEntry(buffer[at + Dirent64.D_TYPE])));
        }
      }
    }
  }

  /**
   * {@code ssize_t readlinkat(int dirfd, const char *path, char *buf, size_t size)}, readlinkat(2).
   */
  public static LinuxPath readlinkat(OwnedFd dir, LinuxPath path) throws SyscallException {
    byte[] buffer = new byte[Constants.PATH_MAX];
    int length =
        (int)
            check(
                "readlinkat",
                () -> dir + ", \"" + path + "\"",
                () -> LibC.readlinkat(dir.value(), path.terminated(), buffer, buffer.length));
    return LinuxPath.of(Arrays.copyOf(buffer, length));
  }

  /** {@code int mkdirat(int dirfd, const char *path, mode_t mode)}, mkdirat(2). */
  public static void mkdirat(OwnedFd dir, LinuxPath path, int mode) throws SyscallException {
    check(
        "mkdirat",
        () -> dir + ", \"" + path + "\", 0" + Integer.toOctalString(mode),
        () -> LibC.mkdirat(dir.value(), path.terminated(), mode));
  }

  /** {@code int unlinkat(int dirfd, const char *path, int flags)}, unlinkat(2). */
  public static void unlinkat(OwnedFd dir, LinuxPath path, int flags) throws SyscallException {
    check(
        "unlinkat",
        () -> dir + ", \"" + path + "\", " + flags,
        () -> LibC.unlinkat(dir.value(), path.terminated(), flags));
  }

  /**
   * {@code int renameat2(int olddirfd, const char *oldpath, int newdirfd, const char *newpath,
   * unsigned flags)}, renameat2(2), Linux 3.15.
   */
  public static void renameat2(
      OwnedFd oldDir, LinuxPath oldPath, OwnedFd newDir, LinuxPath newPath, int flags)
      throws SyscallException {
    check(
        "renameat2",
        () -> oldDir + ", \"" + oldPath + "\", " + newDir + ", \"" + newPath + "\", " + flags,
        () ->
            LibC.syscall(
                Constants.SYS_RENAMEAT2,
                oldDir.value(),
                oldPath.terminated(),
                newDir.value(),
                newPath.terminated(),
                flags));
  }

  /**
   * {@code int linkat(int olddirfd, const char *oldpath, int newdirfd, const char *newpath, int
   * flags)}, linkat(2).
   */
  public static void linkat(OwnedFd oldDir, LinuxPath oldPath, OwnedFd newDir, LinuxPath newPath)
      throws SyscallException {
    check(
        "linkat",
        () -> oldDir + ", \"" + oldPath + "\", " + newDir + ", \"" + newPath + "\"",
        () ->
            LibC.linkat(
                oldDir.value(), oldPath.terminated(), newDir.value(), newPath.terminated(), 0));
  }

  /**
   * {@code int symlinkat(const char *target, int newdirfd, const char *linkpath)}, symlinkat(2).
   */
  public static void symlinkat(LinuxPath target, OwnedFd dir, LinuxPath path)
      throws SyscallException {
    check(
        "symlinkat",
        () -> "\"" + target + "\", " + dir + ", \"" + path + "\"",
        () -> LibC.symlinkat(target.terminated(), dir.value(), path.terminated()));
  }

  /** {@code int fchmod(int fd, mode_t mode)}, fchmod(2). */
  public static void fchmod(OwnedFd fd, int mode) throws SyscallException {
    check(
        "fchmod",
        () -> fd + ", 0" + Integer.toOctalString(mode),
        () -> LibC.fchmod(fd.value(), mode));
  }

  /**
   * {@code int utimensat(int dirfd, const char *path, const struct timespec times[2], int flags)},
   * utimensat(2): sets the modification time of the path itself and leaves the access time. The
   * empty path is the descriptor's own file, Linux 5.8.
   *
   * @param seconds since the epoch
   */
  public static void utimensat(OwnedFd dir, LinuxPath path, long seconds) throws SyscallException {
    byte[] times =
        ByteBuffer.allocate(2 * Timespec.SIZE)
            .order(ByteOrder.nativeOrder())
            .putLong(Timespec.TV_NSEC, Constants.UTIME_OMIT)
            .putLong(Timespec.SIZE + Timespec.TV_SEC, seconds)
            .array();
    check(
        "utimensat",
        () -> dir + ", \"" + path + "\", " + seconds,
        () -> LibC.utimensat(dir.value(), path.terminated(), times, itself(path)));
  }

  /** {@code int fsync(int fd)}, fsync(2). */
  public static void fsync(OwnedFd fd) throws SyscallException {
    check("fsync", fd::toString, () -> LibC.fsync(fd.value()));
  }

  /**
   * {@code int syncfs(int fd)}, syncfs(2): everything of the descriptor's file system. Reports
   * write errors since 5.8.
   */
  public static void syncfs(OwnedFd fd) throws SyscallException {
    check("syncfs", fd::toString, () -> LibC.syncfs(fd.value()));
  }

  /**
   * {@code int flock(int fd, int operation)}, flock(2). The lock ends with the last descriptor of
   * this open file.
   */
  public static void flock(OwnedFd fd, int operation) throws SyscallException {
    check("flock", () -> fd + ", " + operation, () -> LibC.flock(fd.value(), operation));
  }

  /**
   * {@code int fcntl(int fd, F_SETLEASE, F_RDLCK)}, fcntl(2): a read lease, granted only if nobody
   * has the inode open or mapped for writing, and only on a file of one's own.
   *
   * <p>The kernel announces a broken lease with a signal, and with SIGIO, which kills the process,
   * unless {@code F_SETSIG} chose another. That is SIGURG here, which nobody notices. It is chosen
   * anew before each lease because the end of a lease takes the choice back.
   */
  public static void setReadLease(OwnedFd fd) throws SyscallException {
    check(
        "fcntl",
        () -> fd + ", F_SETSIG, SIGURG",
        () -> LibC.fcntl(fd.value(), Constants.F_SETSIG, Constants.SIGURG));
    check(
        "fcntl",
        () -> fd + ", F_SETLEASE, F_RDLCK",
        () -> LibC.fcntl(fd.value(), Constants.F_SETLEASE, Constants.F_RDLCK));
  }

  /**
   * {@code int fcntl(int fd, F_GETLEASE)}, fcntl(2): whether the read lease still stands. It falls
   * the moment somebody opens the file for writing or truncates it, before that call returns.
   */
  public static boolean hasReadLease(OwnedFd fd) throws SyscallException {
    return check(
            "fcntl",
            () -> fd + ", F_GETLEASE",
            () -> LibC.fcntl(fd.value(), Constants.F_GETLEASE, 0))
        == Constants.F_RDLCK;
  }

  /**
   * Returns the flags that make a call act on the path itself, or on the descriptor if it is empty.
   */
  private static int itself(LinuxPath path) {
    return Constants.AT_SYMLINK_NOFOLLOW | (path.length() == 0 ? Constants.AT_EMPTY_PATH : 0);
  }
}
