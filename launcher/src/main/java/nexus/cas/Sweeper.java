package nexus.cas;

import static nexus.linux.Constants.LOCK_EX;
import static nexus.linux.Constants.LOCK_NB;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import nexus.linux.DirectoryEntry;
import nexus.linux.Errno;
import nexus.linux.FileCalls;
import nexus.linux.FileType;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.Stat;
import nexus.linux.SyscallException;
import nexus.merkle.Digest;
import nexus.merkle.MerkleException;

/**
 * Removes what no installed app needs: checkouts that nobody runs, then the manifests, maps and
 * objects that are named by no manifest that is left. The caller holds the {@link StoreLock}.
 */
public final class Sweeper {
  private final NexusHome home;
  private final TreeStore trees;
  private final Checkouts checkouts;

  public Sweeper(NexusHome home) {
    this.home = home;
    this.trees = new TreeStore(home);
    this.checkouts = new Checkouts(home);
  }

  /**
   * Sweeps.
   *
   * @param installed the trees of all installed apps
   * @return bytes that were freed
   * @throws StoreException if a manifest cannot be read, so that nobody knows what it needs;
   *     nothing has been removed then
   */
  public long sweep(Set<Digest> installed) throws StoreException, SyscallException {
    Set<Digest> kept = new HashSet<>(installed);
    List<Digest> unused = new ArrayList<>();
    for (DirectoryEntry entry : NexusHome.list(home.checkouts())) {
      Digest tree;
      try {
        tree = Digest.parse(entry.name().toString());
      } catch (MerkleException e) {
        continue;
      }
      if (!installed.contains(tree)) {
        if (isRunning(entry.name())) {
          kept.add(tree);
        } else {
          unused.add(tree);
        }
      }
    }
    Set<LinuxPath> objects = new HashSet<>();
    Set<LinuxPath> maps = new HashSet<>();
    Set<LinuxPath> manifests = new HashSet<>();
    for (Digest tree : kept) {
      manifests.add(Fanout.path(tree, ""));
      for (TreeEntry.RegularFile file : trees.get(tree).files()) {
        objects.add(file.object().path());
        maps.add(Fanout.path(file.content().verity(), ""));
      }
    }
    for (Digest tree : unused) {
      checkouts.remove(tree);
    }
    return sweep(home.trees(), manifests)
        + sweep(home.maps(), maps)
        + sweep(home.objects(), objects);
  }

  /**
   * Returns whether somebody runs what is in a checkout: the launcher and its client hold it
   * locked.
   */
  private boolean isRunning(LinuxPath checkout) throws SyscallException {
    try (OwnedFd directory = NexusHome.openDirectory(home.checkouts(), checkout)) {
      FileCalls.flock(directory, LOCK_EX | LOCK_NB);
      return false;
    } catch (SyscallException e) {
      if (e.is(Errno.EAGAIN)) {
        return true;
      }
      if (e.is(Errno.ENOTDIR, Errno.ELOOP)) {
        return false;
      }
      throw e;
    }
  }

  private static long sweep(OwnedFd folder, Set<LinuxPath> kept) throws SyscallException {
    long freed = 0;
    for (DirectoryEntry prefix : NexusHome.list(folder)) {
      if (FileCalls.statx(folder, prefix.name()).type() != FileType.DIRECTORY) {
        continue;
      }
      try (OwnedFd directory = NexusHome.openDirectory(folder, prefix.name())) {
        for (DirectoryEntry entry : FileCalls.getdents64(directory)) {
          if (!kept.contains(prefix.name().resolve(entry.name()))) {
            Stat stat = FileCalls.statx(directory, entry.name());
            Staging.remove(directory, entry.name());
            freed += stat.links() == 1 ? stat.size() : 0;
          }
        }
      }
    }
    return freed;
  }
}
