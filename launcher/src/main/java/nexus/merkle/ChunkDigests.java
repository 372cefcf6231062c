package nexus.merkle;

import java.util.List;

/**
 * The chunk digests of one file, in order; see {@link FsVerity} for what they are. Immutable.
 *
 * <p>Kept as one run of bytes, because 128 of them are a hash block of the next level as they are.
 */
public final class ChunkDigests {

  private final byte[] bytes;

  private ChunkDigests(byte[] bytes) {
    this.bytes = bytes;
  }

  /** Returns the given digests, the first chunk's first. */
  public static ChunkDigests of(List<Digest> digests) {
    byte[] bytes = new byte[Math.multiplyExact(digests.size(), Digest.LENGTH)];
    int offset = 0;
    for (Digest digest : digests) {
      digest.write(bytes, offset);
      offset += Digest.LENGTH;
    }
    return new ChunkDigests(bytes);
  }

  /** Takes over {@code bytes}, a multiple of 32, which nobody may change from now on. */
  static ChunkDigests owning(byte[] bytes) {
    if (bytes.length % Digest.LENGTH != 0) {
      throw new IllegalArgumentException(bytes.length + " bytes are no whole number of digests");
    }
    return new ChunkDigests(bytes);
  }

  /** Returns the number of chunks. */
  public int count() {
    return bytes.length / Digest.LENGTH;
  }

  /** Returns the digest of a chunk, counted from 0. */
  public Digest get(int chunk) {
    if (chunk < 0 || chunk >= count()) {
      throw new IndexOutOfBoundsException("chunk " + chunk + " of " + count());
    }
    return Digest.read(bytes, chunk * Digest.LENGTH);
  }

  /** The digests one after the other; not a copy, to be read only. */
  byte[] bytes() {
    return bytes;
  }
}
