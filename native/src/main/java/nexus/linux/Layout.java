package nexus.linux;

/**
 * Offsets and sizes of the structures that the kernel reads and writes: a class for each, named as
 * in C, with its members in capitals and {@code SIZE}. {@code ConstantsTest} has a C compiler
 * compare every one.
 */
final class Layout {
  /** linux/openat2.h. */
  static final class OpenHow {
    static final int FLAGS = 0;
    static final int MODE = 8;
    static final int RESOLVE = 16;
    static final int SIZE = 24;

    private OpenHow() {}
  }

  /** linux/mount.h. */
  static final class MountAttr {
    static final int ATTR_SET = 0;
    static final int PROPAGATION = 16;
    static final int SIZE = 32;

    private MountAttr() {}
  }

  /** linux/stat.h. */
  static final class Statx {
    static final int STX_NLINK = 16;
    static final int STX_UID = 20;
    static final int STX_GID = 24;
    static final int STX_MODE = 28;
    static final int STX_INO = 32;
    static final int STX_SIZE = 40;
    static final int STX_DEV_MAJOR = 136;
    static final int STX_DEV_MINOR = 140;
    static final int SIZE = 256;

    private Statx() {}
  }

  /** dirent.h; {@code struct linux_dirent64} to the kernel. */
  static final class Dirent64 {
    static final int D_RECLEN = 16;
    static final int D_TYPE = 18;
    static final int D_NAME = 19;

    private Dirent64() {}
  }

  /** time.h. */
  static final class Timespec {
    static final int TV_SEC = 0;
    static final int TV_NSEC = 8;
    static final int SIZE = 16;

    private Timespec() {}
  }

  /** sys/uio.h. */
  static final class Iovec {
    static final int IOV_BASE = 0;
    static final int IOV_LEN = 8;
    static final int SIZE = 16;

    private Iovec() {}
  }

  /** sys/socket.h. */
  static final class Msghdr {
    static final int MSG_IOV = 16;
    static final int MSG_IOVLEN = 24;
    static final int MSG_CONTROL = 32;
    static final int MSG_CONTROLLEN = 40;
    static final int SIZE = 56;

    private Msghdr() {}
  }

  /** sys/socket.h; the descriptors follow at {@code SIZE}. */
  static final class Cmsghdr {
    static final int CMSG_LEN = 0;
    static final int CMSG_LEVEL = 8;
    static final int CMSG_TYPE = 12;
    static final int SIZE = 16;

    private Cmsghdr() {}
  }

  /** sys/socket.h. */
  static final class Ucred {
    static final int UID = 4;
    static final int SIZE = 12;

    private Ucred() {}
  }

  /** sys/un.h. */
  static final class SockaddrUn {
    static final int SUN_FAMILY = 0;
    static final int SUN_PATH = 2;
    static final int SIZE = 110;

    private SockaddrUn() {}
  }

  /** sys/time.h. */
  static final class Timeval {
    static final int TV_SEC = 0;
    static final int TV_USEC = 8;
    static final int SIZE = 16;

    private Timeval() {}
  }

  /** poll.h. */
  static final class Pollfd {
    static final int FD = 0;
    static final int EVENTS = 4;
    static final int REVENTS = 6;
    static final int SIZE = 8;

    private Pollfd() {}
  }

  private Layout() {}
}
