package nexus.merkle;

import java.io.IOException;
import java.util.Optional;

/** A file whose content should be known. */
public interface FileToVerify extends FileToHash {

  /** Returns the digest that the file should have. */
  Digest expected();

  /**
   * Returns the chunk map that is kept for the file, if there is one. It need not be verified.
   *
   * <p>Called on a worker thread, at most once, and only if the file turns out to be tainted.
   */
  Optional<ChunkMap> chunkMap() throws IOException, MerkleException;
}
