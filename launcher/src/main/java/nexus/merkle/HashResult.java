package nexus.merkle;

import java.io.IOException;

/** What hashing found out about one file. */
public sealed interface HashResult {

  /**
   * The file was read as a whole.
   *
   * @param entry for the tree manifest
   * @param map of the same bytes
   */
  record Hashed(MerkleEntry entry, ChunkMap map) implements HashResult {}

  /** The file has another length than was announced: it changed meanwhile. */
  record WrongSize(Length length) implements HashResult {}

  /** The file could not be opened or read to its end. */
  record Unreadable(IOException cause) implements HashResult {}
}
