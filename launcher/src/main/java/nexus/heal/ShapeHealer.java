package nexus.heal;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import nexus.cas.Checkouts;
import nexus.cas.Finding;
import nexus.cas.Quarantine;
import nexus.cas.TreeEntry;
import nexus.cas.TreeManifest;
import nexus.cas.TreeVerifier;
import nexus.linux.Errno;
import nexus.linux.FileCalls;
import nexus.linux.FileType;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.SyscallException;

/**
 * Mends what is wrong in a checkout besides regular files: what does not belong there goes to
 * quarantine, directories and symbolic links are made again.
 */
final class ShapeHealer {
  /**
   * How often a checkout is compared anew: mending a directory shows what is wrong in it. Somebody
   * who keeps on planting files is not followed forever.
   */
  private static final int MAX_ROUNDS = 64;

  private final Quarantine quarantine;

  ShapeHealer(Quarantine quarantine) {
    this.quarantine = quarantine;
  }

  /** Returns whether a finding is about a path where the manifest has a regular file. */
  static boolean isAboutFile(Finding finding) {
    return switch (finding) {
      case Finding.TaintedFile _ -> true;
      case Finding.Missing(TreeEntry expected) -> expected instanceof TreeEntry.RegularFile;
      case Finding.WrongKind(TreeEntry expected, _) -> expected instanceof TreeEntry.RegularFile;
      case Finding.Unexpected _ -> false;
    };
  }

  /**
   * Mends a checkout.
   *
   * @param items gets what became of each path
   * @return what is wrong about regular files
   */
  List<Finding> heal(OwnedFd checkout, TreeManifest manifest, Map<LinuxPath, HealReport.Item> items)
      throws SyscallException {
    List<Finding> wrong = TreeVerifier.shape(checkout, manifest);
    boolean changed = true;
    for (int round = 0; changed && round < MAX_ROUNDS; round++) {
      changed = false;
      for (Finding finding : wrong) {
        HealReport.Item before = items.get(finding.path());
        boolean failed = before != null && before.result() instanceof HealReport.NotHealed;
        if (!isAboutFile(finding) && !failed) {
          items.put(
              finding.path(), new HealReport.Item(finding, heal(checkout, manifest, finding)));
          changed = true;
        }
      }
      if (changed) {
        wrong = TreeVerifier.shape(checkout, manifest);
      }
    }
    return wrong.stream().filter(ShapeHealer::isAboutFile).toList();
  }

  private HealReport.Result heal(OwnedFd checkout, TreeManifest manifest, Finding finding) {
    try {
      switch (finding) {
        case Finding.Unexpected _ -> takeAway(checkout, finding.path());
        case Finding.Missing(TreeEntry expected) -> make(checkout, manifest, expected);
        case Finding.WrongKind(TreeEntry expected, _) -> make(checkout, manifest, expected);
        case Finding.TaintedFile tainted -> throw new IllegalArgumentException(tainted.toString());
      }
      return new HealReport.Healed(HealReport.THIS_STORE, 0, 0);
    } catch (IOException e) {
      return new HealReport.NotHealed(
          List.of(
              checkout.description()
                  + "/"
                  + finding.path()
                  + " cannot be mended: "
                  + e.getMessage()));
    }
  }

  private void takeAway(OwnedFd checkout, LinuxPath path) throws IOException {
    try (OwnedFd parent = Checkouts.openFolder(checkout, path.parent())) {
      quarantine.take(parent, path.name(), "unexpected");
    }
  }

  private void make(OwnedFd checkout, TreeManifest manifest, TreeEntry entry) throws IOException {
    try (OwnedFd parent = Checkouts.openFolder(checkout, entry.path().parent())) {
      LinuxPath name = entry.path().name();
      switch (entry) {
        case TreeEntry.Directory directory -> {
          quarantine.takeUnless(FileType.DIRECTORY, parent, name, "no-directory");
          makeDirectory(checkout, parent, manifest, directory);
        }
        case TreeEntry.Symlink link -> {
          // No rename over the old one: what is there may be a directory, and is kept.
          quarantine.takeAnything(parent, name, "no-link");
          FileCalls.symlinkat(link.target(), parent, name);
        }
        case TreeEntry.RegularFile file -> throw new IllegalArgumentException(file.toString());
      }
    }
  }

  private void makeDirectory(
      OwnedFd checkout, OwnedFd parent, TreeManifest manifest, TreeEntry.Directory directory)
      throws IOException {
    LinuxPath name = directory.path().name();
    boolean made = true;
    try {
      FileCalls.mkdirat(parent, name, Checkouts.DIRECTORY_PERMISSIONS);
    } catch (SyscallException e) {
      if (!e.is(Errno.EEXIST)) {
        throw e;
      }
      made = false;
    }
    // A directory is no tainted inode: running apps see what is put right in it.
    Quarantine.setPermissions(parent, name, Checkouts.DIRECTORY_PERMISSIONS);
    if (made) {
      for (TreeEntry child : manifest.children(directory.path())) {
        if (!(child instanceof TreeEntry.RegularFile)) {
          make(checkout, manifest, child);
        }
      }
    }
  }
}
