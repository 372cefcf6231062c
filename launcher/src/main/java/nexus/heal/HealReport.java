package nexus.heal;

import java.util.List;
import nexus.cas.Finding;
import nexus.fetch.ProgressLine;

/**
 * What became of everything that was wrong.
 *
 * @param items by path: what was asked about, and what was found besides
 * @param complaints sentences about sources that gave no good bytes, such as a mirror that lies,
 *     and about what else went wrong; not empty even where all is healed
 */
public record HealReport(List<Item> items, List<String> complaints) {
  /** The source of bytes that were here already. */
  public static final String THIS_STORE = "this store";

  /**
   * What became of one finding.
   *
   * @param finding what was wrong
   * @param result what became of it
   */
  public record Item(Finding finding, Result result) {
    /** Returns what was wrong and what became of it, for people; reasons are left out. */
    public String sentence() {
      return finding.path()
          + " "
          + finding.problem()
          + "; "
          + switch (result) {
            case AlreadyGood _ -> "healed by somebody else meanwhile";
            case Healed healed ->
                "healed from "
                    + healed.source()
                    + (healed.bytesFetched() == 0
                        ? ""
                        : ", " + ProgressLine.size(healed.bytesFetched()) + " fetched");
            case NotHealed _ -> "not healed";
          };
    }
  }

  /** What became of something that was wrong. */
  public sealed interface Result {}

  /** It was right again when it was looked at: somebody else has healed it. */
  public record AlreadyGood() implements Result {}

  /**
   * It is right again.
   *
   * @param source where the good bytes are from, {@link #THIS_STORE} or a mirror's address, or
   *     several of these
   * @param chunks how many chunks were replaced; 0 if only a link, a directory or a mode was wrong
   * @param bytesFetched from mirrors
   */
  public record Healed(String source, int chunks, long bytesFetched) implements Result {}

  /**
   * It is as wrong as before, and nothing is lost.
   *
   * @param reasons a sentence for each source that was tried, the last one says what to do
   */
  public record NotHealed(List<String> reasons) implements Result {
    public NotHealed {
      reasons = List.copyOf(reasons);
    }
  }

  public HealReport {
    items = List.copyOf(items);
    complaints = List.copyOf(complaints);
  }

  /** Returns whether nothing is wrong any more. */
  public boolean isHealed() {
    return items.stream().noneMatch(item -> item.result() instanceof NotHealed);
  }
}
