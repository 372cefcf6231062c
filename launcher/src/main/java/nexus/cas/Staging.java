package nexus.cas;

import static nexus.linux.Constants.AT_REMOVEDIR;
import static nexus.linux.Constants.O_CREAT;
import static nexus.linux.Constants.O_EXCL;
import static nexus.linux.Constants.O_RDWR;
import static nexus.linux.Constants.RENAME_NOREPLACE;
import static nexus.linux.Constants.RESOLVE_BENEATH;
import static nexus.linux.Constants.RESOLVE_NO_SYMLINKS;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import nexus.linux.DirectoryEntry;
import nexus.linux.Errno;
import nexus.linux.FileCalls;
import nexus.linux.FileType;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.Stat;
import nexus.linux.SyscallException;

/**
 * The private folder in which everything is written before it gets its name by a rename. Whoever
 * writes holds the {@link StoreLock}; so what lies here when the lock is taken was left by somebody
 * who died, and is removed.
 */
public final class Staging {
  private final OwnedFd directory;
  private final AtomicLong next = new AtomicLong();

  Staging(OwnedFd directory) {
    this.directory = directory;
  }

  /**
   * A new file, owned by whoever asked for it. Closing it removes it, unless it was renamed to its
   * place.
   */
  public final class StagedFile implements AutoCloseable {
    private final LinuxPath name;
    private final OwnedFd fd;

    // Mutable state
    private boolean placed;

    private StagedFile(LinuxPath name, OwnedFd fd) {
      this.name = name;
      this.fd = fd;
    }

    /** Lends the handle, open for reading and writing. */
    public OwnedFd fd() {
      return fd;
    }

    /** Writes the first {@code length} bytes of the buffer at {@code offset}. */
    public void write(byte[] buffer, int length, long offset) throws SyscallException {
      ByteBuffer direct = FileSource.BUFFER.get();
      int written = 0;
      while (written < length) {
        direct.clear();
        direct.put(buffer, written, Math.min(direct.capacity(), length - written)).flip();
        while (direct.hasRemaining()) {
          written += FileCalls.pwrite(fd, direct, offset + written);
        }
      }
    }

    /**
     * Gives the file its mode, and the fixed modification time of the store, so that copies of one
     * object look alike.
     *
     * @param permissions such as 0444
     */
    public void finish(int permissions) throws SyscallException {
      FileCalls.fchmod(fd, permissions);
      FileCalls.utimensat(fd, LinuxPath.EMPTY, ObjectStore.MODIFIED);
    }

    /** Closes the handle only: of many files, the finished ones wait for their names unopened. */
    public void closeHandle() {
      fd.close();
    }

    /** Makes the content durable; then {@link #rename} gives a name to complete content only. */
    public void sync() throws SyscallException {
      FileCalls.fsync(fd);
    }

    /** Renames the file to its place, over what is there. */
    public void rename(OwnedFd to, LinuxPath path) throws SyscallException {
      FileCalls.renameat2(directory, name, to, path, 0);
      placed = true;
    }

    @Override
    public void close() throws SyscallException {
      fd.close();
      if (!placed) {
        FileCalls.unlinkat(directory, name, 0);
        placed = true;
      }
    }
  }

  /** Makes an empty file, mode 0600. */
  public StagedFile createFile() throws SyscallException {
    LinuxPath name = newName();
    return new StagedFile(
        name,
        FileCalls.openat2(
            directory,
            name,
            O_RDWR | O_CREAT | O_EXCL,
            0600,
            RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS));
  }

  /** Returns a name that nothing in this folder has. */
  public LinuxPath newName() {
    return LinuxPath.of(ProcessHandle.current().pid() + "-" + next.getAndIncrement());
  }

  /** Lends the folder's handle. */
  public OwnedFd directory() {
    return directory;
  }

  /** Writes bytes durably to {@code path}, over what is there: all of them or none. */
  public void replace(OwnedFd to, LinuxPath path, byte[] bytes) throws SyscallException {
    try (StagedFile file = createFile()) {
      file.write(bytes, bytes.length, 0);
      file.sync();
      file.rename(to, path);
      FileCalls.fsync(to);
    }
  }

  /** Removes whatever lies here; the caller holds the {@link StoreLock}. */
  public void empty() throws SyscallException {
    for (DirectoryEntry entry : NexusHome.list(directory)) {
      remove(directory, entry.name());
    }
  }

  /**
   * Removes a file, or a directory with all that is in it; symbolic links are removed and not
   * followed. Directories in it are first moved up: however deep somebody has nested them, one
   * handle is open at a time and no call recurses.
   */
  public static void remove(OwnedFd dir, LinuxPath name) throws SyscallException {
    Stat stat = FileCalls.statx(dir, name);
    if (stat.type() != FileType.DIRECTORY) {
      FileCalls.unlinkat(dir, name, 0);
      return;
    }
    var pending = new ArrayDeque<LinuxPath>(List.of(name));
    var moves = new AtomicInteger();
    while (!pending.isEmpty()) {
      LinuxPath next = pending.pop();
      Quarantine.makeAccessible(dir, next);
      try (OwnedFd child = NexusHome.openDirectory(dir, next)) {
        for (DirectoryEntry entry : FileCalls.getdents64(child)) {
          if (FileCalls.statx(child, entry.name()).type() == FileType.DIRECTORY) {
            Quarantine.makeAccessible(child, entry.name());
            pending.push(moveUp(child, entry.name(), dir, moves));
          } else {
            FileCalls.unlinkat(child, entry.name(), 0);
          }
        }
      }
      FileCalls.unlinkat(dir, next, AT_REMOVEDIR);
    }
  }

  private static LinuxPath moveUp(OwnedFd from, LinuxPath name, OwnedFd to, AtomicInteger moves)
      throws SyscallException {
    while (true) {
      LinuxPath moved = LinuxPath.of(".removed-" + moves.getAndIncrement());
      try {
        FileCalls.renameat2(from, name, to, moved, RENAME_NOREPLACE);
        return moved;
      } catch (SyscallException e) {
        if (!e.is(Errno.EEXIST)) {
          throw e;
        }
      }
    }
  }
}
