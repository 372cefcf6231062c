package nexus.linux;

import static nexus.linux.LibC.check;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import nexus.linux.Layout.MountAttr;

/**
 * The system calls on mounts. They act in the mount namespace of the calling <em>thread</em>, which
 * {@link ProcessCalls#unshare} gives it, and want CAP_SYS_ADMIN in the user namespace that owns it.
 */
public final class MountCalls {
  private MountCalls() {}

  /**
   * {@code int mount(const char *source, const char *target, const char *type, unsigned long flags,
   * const void *data)}, mount(2).
   */
  public static void mount(String source, LinuxPath target, String type, long flags, String data)
      throws SyscallException {
    check(
        "mount",
        () ->
            "\""
                + source
                + "\", \""
                + target
                + "\", \""
                + type
                + "\", 0x"
                + Long.toHexString(flags)
                + ", \""
                + data
                + "\"",
        () ->
            LibC.mount(
                terminated(source),
                target.terminated(),
                terminated(type),
                flags,
                terminated(data)));
  }

  /** {@code int umount2(const char *target, int flags)}, umount2(2). */
  public static void umount2(LinuxPath target, int flags) throws SyscallException {
    check(
        "umount2",
        () -> "\"" + target + "\", " + flags,
        () -> LibC.umount2(target.terminated(), flags));
  }

  /**
   * {@code int fsopen(const char *fsname, unsigned flags)}, fsopen(2), Linux 5.2: a file system to
   * be configured and then mounted.
   */
  public static OwnedFd fsopen(String type) throws SyscallException {
    long fd =
        check(
            "fsopen",
            () -> "\"" + type + "\"",
            () -> LibC.syscall(Constants.SYS_FSOPEN, terminated(type), Constants.FSOPEN_CLOEXEC));
    return new OwnedFd((int) fd, "new " + type);
  }

  /**
   * {@code int fsconfig(int fd, FSCONFIG_SET_STRING, const char *key, const char *value, 0)},
   * fsconfig(2), Linux 5.2.
   */
  public static void fsconfigSetString(OwnedFd fs, String key, String value)
      throws SyscallException {
    check(
        "fsconfig",
        () -> fs + ", FSCONFIG_SET_STRING, \"" + key + "\", \"" + value + "\"",
        () ->
            LibC.syscall(
                Constants.SYS_FSCONFIG,
                fs.value(),
                Constants.FSCONFIG_SET_STRING,
                terminated(key),
                terminated(value),
                0));
  }

  /**
   * {@code int fsconfig(int fd, FSCONFIG_CMD_CREATE, NULL, NULL, 0)}, fsconfig(2), Linux 5.2: makes
   * the file system as it was configured.
   */
  public static void fsconfigCreate(OwnedFd fs) throws SyscallException {
    check(
        "fsconfig",
        () -> fs + ", FSCONFIG_CMD_CREATE",
        () ->
            LibC.syscall(
                Constants.SYS_FSCONFIG, fs.value(), Constants.FSCONFIG_CMD_CREATE, null, null, 0));
  }

  /**
   * {@code int fsmount(int fd, unsigned flags, unsigned attr_flags)}, fsmount(2), Linux 5.2: a
   * detached mount of the file system that was made, which closing the descriptor unmounts unless
   * it was attached.
   *
   * @param attributes {@code MOUNT_ATTR_*}
   */
  public static OwnedFd fsmount(OwnedFd fs, int attributes) throws SyscallException {
    long fd =
        check(
            "fsmount",
            () -> fs + ", 0x" + Integer.toHexString(attributes),
            () ->
                LibC.syscall(
                    Constants.SYS_FSMOUNT, fs.value(), Constants.FSMOUNT_CLOEXEC, attributes));
    return new OwnedFd((int) fd, () -> "mount of " + fs);
  }

  /**
   * {@code int open_tree(int dirfd, const char *path, unsigned flags)}, open_tree(2), Linux 5.2.
   * With {@code OPEN_TREE_CLONE} a detached copy of the mount at the path, that closing the
   * descriptor unmounts unless it was attached.
   */
  public static OwnedFd openTree(OwnedFd dir, LinuxPath path, int flags) throws SyscallException {
    int all = flags | Constants.OPEN_TREE_CLOEXEC;
    long fd =
        check(
            "open_tree",
            () -> dir + ", \"" + path + "\", 0x" + Integer.toHexString(all),
            () -> LibC.syscall(Constants.SYS_OPEN_TREE, dir.value(), path.terminated(), all));
    return new OwnedFd((int) fd, () -> "tree " + dir.describe(path));
  }

  /**
   * {@code int move_mount(int from_dirfd, const char *from_path, int to_dirfd, const char *to_path,
   * unsigned flags)}, move_mount(2), Linux 5.2: attaches {@code mount} on what {@code target} has
   * open.
   */
  public static void moveMount(OwnedFd mount, OwnedFd target) throws SyscallException {
    moveMount(mount, target, LinuxPath.EMPTY, Constants.MOVE_MOUNT_T_EMPTY_PATH);
  }

  /**
   * {@link #moveMount(OwnedFd, OwnedFd)} on what a path leads to; a symbolic link at its end is not
   * followed.
   */
  public static void moveMount(OwnedFd mount, OwnedFd dir, LinuxPath path) throws SyscallException {
    moveMount(mount, dir, path, 0);
  }

  private static void moveMount(OwnedFd mount, OwnedFd dir, LinuxPath path, int flags)
      throws SyscallException {
    check(
        "move_mount",
        () -> mount + ", \"\", " + dir + ", \"" + path + "\"",
        () ->
            LibC.syscall(
                Constants.SYS_MOVE_MOUNT,
                mount.value(),
                LinuxPath.EMPTY.terminated(),
                dir.value(),
                path.terminated(),
                Constants.MOVE_MOUNT_F_EMPTY_PATH | flags));
  }

  /**
   * {@code int mount_setattr(int dirfd, const char *path, unsigned flags, struct mount_attr *attr,
   * size_t size)}, mount_setattr(2), Linux 5.12, of the mount that {@code mount} has open.
   *
   * @param flags {@code AT_RECURSIVE} or 0
   * @param set {@code MOUNT_ATTR_*} to switch on
   * @param propagation {@code MS_SLAVE} and the like, 0 to leave it
   */
  public static void mountSetattr(OwnedFd mount, int flags, long set, long propagation)
      throws SyscallException {
    byte[] attr =
        ByteBuffer.allocate(MountAttr.SIZE)
            .order(ByteOrder.nativeOrder())
            .putLong(MountAttr.ATTR_SET, set)
            .putLong(MountAttr.PROPAGATION, propagation)
            .array();
    check(
        "mount_setattr",
        () -> mount + ", 0x" + Integer.toHexString(flags) + ", 0x" + Long.toHexString(set),
        () ->
            LibC.syscall(
                Constants.SYS_MOUNT_SETATTR,
                mount.value(),
                LinuxPath.EMPTY.terminated(),
                flags | Constants.AT_EMPTY_PATH,
                attr,
                attr.length));
  }

  /** {@code int pivot_root(const char *new_root, const char *put_old)}, pivot_root(2). */
  public static void pivotRoot(LinuxPath newRoot, LinuxPath putOld) throws SyscallException {
    check(
        "pivot_root",
        () -> "\"" + newRoot + "\", \"" + putOld + "\"",
        () -> LibC.syscall(Constants.SYS_PIVOT_ROOT, newRoot.terminated(), putOld.terminated()));
  }

  private static byte[] terminated(String text) {
    return LinuxPath.of(text).terminated();
  }
}
