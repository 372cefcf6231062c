package nexus.run;

import static nexus.linux.Constants.O_DIRECTORY;
import static nexus.linux.Constants.O_RDONLY;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import nexus.linux.DirectoryEntry;
import nexus.linux.FileCalls;
import nexus.linux.FileType;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.SyscallException;
import nexus.policy.HostFacts.RootEntry;
import nexus.policy.PlanPath;

/** What is in the host's root directory. */
final class HostRoot {
  private HostRoot() {}

  /**
   * Returns the directories, regular files and symbolic links of {@code /}, sorted. Other kinds are
   * left out: a socket or device there is not part of any program's expectations.
   */
  static List<RootEntry> entries() throws SyscallException {
    var entries = new ArrayList<RootEntry>();
    try (OwnedFd root =
        FileCalls.openat2(OwnedFd.CWD, LinuxPath.of("/"), O_RDONLY | O_DIRECTORY, 0, 0)) {
      for (DirectoryEntry entry : FileCalls.getdents64(root)) {
        LinuxPath name = entry.name();
        PlanPath path = PlanPath.ROOT.resolve(PlanPath.of(name.bytes()));
        // A directory stays one whatever is mounted on it, and asking further would set off an
        // automount. A file may be covered by another kind.
        FileType type =
            entry.type() == FileType.DIRECTORY ? entry.type() : FileCalls.statx(root, name).type();
        if (type == FileType.DIRECTORY) {
          entries.add(new RootEntry.Directory(path));
        } else if (type == FileType.REGULAR) {
          entries.add(new RootEntry.File(path));
        } else if (type == FileType.SYMLINK) {
          PlanPath text = PlanPath.of(FileCalls.readlinkat(root, name).bytes());
          entries.add(new RootEntry.Link(path, text));
        }
      }
    }
    entries.sort(Comparator.comparing(RootEntry::path));
    return entries;
  }
}
