package nexus.cas;

import static nexus.linux.Constants.RENAME_NOREPLACE;

import java.util.ArrayList;
import java.util.List;
import nexus.linux.DirectoryEntry;
import nexus.linux.Errno;
import nexus.linux.FileCalls;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.SyscallException;
import nexus.merkle.Digest;
import nexus.merkle.MerkleException;

/**
 * What apps see: for each tree a folder, named by the tree's digest, whose files are hard links to
 * objects.
 */
public final class Checkouts {
  /** Permissions of every directory of a checkout. */
  public static final int DIRECTORY_PERMISSIONS = 0755;

  private final NexusHome home;
  private final ObjectStore objects;

  public Checkouts(NexusHome home) {
    this.home = home;
    this.objects = new ObjectStore(home);
  }

  /** Opens the checkout of a tree, to be closed by the caller. */
  public OwnedFd open(Digest tree) throws StoreException, SyscallException {
    try {
      return NexusHome.openDirectory(home.checkouts(), name(tree));
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT)) {
        throw new StoreException.Missing(path(tree).toString());
      }
      if (e.is(Errno.ELOOP, Errno.ENOTDIR)) {
        throw new StoreException.Unsafe(path(tree).toString(), "is not a directory");
      }
      throw e;
    }
  }

  /** Returns the path of a tree's checkout. */
  public LinuxPath path(Digest tree) {
    return home.path().resolve("cas/checkouts").resolve(name(tree));
  }

  /**
   * Opens a folder of a checkout through no symbolic link.
   *
   * @param folder relative to the checkout; {@link LinuxPath#EMPTY} is the checkout itself
   */
  public static OwnedFd openFolder(OwnedFd checkout, LinuxPath folder) throws SyscallException {
    return NexusHome.openDirectory(checkout, folder.length() == 0 ? LinuxPath.of(".") : folder);
  }

  /** Returns the trees that something is checked out for, in order. */
  public List<Digest> trees() throws SyscallException {
    var trees = new ArrayList<Digest>();
    for (DirectoryEntry entry : NexusHome.list(home.checkouts())) {
      try {
        trees.add(Digest.parse(entry.name().toString()));
      } catch (MerkleException.MalformedHash e) {
        // Nothing of ours has such a name, so no app sees it.
      }
    }
    trees.sort(null);
    return trees;
  }

  /** Lends the folder in which checkouts have the names of their trees. */
  public OwnedFd directory() {
    return home.checkouts();
  }

  /**
   * Makes the checkout of a tree whose objects are all there, in staging, and renames it to its
   * place. One that is there already stays, whatever is in it. The caller holds the {@link
   * StoreLock}.
   */
  public void create(Digest tree, TreeManifest manifest) throws StoreException, SyscallException {
    LinuxPath staged = home.staging().newName();
    OwnedFd staging = home.staging().directory();
    FileCalls.mkdirat(staging, staged, DIRECTORY_PERMISSIONS);
    try (OwnedFd root = NexusHome.openDirectory(staging, staged)) {
      FileCalls.fchmod(root, DIRECTORY_PERMISSIONS);
      for (TreeEntry entry : manifest.entries()) {
        add(root, entry);
      }
    }
    try {
      FileCalls.renameat2(staging, staged, home.checkouts(), name(tree), RENAME_NOREPLACE);
    } catch (SyscallException e) {
      if (!e.is(Errno.EEXIST)) {
        throw e;
      }
      Staging.remove(staging, staged);
    }
  }

  /** Makes one entry at its place in a checkout, where nothing is. */
  public void add(OwnedFd checkout, TreeEntry entry) throws StoreException, SyscallException {
    switch (entry) {
      case TreeEntry.Directory directory -> {
        FileCalls.mkdirat(checkout, directory.path(), DIRECTORY_PERMISSIONS);
        // mkdir(2) took the umask away.
        try (OwnedFd made = NexusHome.openDirectory(checkout, directory.path())) {
          FileCalls.fchmod(made, DIRECTORY_PERMISSIONS);
        }
      }
      case TreeEntry.RegularFile file -> objects.link(file.object(), checkout, file.path());
      case TreeEntry.Symlink link -> FileCalls.symlinkat(link.target(), checkout, link.path());
    }
  }

  /**
   * Puts the object's inode of today in the place of what a checkout has at the file's path, which
   * is no directory. The caller holds the {@link StoreLock}.
   */
  public void relink(OwnedFd checkout, TreeEntry.RegularFile file)
      throws StoreException, SyscallException {
    LinuxPath staged = home.staging().newName();
    OwnedFd staging = home.staging().directory();
    objects.link(file.object(), staging, staged);
    // Through the parent's handle: rename(2) would follow a symbolic link in the parent's place.
    try (OwnedFd parent = openFolder(checkout, file.path().parent())) {
      FileCalls.renameat2(staging, staged, parent, file.path().name(), 0);
    }
    // rename(2) does nothing where both names lead to the same inode already.
    try {
      FileCalls.unlinkat(staging, staged, 0);
    } catch (SyscallException e) {
      if (!e.is(Errno.ENOENT)) {
        throw e;
      }
    }
  }

  /**
   * Removes the checkout of a tree, in one step for whoever looks. The caller holds the {@link
   * StoreLock}.
   */
  public void remove(Digest tree) throws SyscallException {
    LinuxPath staged = home.staging().newName();
    OwnedFd staging = home.staging().directory();
    try {
      FileCalls.renameat2(home.checkouts(), name(tree), staging, staged, 0);
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT)) {
        return;
      }
      throw e;
    }
    Staging.remove(staging, staged);
  }

  /** Returns the name of a tree's checkout in {@link #directory}. */
  public static LinuxPath name(Digest tree) {
    return LinuxPath.of(tree.hex());
  }
}
