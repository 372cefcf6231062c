package nexus.cas;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import nexus.linux.SyscallException;
import nexus.merkle.Digest;

/** Finds the paths, in all checkouts, that are hard links to given objects. */
public final class CheckoutUses {
  private final Checkouts checkouts;
  private final TreeStore trees;

  /**
   * One path.
   *
   * @param tree whose checkout it is in
   * @param file what its manifest says of it
   */
  public record Use(Digest tree, TreeEntry.RegularFile file) {}

  public CheckoutUses(NexusHome home) {
    this.checkouts = new Checkouts(home);
    this.trees = new TreeStore(home);
  }

  /**
   * Returns the paths that should lead to these objects, of either mode. A checkout whose manifest
   * is damaged or missing is passed over: nothing is started from it before that is healed.
   */
  public List<Use> of(Set<Digest> objects) throws SyscallException {
    var uses = new ArrayList<Use>();
    for (Digest tree : checkouts.trees()) {
      TreeManifest manifest;
      try {
        manifest = trees.get(tree);
      } catch (StoreException e) {
        continue;
      }
      for (TreeEntry.RegularFile file : manifest.files()) {
        if (objects.contains(file.content().verity())) {
          uses.add(new Use(tree, file));
        }
      }
    }
    return uses;
  }
}
