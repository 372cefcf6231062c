package nexus.cas;

import java.time.Instant;
import java.util.List;
import nexus.merkle.Digest;
import nexus.merkle.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * What was found tainted, and what became of it.
 *
 * @param when it was dealt with
 * @param by on what occasion it was found, such as {@code launch of editor}
 * @param tree whose checkout it was found in
 * @param path in the tree, as people read it; empty if it is the tree's manifest
 * @param problem the rest of a sentence that begins with the path
 * @param object the expected content; null if what should be there is no regular file
 * @param taintedChunks how many chunks were bad, -1 if that could not be told
 * @param chunks the bad chunks, {@link #MAX_CHUNKS} at most
 * @param outcome what became of it
 */
public record TaintRecord(
    Instant when,
    String by,
    Digest tree,
    String path,
    String problem,
    @Nullable Digest object,
    int taintedChunks,
    List<Verdict.TaintedChunk> chunks,
    Outcome outcome) {
  /** How many chunks a record lists; of more it says how many there are. */
  public static final int MAX_CHUNKS = 256;

  /** What became of a taint. */
  public sealed interface Outcome {
    /**
     * Good bytes took the place of the tainted ones.
     *
     * @param source where they are from
     */
    record Healed(String source) implements Outcome {}

    /**
     * Nothing good was found, or it could not be put in place.
     *
     * @param reasons a sentence for each source that was tried
     */
    record NotHealed(List<String> reasons) implements Outcome {
      public NotHealed {
        reasons = List.copyOf(reasons);
      }
    }
  }

  public TaintRecord {
    chunks = List.copyOf(chunks);
    if (chunks.size() > MAX_CHUNKS) {
      throw new IllegalArgumentException(chunks.size() + " chunks");
    }
  }

  /** Returns the record of a finding. */
  public static TaintRecord of(
      Finding finding, Instant when, TaintCause cause, Digest tree, Outcome outcome) {
    List<Verdict.TaintedChunk> chunks =
        finding instanceof Finding.TaintedFile(_, Verdict.TaintedChunks tainted)
            ? tainted.chunks()
            : List.of();
    return new TaintRecord(
        when,
        cause.toString(),
        tree,
        finding.path().toString(),
        finding.problem(),
        object(finding),
        finding instanceof Finding.TaintedFile(_, Verdict.TaintedChunks tainted)
            ? tainted.chunks().size()
            : -1,
        chunks.subList(0, Math.min(chunks.size(), MAX_CHUNKS)),
        outcome);
  }

  private static @Nullable Digest object(Finding finding) {
    TreeEntry entry =
        switch (finding) {
          case Finding.TaintedFile tainted -> tainted.file();
          case Finding.Missing missing -> missing.expected();
          case Finding.WrongKind wrong -> wrong.expected();
          case Finding.Unexpected _ -> null;
        };
    return entry instanceof TreeEntry.RegularFile file ? file.content().verity() : null;
  }
}
