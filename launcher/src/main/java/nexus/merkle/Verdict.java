package nexus.merkle;

import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What verification found out about one file. */
public sealed interface Verdict {

  /** The file has the expected size and digest. */
  record Good() implements Verdict {}

  /** The file could be read, and is not what it should be. */
  sealed interface Tainted extends Verdict {
    /** Returns how the file's length compares with the expected one. */
    Length length();
  }

  /**
   * A verified chunk map tells which chunks are bad.
   *
   * @param chunks the bad ones, in order; all others are good. Empty only if the file is right but
   *     for bytes after its expected end
   */
  record TaintedChunks(Length length, List<TaintedChunk> chunks) implements Tainted {
    public TaintedChunks {
      chunks = List.copyOf(chunks);
    }
  }

  /**
   * There is no chunk map to be believed, so nothing in the file can be.
   *
   * @param found the digest of the file as it is, null if its length is not the expected one
   * @param mapFailure why the chunk map that is there was of no use, null if there is none
   */
  record TaintedFile(Length length, @Nullable Digest found, @Nullable Exception mapFailure)
      implements Tainted {}

  /** The file could not be opened or read to its end. */
  record Unreadable(IOException cause) implements Verdict {}

  /**
   * A bad chunk.
   *
   * @param index of the chunk, from 0
   * @param expected its chunk digest according to the map
   * @param found the chunk digest of the bytes that are there, null if they are too few
   */
  record TaintedChunk(int index, Digest expected, @Nullable Digest found) {}
}
