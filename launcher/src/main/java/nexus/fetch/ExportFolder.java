package nexus.fetch;

import static nexus.linux.Constants.LOCK_EX;
import static nexus.linux.Constants.O_CREAT;
import static nexus.linux.Constants.O_DIRECTORY;
import static nexus.linux.Constants.O_EXCL;
import static nexus.linux.Constants.O_RDONLY;
import static nexus.linux.Constants.O_RDWR;
import static nexus.linux.Constants.RESOLVE_BENEATH;
import static nexus.linux.Constants.RESOLVE_NO_SYMLINKS;

import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;
import nexus.cas.NexusHome;
import nexus.linux.DirectoryEntry;
import nexus.linux.Errno;
import nexus.linux.FileCalls;
import nexus.linux.FileType;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.Stat;
import nexus.linux.SyscallException;
import nexus.merkle.Digest;

/**
 * The folder that a mirror is written to, locked against another exporter. A file has a name in it
 * only when it is whole and on disk; what an exporter that died left half-written is removed when
 * the folder is opened.
 */
final class ExportFolder implements AutoCloseable {
  private static final String PARTIAL = ".partial-";
  private static final int FILE_PERMISSIONS = 0644;
  private static final int FOLDER_PERMISSIONS = 0755;

  private final OwnedFd root;

  // Mutable state
  private final Set<String> foldersMade = new HashSet<>();
  private int partials;

  private ExportFolder(OwnedFd root) {
    this.root = root;
  }

  /** Opens a folder, and makes it if its parent exists. */
  static ExportFolder open(LinuxPath path) throws SyscallException {
    makeFolder(OwnedFd.CWD, path);
    OwnedFd root = FileCalls.openat2(OwnedFd.CWD, path, O_RDONLY | O_DIRECTORY, 0, 0);
    try {
      FileCalls.flock(root, LOCK_EX);
      for (DirectoryEntry entry : FileCalls.getdents64(root)) {
        if (entry.name().toString().startsWith(PARTIAL)) {
          FileCalls.unlinkat(root, entry.name(), 0);
        }
      }
      return new ExportFolder(root);
    } catch (SyscallException e) {
      root.close();
      throw e;
    }
  }

  private static void makeFolder(OwnedFd dir, LinuxPath path) throws SyscallException {
    try {
      FileCalls.mkdirat(dir, path, FOLDER_PERMISSIONS);
    } catch (SyscallException e) {
      if (e.is(Errno.EEXIST)) {
        // Its permissions are its owner's business.
        return;
      }
      throw e;
    }
    // mkdir(2) took the umask away, and a web server is another user.
    try (OwnedFd made = FileCalls.openat2(dir, path, O_RDONLY | O_DIRECTORY, 0, 0)) {
      FileCalls.fchmod(made, FOLDER_PERMISSIONS);
    }
  }

  /** Returns whether the mirror has a file of this size. */
  boolean has(String kind, Digest digest, long size) throws SyscallException {
    try {
      Stat stat = FileCalls.statx(root, LinuxPath.of(MirrorLayout.path(kind, digest)));
      return stat.type() == FileType.REGULAR && stat.size() == size;
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT)) {
        return false;
      }
      throw e;
    }
  }

  /**
   * A file that has no name of a mirror's file yet. Closing it removes it, unless it was placed.
   */
  final class Partial implements AutoCloseable {
    private final LinuxPath name = LinuxPath.of(PARTIAL + partials++);
    private final OwnedFd fd;

    // Mutable state
    private boolean placed;

    private Partial() throws SyscallException {
      fd =
          FileCalls.openat2(
              root, name, O_RDWR | O_CREAT | O_EXCL, 0600, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
    }

    /** Writes what remains of the direct buffer at {@code offset}. */
    void write(ByteBuffer direct, long offset) throws SyscallException {
      for (long at = offset; direct.hasRemaining(); ) {
        at += FileCalls.pwrite(fd, direct, at);
      }
    }

    /** Gives the file its name. */
    void place(String kind, Digest digest) throws SyscallException {
      FileCalls.fchmod(fd, FILE_PERMISSIONS);
      FileCalls.fsync(fd);
      LinuxPath path = LinuxPath.of(MirrorLayout.path(kind, digest));
      for (LinuxPath folder : new LinuxPath[] {LinuxPath.of(kind), path.parent()}) {
        if (foldersMade.add(folder.toString())) {
          makeFolder(root, folder);
        }
      }
      try (OwnedFd folder = NexusHome.openDirectory(root, path.parent())) {
        FileCalls.renameat2(root, name, folder, path.name(), 0);
      }
      placed = true;
    }

    @Override
    public void close() throws SyscallException {
      fd.close();
      if (!placed) {
        FileCalls.unlinkat(root, name, 0);
      }
    }
  }

  /** Makes an empty file. */
  Partial create() throws SyscallException {
    return new Partial();
  }

  /** Writes a small file, unless there is one. */
  boolean put(String kind, Digest digest, byte[] bytes) throws SyscallException {
    if (has(kind, digest, bytes.length)) {
      return false;
    }
    try (Partial partial = create()) {
      partial.write(ByteBuffer.allocateDirect(bytes.length).put(bytes).flip(), 0);
      partial.place(kind, digest);
    }
    return true;
  }

  /** Makes the names durable. */
  void sync() throws SyscallException {
    FileCalls.syncfs(root);
  }

  @Override
  public void close() {
    root.close();
  }
}
