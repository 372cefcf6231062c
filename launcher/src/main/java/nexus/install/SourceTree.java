package nexus.install;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import nexus.cas.NexusHome;
import nexus.cas.StoreException;
import nexus.linux.DirectoryEntry;
import nexus.linux.FileCalls;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.Stat;
import nexus.linux.SyscallException;

/**
 * What a directory holds that is to be imported.
 *
 * @param directories paths, each after its parent
 * @param files regular files
 * @param symlinks paths to targets
 */
record SourceTree(
    List<LinuxPath> directories, List<SourceFile> files, Map<LinuxPath, LinuxPath> symlinks) {

  /**
   * A regular file to be imported.
   *
   * @param size in bytes, when the directory was read
   */
  record SourceFile(LinuxPath path, boolean executable, long size) {}

  private static final int SETUID_OR_SETGID = 06000;
  private static final int ANY_EXECUTE = 0111;

  /**
   * Reads the directory, files unopened.
   *
   * @throws StoreException.Refused at the first thing that no app may contain
   */
  static SourceTree read(OwnedFd root) throws StoreException, SyscallException {
    var tree = new SourceTree(new ArrayList<>(), new ArrayList<>(), new HashMap<>());
    Map<Stat.FileId, HardLink> links = new HashMap<>();
    tree.readDirectory(root, LinuxPath.EMPTY, links);
    for (HardLink link : links.values()) {
      if (link.found < link.total) {
        throw new StoreException.Refused(
            link.path,
            "has a hard link outside of the imported directory, through which it could be changed;"
                + " import a copy of the directory (cp -a)");
      }
    }
    return tree;
  }

  /** An inode with several names, of which some are in the tree. */
  private static final class HardLink {
    private final LinuxPath path;
    private final long total;

    // Mutable state
    private long found;

    HardLink(LinuxPath path, long total) {
      this.path = path;
      this.total = total;
    }
  }

  private void readDirectory(OwnedFd directory, LinuxPath path, Map<Stat.FileId, HardLink> links)
      throws StoreException, SyscallException {
    for (DirectoryEntry entry : FileCalls.getdents64(directory)) {
      LinuxPath child = path.resolve(entry.name());
      Stat stat = FileCalls.statx(directory, entry.name());
      switch (stat.type()) {
        case DIRECTORY -> {
          directories.add(child);
          try (OwnedFd opened = NexusHome.openDirectory(directory, entry.name())) {
            readDirectory(opened, child, links);
          }
        }
        case REGULAR -> {
          if ((stat.permissions() & SETUID_OR_SETGID) != 0) {
            throw new StoreException.Refused(
                child, "is setuid or setgid, which an app may not be; run chmod ug-s on it");
          }
          if (stat.links() > 1) {
            links.computeIfAbsent(stat.id(), _ -> new HardLink(child, stat.links())).found++;
          }
          boolean executable = (stat.permissions() & ANY_EXECUTE) != 0;
          files.add(new SourceFile(child, executable, stat.size()));
        }
        case SYMLINK -> symlinks.put(child, FileCalls.readlinkat(directory, entry.name()));
        case FIFO, SOCKET, CHARACTER_DEVICE, BLOCK_DEVICE, UNKNOWN ->
            throw new StoreException.Refused(
                child, "is " + stat.type() + ", which no app can contain; remove it");
      }
    }
  }

  /** Returns the bytes of all files together. */
  long totalBytes() {
    return files.stream().mapToLong(SourceFile::size).sum();
  }
}
