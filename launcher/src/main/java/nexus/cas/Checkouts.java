package nexus.cas;

import static nexus.linux.Constants.RENAME_NOREPLACE;

import nexus.linux.Errno;
import nexus.linux.FileCalls;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.SyscallException;
import nexus.merkle.Digest;

/**
 * What apps see: for each tree a folder, named by the tree's digest, whose files are hard links to
 * objects.
 */
public final class Checkouts {
  /** Permissions of every directory of a checkout. */
  static final int DIRECTORY_PERMISSIONS = 0755;

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

  /** Puts the object's inode of today in the place of what a checkout has at the file's path. */
  public void relink(OwnedFd checkout, TreeEntry.RegularFile file)
      throws StoreException, SyscallException {
    LinuxPath staged = home.staging().newName();
    OwnedFd staging = home.staging().directory();
    objects.link(file.object(), staging, staged);
    FileCalls.renameat2(staging, staged, checkout, file.path(), 0);
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

  private static LinuxPath name(Digest tree) {
    return LinuxPath.of(tree.hex());
  }
}
