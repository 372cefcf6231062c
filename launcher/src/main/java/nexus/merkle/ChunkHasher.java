package nexus.merkle;

/**
 * Computes chunk digests; see {@link FsVerity} for what they are.
 *
 * <p>Not for use by several threads at once: each has its own.
 */
public final class ChunkHasher {

  private final Sha256 sha = new Sha256();

  // Mutable state, meaningless between calls.
  private final byte[] hashBlock = new byte[FsVerity.BLOCK_SIZE];

  /**
   * Returns the chunk digest of the first {@code length} bytes of {@code buffer}, which is left as
   * it is.
   *
   * @param length of the chunk in bytes, 1 to {@link FsVerity#CHUNK_SIZE}
   * @param size of the whole file in bytes; a file of at most one block has a tree without hash
   *     blocks, and therefore another chunk digest than the same bytes at the end of a larger file
   */
  public Digest hash(byte[] buffer, int length, long size) {
    byte[] out = new byte[Digest.LENGTH];
    hash(buffer, 0, length, size, out, 0);
    return Digest.read(out, 0);
  }

  /**
   * Writes what {@link #hash(byte[], int, long)} returns to {@code out}, without allocation.
   *
   * @param from where the chunk starts in {@code buffer}
   */
  void hash(byte[] buffer, int from, int length, long size, byte[] out, int outOffset) {
    if (length < 1 || length > FsVerity.CHUNK_SIZE || length > size) {
      throw new IllegalArgumentException(
          "a chunk of " + length + " bytes in a file of " + size + " bytes");
    }
    if (size <= FsVerity.BLOCK_SIZE) {
      sha.block(buffer, from, length, out, outOffset);
      return;
    }
    int hashes = 0;
    for (int offset = 0; offset < length; offset += FsVerity.BLOCK_SIZE) {
      int blockLength = Math.min(FsVerity.BLOCK_SIZE, length - offset);
      sha.block(buffer, from + offset, blockLength, hashBlock, hashes);
      hashes += Digest.LENGTH;
    }
    sha.block(hashBlock, 0, hashes, out, outOffset);
  }

  /** Returns what {@link FsVerity#digest} does, without making a SHA-256 of its own. */
  Digest file(long size, ChunkDigests chunks) {
    return FsVerity.digest(sha, size, chunks);
  }
}
