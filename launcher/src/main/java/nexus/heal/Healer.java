package nexus.heal;

import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import nexus.cas.Finding;
import nexus.cas.NexusHome;
import nexus.cas.Quarantine;
import nexus.cas.StoreException;
import nexus.cas.StoreLock;
import nexus.cas.TaintCause;
import nexus.cas.TreeManifest;
import nexus.cas.TreeStore;
import nexus.fetch.FetchException;
import nexus.fetch.Mirror;
import nexus.linux.SyscallException;
import nexus.merkle.Digest;
import nexus.merkle.ParallelHasher;

/**
 * Puts right what a verification found wrong: with bytes of this store where it has good ones, else
 * with those of the mirrors, in their order.
 *
 * <p>Nothing is written in place. A new file is put together in staging, verified, made durable and
 * renamed over the old one, which goes to quarantine; running apps keep the inode that they have.
 * Whoever dies at any moment leaves what was there before, or what is right.
 *
 * <p>One healer may be used by several threads; they wait for each other, as processes do, by the
 * {@link StoreLock}, and who comes second finds that there is nothing left to do.
 */
public final class Healer {
  private final NexusHome home;
  private final ParallelHasher hasher;
  private final List<Mirror> mirrors;
  private final InstantSource clock;
  private final HealProgress progress;

  /**
   * Lends everything.
   *
   * @param mirrors in the order in which they are asked
   */
  public Healer(
      NexusHome home,
      ParallelHasher hasher,
      List<Mirror> mirrors,
      InstantSource clock,
      HealProgress progress) {
    this.home = home;
    this.hasher = hasher;
    this.mirrors = List.copyOf(mirrors);
    this.clock = clock;
    this.progress = progress;
  }

  /**
   * Heals a checkout. Takes the store's lock, and then looks again at everything that was found.
   *
   * @param tree whose checkout it is; one that is missing altogether is made
   * @param manifest of the tree, verified
   * @param findings what was wrong with it; what else is wrong with its shape is mended too
   * @param cause on what occasion this was found, for the record
   * @throws IOException if the store itself cannot be used
   */
  public HealReport heal(
      Digest tree, TreeManifest manifest, List<Finding> findings, TaintCause cause)
      throws IOException, InterruptedException {
    try (StoreLock _ = home.lock()) {
      return new CheckoutHealing(
              home, hasher, new MirrorPool(mirrors, progress), clock, progress, tree, manifest)
          .heal(findings, cause);
    }
  }

  /**
   * Puts a tree's manifest back that is missing or damaged. Takes the store's lock.
   *
   * @throws IOException if the store itself cannot be used
   */
  public ManifestReport healManifest(Digest tree) throws IOException, InterruptedException {
    try (StoreLock _ = home.lock()) {
      var trees = new TreeStore(home);
      try {
        return new ManifestReport.Good(trees.get(tree), HealReport.THIS_STORE, List.of());
      } catch (StoreException | SyscallException e) {
        return fetchManifest(tree, String.valueOf(e.getMessage()));
      }
    }
  }

  private ManifestReport fetchManifest(Digest tree, String problem)
      throws IOException, InterruptedException {
    var pool = new MirrorPool(mirrors, progress);
    var reasons = new ArrayList<String>();
    reasons.add(problem);
    for (Mirror mirror : pool.worthAsking(reasons)) {
      byte[] bytes;
      try {
        bytes = mirror.tree(tree);
      } catch (FetchException e) {
        pool.failed(mirror, e, reasons);
        continue;
      }
      if (!TreeStore.digest(bytes).equals(tree)) {
        String sentence = mirror.url() + " sent another tree manifest than " + tree;
        reasons.add(sentence);
        pool.complain(sentence);
        continue;
      }
      TreeManifest manifest = TreeManifest.decode(mirror.url() + ", tree " + tree, bytes);
      keep(tree, bytes);
      return new ManifestReport.Good(manifest, mirror.url().toString(), pool.complaints());
    }
    reasons.add(pool.advice());
    return new ManifestReport.NotHealed(reasons);
  }

  private void keep(Digest tree, byte[] encoded) throws IOException {
    var trees = new TreeStore(home);
    ObjectPlace.prepare(
        trees.treeDirectory(),
        TreeStore.treePath(tree),
        true,
        tree.hex(),
        new Quarantine(home, clock));
    home.staging().replace(trees.treeDirectory(), TreeStore.treePath(tree), encoded);
    ObjectPlace.sync(trees.treeDirectory(), TreeStore.treePath(tree));
  }
}
