package nexus.merkle;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * For each 512 KiB chunk of one file the two hashes that tell good bytes from tainted ones.
 *
 * <p>A map is not trusted: whoever reads one calls {@link #verify} with the digest of the object
 * before believing a block digest in it. The XXH3 values are not covered by that, and need not be:
 * they may only ever say "damaged".
 *
 * <p>One map has one encoding, all integers big-endian (docs/formats/chunk-map.md):
 *
 * <pre>
 * map   = magic:u32 = 0x4e58434d ("NXCM"), version:u32 = 1, size:u64, chunk[ceil(size / 524288)]
 * chunk = block:byte[32], xxh3-high:u64, xxh3-low:u64
 * </pre>
 *
 * @param size of the file in bytes, 0 to {@link FsVerity#MAX_SIZE}
 * @param chunks in the order of the file, as many as {@link FsVerity#chunkCount} says
 */
public record ChunkMap(long size, List<Chunk> chunks) {

  private static final int MAGIC = 0x4e58434d;
  private static final int VERSION = 1;
  private static final int HEADER_LENGTH = 16;
  private static final int CHUNK_LENGTH = Digest.LENGTH + Xxh3.LENGTH;

  /**
   * The hashes of one chunk.
   *
   * @param block the chunk digest, see {@link FsVerity}
   * @param xxh3 of the chunk's bytes
   */
  public record Chunk(Digest block, Xxh3 xxh3) {}

  public ChunkMap {
    chunks = List.copyOf(chunks);
    if (chunks.size() != FsVerity.chunkCount(size)) {
      throw new IllegalArgumentException(
          "a file of "
              + size
              + " bytes has "
              + FsVerity.chunkCount(size)
              + " chunks, not "
              + chunks.size());
    }
  }

  /**
   * Returns the length of the encoding of the map of a file, in bytes: what a reader needs to know
   * before it reads one.
   *
   * @param size of the file in bytes, 0 to {@link FsVerity#MAX_SIZE}
   */
  public static int encodedLength(long size) {
    return HEADER_LENGTH + FsVerity.chunkCount(size) * CHUNK_LENGTH;
  }

  /** Returns the encoding of this map. */
  public byte[] encode() {
    byte[] bytes = new byte[encodedLength(size)];
    ByteBuffer buffer = ByteBuffer.wrap(bytes).putInt(MAGIC).putInt(VERSION).putLong(size);
    for (Chunk chunk : chunks) {
      chunk.block.write(bytes, buffer.position());
      buffer
          .position(buffer.position() + Digest.LENGTH)
          .putLong(chunk.xxh3.high())
          .putLong(chunk.xxh3.low());
    }
    return bytes;
  }

  /** Returns the map that {@code bytes}, all of them, are the encoding of; it is not verified. */
  public static ChunkMap decode(byte[] bytes) throws MerkleException.MalformedChunkMap {
    if (bytes.length < HEADER_LENGTH) {
      throw new MerkleException.MalformedChunkMap(
          "has " + bytes.length + " bytes, fewer than the " + HEADER_LENGTH + " of its header");
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    int magic = buffer.getInt();
    if (magic != MAGIC) {
      throw new MerkleException.MalformedChunkMap(
          "starts with 0x" + HexFormat.of().toHexDigits(magic) + ", expected 0x4e58434d");
    }
    int version = buffer.getInt();
    if (version != VERSION) {
      throw new MerkleException.MalformedChunkMap(
          "has version " + Integer.toUnsignedString(version) + ", expected " + VERSION);
    }
    long size = buffer.getLong();
    if (size < 0 || size > FsVerity.MAX_SIZE) {
      throw new MerkleException.MalformedChunkMap(
          "is of a file of "
              + Long.toUnsignedString(size)
              + " bytes, expected at most "
              + FsVerity.MAX_SIZE);
    }
    // Before anything is allocated: from here on the input's own length bounds the work.
    if (bytes.length != encodedLength(size)) {
      throw new MerkleException.MalformedChunkMap(
          "of a file of "
              + size
              + " bytes has "
              + bytes.length
              + " bytes, expected "
              + encodedLength(size));
    }
    List<Chunk> chunks = new ArrayList<>(FsVerity.chunkCount(size));
    while (buffer.hasRemaining()) {
      Digest block = Digest.read(bytes, buffer.position());
      buffer.position(buffer.position() + Digest.LENGTH);
      chunks.add(new Chunk(block, new Xxh3(buffer.getLong(), buffer.getLong())));
    }
    return new ChunkMap(size, chunks);
  }

  /** Checks that size and block digests are those of the object with this digest. */
  public void verify(Digest object) throws MerkleException.ForgedChunkMap {
    Digest found = FsVerity.digest(size, digests());
    if (!found.equals(object)) {
      throw new MerkleException.ForgedChunkMap(object, found);
    }
  }

  /** Returns the block digests of all chunks. */
  public ChunkDigests digests() {
    return ChunkDigests.of(chunks.stream().map(Chunk::block).toList());
  }
}
