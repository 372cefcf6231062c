package nexus.cas;

import static nexus.linux.Constants.O_NOFOLLOW;
import static nexus.linux.Constants.O_NONBLOCK;
import static nexus.linux.Constants.O_RDONLY;
import static nexus.linux.Constants.RESOLVE_BENEATH;
import static nexus.linux.Constants.RESOLVE_NO_SYMLINKS;

import java.nio.ByteBuffer;
import nexus.linux.Errno;
import nexus.linux.FileCalls;
import nexus.linux.FileType;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.Stat;
import nexus.linux.SyscallException;

/**
 * The one way in which files below {@code $NEXUS_HOME} are read: opened once, beneath a directory,
 * through no symbolic link, without waiting for a fifo's writer; then checked on the handle; then
 * read from that handle.
 */
public final class Gate {
  private Gate() {}

  /**
   * A regular file that was opened.
   *
   * @param fd owned by whoever has this
   * @param stat of the handle, at the time of opening
   */
  public record Opened(OwnedFd fd, Stat stat) implements AutoCloseable {
    @Override
    public void close() {
      fd.close();
    }
  }

  /**
   * Opens a regular file for reading.
   *
   * @throws StoreException.Missing if there is nothing at the path
   * @throws StoreException.Unsafe if what is there is no regular file, or a symbolic link is on the
   *     way
   */
  public static Opened open(OwnedFd dir, LinuxPath path) throws StoreException, SyscallException {
    OwnedFd fd;
    try {
      fd =
          FileCalls.openat2(
              dir,
              path,
              O_RDONLY | O_NOFOLLOW | O_NONBLOCK,
              0,
              RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT)) {
        throw new StoreException.Missing(describe(dir, path));
      }
      if (e.is(Errno.ELOOP, Errno.ENXIO, Errno.ENODEV, Errno.ENOTDIR)) {
        throw new StoreException.Unsafe(describe(dir, path), "is not a regular file");
      }
      throw e;
    }
    try {
      Stat stat = FileCalls.statx(fd);
      if (stat.type() != FileType.REGULAR) {
        throw new StoreException.Unsafe(
            describe(dir, path), "is " + stat.type() + ", expected a regular file");
      }
      return new Opened(fd, stat);
    } catch (StoreException | SyscallException e) {
      fd.close();
      throw e;
    }
  }

  /**
   * Returns the whole content of a regular file.
   *
   * @param maxBytes of the file; more is refused before anything is allocated
   */
  public static byte[] read(OwnedFd dir, LinuxPath path, int maxBytes)
      throws StoreException, SyscallException {
    try (Opened file = open(dir, path)) {
      long size = file.stat.size();
      if (size > maxBytes) {
        throw new StoreException.Malformed(
            describe(dir, path), "has " + size + " bytes, more than the " + maxBytes + " allowed");
      }
      ByteBuffer buffer = ByteBuffer.allocateDirect((int) size);
      while (buffer.hasRemaining()) {
        if (FileCalls.pread(file.fd, buffer, buffer.position()) == 0) {
          throw new StoreException.Malformed(describe(dir, path), "was truncated while being read");
        }
      }
      byte[] bytes = new byte[(int) size];
      buffer.flip().get(bytes);
      return bytes;
    }
  }

  private static String describe(OwnedFd dir, LinuxPath path) {
    return dir.description() + "/" + path;
  }
}
