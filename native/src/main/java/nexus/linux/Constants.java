package nexus.linux;

/**
 * Numbers of the kernel's headers, under the header that has them. {@code ConstantsTest} compiles a
 * C program against those headers and compares every one.
 */
public final class Constants {
  private static final boolean AARCH64 = System.getProperty("os.arch", "").equals("aarch64");

  // asm/unistd.h
  static final long SYS_GETDENTS64 = AARCH64 ? 61 : 217;
  static final long SYS_RENAMEAT2 = AARCH64 ? 276 : 316;
  static final long SYS_STATX = AARCH64 ? 291 : 332;
  static final long SYS_PIVOT_ROOT = AARCH64 ? 41 : 155;
  static final long SYS_OPEN_TREE = 428;
  static final long SYS_MOVE_MOUNT = 429;
  static final long SYS_FSOPEN = 430;
  static final long SYS_FSCONFIG = 431;
  static final long SYS_FSMOUNT = 432;
  static final long SYS_OPENAT2 = 437;
  static final long SYS_MOUNT_SETATTR = 442;

  // linux/fcntl.h
  static final int AT_FDCWD = -100;
  public static final int AT_SYMLINK_NOFOLLOW = 0x100;
  public static final int AT_REMOVEDIR = 0x200;
  public static final int AT_EMPTY_PATH = 0x1000;
  public static final int AT_RECURSIVE = 0x8000;
  static final int F_SETLEASE = 1024;
  static final int F_GETLEASE = 1025;

  // asm-generic/fcntl.h, asm/fcntl.h
  public static final int O_RDONLY = 0;
  public static final int O_WRONLY = 1;
  public static final int O_RDWR = 2;
  public static final int O_CREAT = 0x40;
  public static final int O_EXCL = 0x80;
  public static final int O_TRUNC = 0x200;
  public static final int O_NONBLOCK = 0x800;
  public static final int O_DIRECTORY = AARCH64 ? 0x4000 : 0x10000;
  public static final int O_NOFOLLOW = AARCH64 ? 0x8000 : 0x20000;
  public static final int O_CLOEXEC = 0x80000;
  public static final int O_PATH = 0x200000;
  static final int F_RDLCK = 0;
  static final int SEEK_SET = 0;
  static final int F_SETSIG = 10;

  // linux/openat2.h
  public static final int RESOLVE_NO_MAGICLINKS = 0x02;
  public static final int RESOLVE_NO_SYMLINKS = 0x04;
  public static final int RESOLVE_BENEATH = 0x08;

  // linux/stat.h
  static final int STATX_BASIC_STATS = 0x7ff;
  static final int S_IFMT = 0170000;
  static final int S_IFREG = 0100000;
  static final int S_IFDIR = 0040000;
  static final int S_IFLNK = 0120000;
  static final int S_IFIFO = 0010000;
  static final int S_IFSOCK = 0140000;
  static final int S_IFCHR = 0020000;
  static final int S_IFBLK = 0060000;

  // sys/stat.h
  static final long UTIME_OMIT = (1L << 30) - 2;

  // dirent.h
  static final int DT_FIFO = 1;
  static final int DT_CHR = 2;
  static final int DT_DIR = 4;
  static final int DT_BLK = 6;
  static final int DT_REG = 8;
  static final int DT_LNK = 10;
  static final int DT_SOCK = 12;

  // linux/limits.h
  static final int PATH_MAX = 4096;

  // asm/signal.h
  public static final int SIGHUP = 1;
  public static final int SIGINT = 2;
  static final int SIGURG = 23;
  static final long SIG_IGN = 1;

  // asm-generic/poll.h
  public static final int POLLIN = 0x1;
  public static final int POLLHUP = 0x10;

  // linux/fs.h
  public static final int RENAME_NOREPLACE = 1;
  public static final int RENAME_EXCHANGE = 2;

  // sys/file.h
  public static final int LOCK_SH = 1;
  public static final int LOCK_EX = 2;
  public static final int LOCK_NB = 4;

  // linux/mount.h
  public static final int MS_RDONLY = 1;
  public static final int MS_NOSUID = 2;
  public static final int MS_NODEV = 4;
  public static final int MS_REC = 0x4000;
  public static final int MS_PRIVATE = 1 << 18;
  public static final int MS_SLAVE = 1 << 19;
  public static final int OPEN_TREE_CLONE = 1;
  public static final int OPEN_TREE_CLOEXEC = O_CLOEXEC;
  static final int FSOPEN_CLOEXEC = 1;
  static final int FSCONFIG_SET_STRING = 1;
  static final int FSCONFIG_CMD_CREATE = 6;
  static final int FSMOUNT_CLOEXEC = 1;
  public static final int MOVE_MOUNT_F_EMPTY_PATH = 4;
  public static final int MOVE_MOUNT_T_EMPTY_PATH = 0x40;
  public static final int MOUNT_ATTR_RDONLY = 1;
  public static final int MOUNT_ATTR_NOSUID = 2;
  public static final int MOUNT_ATTR_NODEV = 4;
  public static final int MOUNT_ATTR_NOEXEC = 8;
  public static final int MNT_DETACH = 2;

  // linux/sched.h
  public static final int CLONE_NEWNS = 0x20000;
  public static final int CLONE_NEWCGROUP = 0x2000000;
  public static final int CLONE_NEWUTS = 0x4000000;
  public static final int CLONE_NEWIPC = 0x8000000;
  public static final int CLONE_NEWPID = 0x20000000;

  // linux/prctl.h
  static final int PR_SET_DUMPABLE = 4;

  // asm-generic/socket.h, linux/socket.h
  static final int SOL_SOCKET = 1;
  static final int SO_RCVTIMEO = 20;
  static final int SO_SNDTIMEO = 21;
  static final int SO_PEERCRED = 17;
  static final int SO_ACCEPTCONN = 30;
  static final int SCM_RIGHTS = 1;
  static final int SHUT_RDWR = 2;
  static final int SOCK_CLOEXEC = O_CLOEXEC;
  static final int MSG_NOSIGNAL = 0x4000;

  private Constants() {}
}
