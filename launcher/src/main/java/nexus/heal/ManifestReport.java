package nexus.heal;

import java.util.List;
import nexus.cas.TreeManifest;

/** What became of a tree manifest that was missing or damaged. */
public sealed interface ManifestReport {
  /**
   * It is there and has the digest that names it.
   *
   * @param manifest what it says
   * @param source where it is from
   * @param complaints sentences about mirrors that had no good one
   */
  record Good(TreeManifest manifest, String source, List<String> complaints)
      implements ManifestReport {
    public Good {
      complaints = List.copyOf(complaints);
    }
  }

  /**
   * No mirror has it, or it could not be kept.
   *
   * @param reasons a sentence for each mirror that was tried, the last one says what to do
   */
  record NotHealed(List<String> reasons) implements ManifestReport {
    public NotHealed {
      reasons = List.copyOf(reasons);
    }
  }
}
