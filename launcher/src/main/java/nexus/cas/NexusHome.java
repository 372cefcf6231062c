package nexus.cas;

import static nexus.linux.Constants.LOCK_EX;
import static nexus.linux.Constants.O_CREAT;
import static nexus.linux.Constants.O_DIRECTORY;
import static nexus.linux.Constants.O_NOFOLLOW;
import static nexus.linux.Constants.O_NONBLOCK;
import static nexus.linux.Constants.O_RDONLY;
import static nexus.linux.Constants.O_RDWR;
import static nexus.linux.Constants.RESOLVE_BENEATH;
import static nexus.linux.Constants.RESOLVE_NO_SYMLINKS;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import nexus.linux.DirectoryEntry;
import nexus.linux.Errno;
import nexus.linux.FileCalls;
import nexus.linux.FileType;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.ProcessCalls;
import nexus.linux.Stat;
import nexus.linux.SyscallException;

/**
 * The folder {@code $NEXUS_HOME} with the folders in it, all open. It belongs to its user, who
 * alone can enter it (0700).
 *
 * <p>Handles are opened once; a symbolic link or a stranger's folder in the place of one is
 * refused.
 */
public final class NexusHome implements AutoCloseable {
  private static final LinuxPath LOCK = LinuxPath.of("lock");
  private static final int PRIVATE = 0700;
  private static final int WRITABLE_BY_OTHERS = 0022;

  private final LinuxPath path;
  private final OwnedFd root;
  private final OwnedFd objects;
  private final OwnedFd trees;
  private final OwnedFd maps;
  private final OwnedFd checkouts;
  private final OwnedFd installed;
  private final OwnedFd state;
  private final OwnedFd taints;
  private final OwnedFd quarantine;
  private final OwnedFd stagingDirectory;
  private final Staging staging;

  /** The folders below the root, as they were when they were opened. */
  private final List<Folder> folders = new ArrayList<>();

  /** A folder that is open. */
  private record Folder(LinuxPath name, OwnedFd fd, Stat.FileId id) {}

  private NexusHome(LinuxPath path, OwnedFd root) throws IOException {
    this.path = path;
    this.root = root;
    try {
      openOrMake("cas");
      this.state = openOrMake("state");
      this.objects = openOrMake("cas/objects");
      this.trees = openOrMake("cas/trees");
      this.maps = openOrMake("cas/maps");
      this.checkouts = openOrMake("cas/checkouts");
      this.installed = openOrMake("state/installed");
      this.taints = openOrMake("state/taints");
      this.quarantine = openOrMake("quarantine");
      this.stagingDirectory = openOrMake("staging");
      this.staging = new Staging(stagingDirectory);
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  /**
   * Opens the store, and makes it if there is none.
   *
   * @param path absolute; what lies above its last component may contain symbolic links
   */
  public static NexusHome open(LinuxPath path) throws IOException {
    makeWithParents(path);
    OwnedFd root;
    try {
      root = FileCalls.openat2(OwnedFd.CWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, 0);
    } catch (SyscallException e) {
      if (e.is(Errno.ELOOP, Errno.ENOTDIR)) {
        throw new StoreException.Unsafe(
            path.toString(),
            "is not a directory; if it is a symbolic link, set NEXUS_HOME to where it points");
      }
      throw e;
    }
    try {
      requirePrivate(FileCalls.statx(root), path.toString());
      return new NexusHome(canonical(root), root);
    } catch (IOException e) {
      root.close();
      throw e;
    }
  }

  /** Makes a directory, mode 0700, and the directories above it that are missing. */
  public static void makeWithParents(LinuxPath path) throws SyscallException {
    if (path.length() == 0 || exists(path)) {
      return;
    }
    try {
      make(OwnedFd.CWD, path);
    } catch (SyscallException e) {
      if (!e.is(Errno.ENOENT) || path.parent().length() == 0) {
        throw e;
      }
      makeWithParents(path.parent());
      make(OwnedFd.CWD, path);
    }
  }

  /**
   * Makes a directory, mode 0700, where there is none; somebody else may do so at the same time.
   */
  static void make(OwnedFd dir, LinuxPath path) throws SyscallException {
    try {
      FileCalls.mkdirat(dir, path, PRIVATE);
    } catch (SyscallException e) {
      if (!e.is(Errno.EEXIST)) {
        throw e;
      }
    }
  }

  private static boolean isPrivate(Stat stat) {
    return stat.uid() == ProcessCalls.geteuid() && (stat.permissions() & WRITABLE_BY_OTHERS) == 0;
  }

  private static boolean exists(LinuxPath path) throws SyscallException {
    try {
      FileCalls.statx(OwnedFd.CWD, path);
      return true;
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT)) {
        return false;
      }
      throw e;
    }
  }

  private static LinuxPath canonical(OwnedFd directory) throws SyscallException {
    return FileCalls.readlinkat(OwnedFd.CWD, directory.procPath());
  }

  private OwnedFd openOrMake(String name) throws IOException {
    LinuxPath folder = LinuxPath.of(name);
    make(root, folder);
    OwnedFd directory;
    try {
      directory = openDirectory(root, folder);
    } catch (SyscallException e) {
      if (e.is(Errno.ELOOP, Errno.ENOTDIR)) {
        throw new StoreException.Unsafe(
            root.description() + "/" + name, "is not a directory; move it away and try again");
      }
      throw e;
    }
    Stat stat = FileCalls.statx(directory);
    folders.add(new Folder(folder, directory, stat.id()));
    requirePrivate(stat, root.description() + "/" + name);
    return directory;
  }

  /** What others may write, or made, is theirs to exchange between a check and a use. */
  private static void requirePrivate(Stat stat, String path) throws StoreException {
    if (stat.uid() != ProcessCalls.geteuid()) {
      throw new StoreException.Unsafe(path, "belongs to another user");
    }
    if (!isPrivate(stat)) {
      throw new StoreException.Unsafe(path, "can be written by others; run chmod go-w on it");
    }
  }

  /**
   * Returns whether opening {@code path} again would open the same folders, with nothing to be said
   * against any of them. Whoever keeps a store open for long asks this before each use.
   */
  public boolean isStillAt(LinuxPath path) {
    try {
      Stat open = FileCalls.statx(root);
      if (!FileCalls.statx(OwnedFd.CWD, path).id().equals(open.id())
          || !isPrivate(open)
          || !canonical(root).equals(this.path)) {
        return false;
      }
      for (Folder folder : folders) {
        Stat stat = FileCalls.statx(root, folder.name);
        if (!stat.id().equals(folder.id) || !isPrivate(stat)) {
          return false;
        }
      }
      return true;
    } catch (SyscallException e) {
      // Opening it again will say what is wrong.
      return false;
    }
  }

  /** Opens a directory beneath another, through no symbolic link, for listing and syncing. */
  public static OwnedFd openDirectory(OwnedFd dir, LinuxPath path) throws SyscallException {
    return FileCalls.openat2(
        dir, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
  }

  /**
   * Returns the names in a directory whose handle is shared: threads that list one handle at the
   * same time would share its position, too.
   */
  public static List<DirectoryEntry> list(OwnedFd dir) throws SyscallException {
    try (OwnedFd own = openDirectory(dir, LinuxPath.of("."))) {
      return FileCalls.getdents64(own);
    }
  }

  /** Returns the canonical path, absolute and free of symbolic links. */
  public LinuxPath path() {
    return path;
  }

  /**
   * Waits for the right to change the store, then removes what a writer that died left in the
   * staging folder.
   *
   * @return to be closed by the caller
   */
  public StoreLock lock() throws IOException {
    OwnedFd file =
        FileCalls.openat2(
            state,
            LOCK,
            O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK,
            0600,
            RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
    try {
      if (FileCalls.statx(file).type() != FileType.REGULAR) {
        throw new StoreException.Unsafe(state.description() + "/lock", "is not a regular file");
      }
      FileCalls.flock(file, LOCK_EX);
      staging.empty();
      return new StoreLock(file);
    } catch (IOException e) {
      file.close();
      throw e;
    }
  }

  /**
   * Makes everything durable that was written to the store's file system, with one system call for
   * many files.
   */
  public void sync() throws SyscallException {
    FileCalls.syncfs(root);
  }

  /** Returns the folder for new files. */
  public Staging staging() {
    return staging;
  }

  /** Lends {@code state/installed}. */
  public OwnedFd installed() {
    return installed;
  }

  /** Lends {@code state/taints}. */
  public OwnedFd taints() {
    return taints;
  }

  OwnedFd objects() {
    return objects;
  }

  OwnedFd trees() {
    return trees;
  }

  OwnedFd maps() {
    return maps;
  }

  OwnedFd checkouts() {
    return checkouts;
  }

  OwnedFd quarantine() {
    return quarantine;
  }

  @Override
  public void close() {
    folders.forEach(folder -> folder.fd.close());
    root.close();
  }
}
