package nexus.run;

import static nexus.linux.Constants.AT_EMPTY_PATH;
import static nexus.linux.Constants.AT_RECURSIVE;
import static nexus.linux.Constants.AT_SYMLINK_NOFOLLOW;
import static nexus.linux.Constants.MNT_DETACH;
import static nexus.linux.Constants.MOUNT_ATTR_NODEV;
import static nexus.linux.Constants.MOUNT_ATTR_NOEXEC;
import static nexus.linux.Constants.MOUNT_ATTR_NOSUID;
import static nexus.linux.Constants.MOUNT_ATTR_RDONLY;
import static nexus.linux.Constants.OPEN_TREE_CLONE;
import static nexus.linux.Constants.O_CREAT;
import static nexus.linux.Constants.O_EXCL;
import static nexus.linux.Constants.O_PATH;
import static nexus.linux.Constants.O_RDONLY;
import static nexus.linux.Constants.O_WRONLY;
import static nexus.linux.Constants.RESOLVE_BENEATH;
import static nexus.linux.Constants.RESOLVE_NO_SYMLINKS;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import nexus.linux.Errno;
import nexus.linux.FileCalls;
import nexus.linux.FileType;
import nexus.linux.LinuxPath;
import nexus.linux.MountCalls;
import nexus.linux.OwnedFd;
import nexus.linux.ProcessCalls;
import nexus.linux.SyscallException;
import nexus.policy.MountAttribute;
import nexus.policy.PlanPath;
import nexus.policy.Step;
import org.jspecify.annotations.Nullable;

/**
 * The root file system of an app while it is built, in the mount namespace of the calling thread.
 *
 * <p>It is mounted on top of the host's root directory. A look-up that starts in the host's root
 * does not climb onto what covers it, so that the host's tree stays within reach through its
 * descriptor until {@link #enter} lets go of it. Every path is walked from one of the two roots in
 * one openat2(2) that refuses symbolic links, and what was opened is what is mounted: nobody can
 * exchange it in between.
 */
final class NewRoot implements AutoCloseable {
  private static final LinuxPath HERE = LinuxPath.of(".");
  private static final LinuxPath MASK = LinuxPath.of(".mask");
  private static final int COPY_BUFFER = 1 << 18;
  private static final int OWN = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;

  /** The host's root directory, lent. */
  private final OwnedFd host;

  /** What {@link Step.Copy} copies, lent. */
  private final OwnedFd program;

  // Mutable state
  /** The tmpfs mounts of the plan by where they are. */
  private final Map<PlanPath, OwnedFd> mounts = new HashMap<>();

  NewRoot(OwnedFd host, OwnedFd program) {
    this.host = host;
    this.program = program;
  }

  /** What is done to a name in a folder. */
  @FunctionalInterface
  private interface Making {
    void make(OwnedFd folder, LinuxPath name) throws SyscallException;
  }

  void carryOut(Step step) throws SyscallException {
    switch (step) {
      case Step.Tmpfs(PlanPath path, int mode) -> mountTmpfs(path, mode);
      case Step.Directory(PlanPath path) ->
          make(path, (folder, name) -> FileCalls.mkdirat(folder, name, 0755));
      case Step.File(PlanPath path) -> make(path, NewRoot::makeFile);
      case Step.Copy(PlanPath path) -> make(path, this::makeCopy);
      case Step.Symlink(PlanPath path, PlanPath text) ->
          make(
              path,
              (folder, name) -> FileCalls.symlinkat(LinuxPath.of(text.bytes()), folder, name));
      case Step.Bind bind -> bind(bind);
      case Step.Pin(PlanPath path) -> pin(path);
      case Step.Mask(PlanPath path) -> mask(path);
      case Step.Seal(PlanPath path) ->
          MountCalls.mountSetattr(tmpfs(path), 0, MOUNT_ATTR_RDONLY, 0);
    }
  }

  private void make(PlanPath path, Making making) throws SyscallException {
    OwnedFd mount = mounts.get(path.parent());
    if (mount != null) {
      making.make(mount, name(path));
      return;
    }
    try (OwnedFd parent = open(path.parent())) {
      making.make(parent, name(path));
    }
  }

  private void makeCopy(OwnedFd folder, LinuxPath name) throws SyscallException {
    try (OwnedFd file =
        FileCalls.openat2(folder, name, O_CREAT | O_EXCL | O_WRONLY, 0700, RESOLVE_BENEATH)) {
      copyProgram(file);
      FileCalls.fchmod(file, 0555);
    }
  }

  private void mountTmpfs(PlanPath path, int mode) throws SyscallException {
    OwnedFd mount = newTmpfs(mode, OWN);
    mounts.put(path, mount);
    if (path.isRoot()) {
      MountCalls.moveMount(mount, host);
    } else {
      try (OwnedFd target = open(path)) {
        MountCalls.moveMount(mount, target);
      }
    }
  }

  private void bind(Step.Bind bind) throws SyscallException {
    int recursive = bind.recursive() ? AT_RECURSIVE : 0;
    try (OwnedFd tree = copyOfHost(bind.source(), recursive)) {
      // Before it is attached: nobody ever sees the mount without its attributes.
      MountCalls.mountSetattr(tree, recursive, bits(bind.attributes()), 0);
      OwnedFd mount = mounts.get(bind.path().parent());
      if (mount != null) {
        // A name in a tmpfs that nobody but us has reached yet is what we made there.
        MountCalls.moveMount(tree, mount, name(bind.path()));
        return;
      }
      try (OwnedFd target = open(bind.path())) {
        MountCalls.moveMount(tree, target);
      }
    }
  }

  /** Returns a mount, not attached, of a path of the host. */
  private OwnedFd copyOfHost(PlanPath path, int recursive) throws SyscallException {
    if (!path.isRoot() && path.parent().isRoot()) {
      // One name without a symbolic link: it takes no openat2(2) to walk that.
      return MountCalls.openTree(
          host, name(path), OPEN_TREE_CLONE | AT_SYMLINK_NOFOLLOW | recursive);
    }
    try (OwnedFd source = open(host, path)) {
      return copy(source, recursive);
    }
  }

  /** Returns a mount, not attached, of what the descriptor has open. */
  private static OwnedFd copy(OwnedFd source, int recursive) throws SyscallException {
    return MountCalls.openTree(
        source, LinuxPath.EMPTY, OPEN_TREE_CLONE | AT_EMPTY_PATH | recursive);
  }

  private void pin(PlanPath path) throws SyscallException {
    try (OwnedFd target = reach(path)) {
      if (target != null) {
        try (OwnedFd copy = copy(target, AT_RECURSIVE)) {
          MountCalls.moveMount(copy, target);
        }
      }
    }
  }

  private void mask(PlanPath path) throws SyscallException {
    try (OwnedFd target = reach(path)) {
      if (target == null) {
        return;
      }
      int attributes = OWN | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY;
      if (FileCalls.statx(target).type() == FileType.DIRECTORY) {
        try (OwnedFd mount = newTmpfs(0755, attributes)) {
          MountCalls.moveMount(mount, target);
        }
      } else {
        coverWithEmptyFile(target, attributes);
      }
    }
  }

  private void coverWithEmptyFile(OwnedFd target, int attributes) throws SyscallException {
    OwnedFd root = tmpfs(PlanPath.ROOT);
    makeFile(root, MASK);
    try (OwnedFd empty = MountCalls.openTree(root, MASK, OPEN_TREE_CLONE)) {
      MountCalls.mountSetattr(empty, 0, attributes, 0);
      MountCalls.moveMount(empty, target);
    } finally {
      // Not earlier: move_mount(2) refuses a file without a name (ENOENT).
      FileCalls.unlinkat(root, MASK, 0);
    }
  }

  private static OwnedFd newTmpfs(int mode, int attributes) throws SyscallException {
    try (OwnedFd fs = MountCalls.fsopen("tmpfs")) {
      MountCalls.fsconfigSetString(fs, "mode", Integer.toOctalString(mode));
      MountCalls.fsconfigCreate(fs);
      return MountCalls.fsmount(fs, attributes);
    }
  }

  private static void makeFile(OwnedFd parent, LinuxPath name) throws SyscallException {
    FileCalls.openat2(parent, name, O_CREAT | O_EXCL | O_RDONLY, 0444, RESOLVE_BENEATH).close();
  }

  private void copyProgram(OwnedFd target) throws SyscallException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(COPY_BUFFER);
    long offset = 0;
    while (FileCalls.pread(program, buffer.clear(), offset) > 0) {
      buffer.flip();
      while (buffer.hasRemaining()) {
        offset += FileCalls.pwrite(target, buffer, offset);
      }
    }
  }

  /** Changes the root of the thread to the new tree and lets go of the host's. */
  void enter() throws SyscallException {
    ProcessCalls.fchdir(tmpfs(PlanPath.ROOT));
    // pivot_root(2), "pivot_root(".", ".")": the old root ends up on top of the new one, and is
    // what "." is then unmounted from. No directory has to be made for it.
    MountCalls.pivotRoot(HERE, HERE);
    MountCalls.umount2(HERE, MNT_DETACH);
  }

  /** Gives away the descriptor of the new root directory. */
  OwnedFd release() {
    OwnedFd root = tmpfs(PlanPath.ROOT);
    mounts.remove(PlanPath.ROOT);
    return root;
  }

  private OwnedFd tmpfs(PlanPath path) {
    OwnedFd mount = mounts.get(path);
    if (mount == null) {
      throw new IllegalStateException("no tmpfs was mounted on " + path);
    }
    return mount;
  }

  /** Opens the path, or returns null if no process of this user without privileges can. */
  private @Nullable OwnedFd reach(PlanPath path) throws SyscallException {
    try {
      return open(path);
    } catch (SyscallException e) {
      if (e.is(Errno.EACCES) && isClosedByAnother(path)) {
        return null;
      }
      throw e;
    }
  }

  /**
   * Returns whether the folder that does not let us through belongs to somebody else. One of our
   * own could be opened again by the app, with chmod(2).
   */
  private boolean isClosedByAnother(PlanPath path) throws SyscallException {
    int self = FileCalls.statx(tmpfs(PlanPath.ROOT)).uid();
    int owner = self;
    for (PlanPath onTheWay : path.descent()) {
      try (OwnedFd folder = open(onTheWay)) {
        owner = FileCalls.statx(folder).uid();
      } catch (SyscallException e) {
        if (e.is(Errno.EACCES)) {
          return owner != self;
        }
        throw e;
      }
    }
    return false;
  }

  private OwnedFd open(PlanPath path) throws SyscallException {
    return open(tmpfs(PlanPath.ROOT), path);
  }

  private static OwnedFd open(OwnedFd root, PlanPath path) throws SyscallException {
    LinuxPath relative = LinuxPath.of(path.below(PlanPath.ROOT).bytes());
    // Without O_NOFOLLOW: with it and O_PATH, a symbolic link at the end would be opened itself
    // instead of being refused.
    return FileCalls.openat2(
        root, path.isRoot() ? HERE : relative, O_PATH, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
  }

  private static LinuxPath name(PlanPath path) {
    return LinuxPath.of(path.below(path.parent()).bytes());
  }

  private static long bits(Set<MountAttribute> attributes) {
    long bits = 0;
    for (MountAttribute attribute : attributes) {
      bits |=
          switch (attribute) {
            case READ_ONLY -> MOUNT_ATTR_RDONLY;
            case NO_SUID -> MOUNT_ATTR_NOSUID;
            case NO_DEVICES -> MOUNT_ATTR_NODEV;
            case NO_EXEC -> MOUNT_ATTR_NOEXEC;
          };
    }
    return bits;
  }

  @Override
  public void close() {
    mounts.values().forEach(OwnedFd::close);
  }
}
