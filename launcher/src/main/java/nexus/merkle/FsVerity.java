package nexus.merkle;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The digest that the Linux kernel's fs-verity gives a file: SHA-256, blocks of 4096 bytes, no
 * salt.
 *
 * <p>Data blocks of 4096 bytes, the last one padded with zeros, are hashed; 128 hashes make a hash
 * block, the last one padded with zeros, which is hashed in turn, up to one root hash. The digest
 * of the file is the hash of a descriptor that holds its size and the root hash (<a
 * href="https://docs.kernel.org/filesystems/fsverity.html">kernel documentation</a>).
 *
 * <p>A <em>chunk</em> is what one hash block of the lowest level covers: 512 KiB, less at the end
 * of the file. Its <em>chunk digest</em> is
 *
 * <ul>
 *   <li>in a file of more than 4096 bytes the hash of that hash block, however few data blocks the
 *       chunk has (the last may have one);
 *   <li>in a file of 1 to 4096 bytes, whose tree has no hash block at all, the hash of its only
 *       data block.
 * </ul>
 *
 * With that, the root hash of a file of one chunk is its chunk digest, and that of a larger file
 * follows from its chunk digests alone. An empty file has no chunk, and 32 zero bytes for a root.
 */
public final class FsVerity {

  /** Size of a data block and of a hash block, in bytes. */
  public static final int BLOCK_SIZE = 4096;

  /** Number of hashes in a hash block. */
  public static final int HASHES_PER_BLOCK = BLOCK_SIZE / Digest.LENGTH;

  /** Size of a chunk, in bytes: 512 KiB. */
  public static final int CHUNK_SIZE = HASHES_PER_BLOCK * BLOCK_SIZE;

  /** Size of the largest file that is dealt with here, in bytes: 1 TiB. */
  public static final long MAX_SIZE = 1L << 40;

  private static final int DESCRIPTOR_SIZE = 256;
  private static final byte DESCRIPTOR_VERSION = 1;
  private static final byte HASH_ALGORITHM_SHA256 = 1;
  private static final byte LOG2_BLOCK_SIZE = 12;
  private static final int DATA_SIZE_OFFSET = 8;
  private static final int ROOT_HASH_OFFSET = 16;

  private FsVerity() {}

  /**
   * Returns the number of chunks in a file, 0 to 2,097,152.
   *
   * @param size of the file in bytes, 0 to {@link #MAX_SIZE}
   */
  public static int chunkCount(long size) {
    return Math.toIntExact(Math.ceilDiv(checkedSize(size), CHUNK_SIZE));
  }

  /**
   * Returns the length of a chunk in bytes: {@link #CHUNK_SIZE}, or 1 to that for the last.
   *
   * @param size of the file in bytes
   * @param chunk index of the chunk, from 0
   */
  public static int chunkLength(long size, int chunk) {
    if (chunk < 0 || chunk >= chunkCount(size)) {
      throw new IllegalArgumentException("no chunk " + chunk + " in a file of " + size + " bytes");
    }
    return (int) Math.min(CHUNK_SIZE, size - chunkOffset(chunk));
  }

  /** Returns where a chunk starts in its file, in bytes. */
  public static long chunkOffset(int chunk) {
    return (long) chunk * CHUNK_SIZE;
  }

  /**
   * Returns the digest of a file.
   *
   * @param size of the file in bytes, 0 to {@link #MAX_SIZE}
   * @param chunks the digests of all its chunks
   */
  public static Digest digest(long size, ChunkDigests chunks) {
    return digest(new Sha256(), size, chunks);
  }

  /** Returns the digest of a file with this content, without the help of other threads. */
  public static Digest digest(byte[] content) {
    ChunkHasher hasher = new ChunkHasher();
    byte[] chunks = new byte[chunkCount(content.length) * Digest.LENGTH];
    for (int chunk = 0; chunk < chunkCount(content.length); chunk++) {
      hasher.hash(
          content,
          (int) chunkOffset(chunk),
          chunkLength(content.length, chunk),
          content.length,
          chunks,
          chunk * Digest.LENGTH);
    }
    return hasher.file(content.length, ChunkDigests.owning(chunks));
  }

  static Digest digest(Sha256 sha, long size, ChunkDigests chunks) {
    if (chunks.count() != chunkCount(size)) {
      throw new IllegalArgumentException(
          "a file of "
              + size
              + " bytes has "
              + chunkCount(size)
              + " chunks, not "
              + chunks.count());
    }
    return sha.of(descriptor(size, root(sha, chunks)));
  }

  private static Digest root(Sha256 sha, ChunkDigests chunks) {
    if (chunks.count() == 0) {
      return Digest.ZERO;
    }
    byte[] level = chunks.bytes();
    while (level.length > Digest.LENGTH) {
      int blocks = Math.ceilDiv(level.length, BLOCK_SIZE);
      byte[] above = new byte[blocks * Digest.LENGTH];
      for (int block = 0; block < blocks; block++) {
        int offset = block * BLOCK_SIZE;
        int length = Math.min(BLOCK_SIZE, level.length - offset);
        sha.block(level, offset, length, above, block * Digest.LENGTH);
      }
      level = above;
    }
    return Digest.read(level, 0);
  }

  /** Returns {@code struct fsverity_descriptor} without a signature, linux/fsverity.h. */
  private static byte[] descriptor(long size, Digest root) {
    byte[] descriptor = new byte[DESCRIPTOR_SIZE];
    ByteBuffer.wrap(descriptor)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(DESCRIPTOR_VERSION)
        .put(HASH_ALGORITHM_SHA256)
        .put(LOG2_BLOCK_SIZE)
        .putLong(DATA_SIZE_OFFSET, size);
    root.write(descriptor, ROOT_HASH_OFFSET);
    return descriptor;
  }

  static long checkedSize(long size) {
    if (size < 0 || size > MAX_SIZE) {
      throw new IllegalArgumentException("size " + size + " is not in 0.." + MAX_SIZE);
    }
    return size;
  }
}
