package nexus.heal;

import java.io.IOException;
import nexus.cas.NexusHome;
import nexus.cas.Quarantine;
import nexus.linux.Errno;
import nexus.linux.FileCalls;
import nexus.linux.FileType;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.Stat;
import nexus.linux.SyscallException;
import org.jspecify.annotations.Nullable;

/** Makes room at a path {@code ab/…} of the store for a file that is renamed to it. */
final class ObjectPlace {
  private static final int FOLDER_PERMISSIONS = 0700;

  private ObjectPlace() {}

  /**
   * Makes sure that the folder is one and that a rename to the path can succeed: what is there and
   * is no regular file goes to quarantine. A regular file is kept there by a second name, and stays
   * at its place until the rename.
   *
   * @param keep whether a regular file is worth keeping
   * @return what regular file is there
   */
  static @Nullable Stat prepare(
      OwnedFd dir, LinuxPath path, boolean keep, String label, Quarantine quarantine)
      throws IOException {
    quarantine.takeUnless(FileType.DIRECTORY, dir, path.parent(), label);
    try {
      FileCalls.mkdirat(dir, path.parent(), FOLDER_PERMISSIONS);
    } catch (SyscallException e) {
      if (!e.is(Errno.EEXIST)) {
        throw e;
      }
    }
    Quarantine.setPermissions(dir, path.parent(), FOLDER_PERMISSIONS);
    quarantine.takeUnless(FileType.REGULAR, dir, path, label);
    Stat stat;
    try {
      stat = FileCalls.statx(dir, path);
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT)) {
        return null;
      }
      throw e;
    }
    if (keep) {
      quarantine.keep(dir, path, label);
    }
    return stat;
  }

  /** Makes the rename to a path durable. */
  static void sync(OwnedFd dir, LinuxPath path) throws SyscallException {
    try (OwnedFd folder = NexusHome.openDirectory(dir, path.parent())) {
      FileCalls.fsync(folder);
    }
  }
}
