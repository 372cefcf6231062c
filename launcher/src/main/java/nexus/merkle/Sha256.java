package nexus.merkle;

import java.security.DigestException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** SHA-256 over zero-padded blocks, without allocation. Not for use by several threads at once. */
final class Sha256 {

  private static final byte[] ZEROS = new byte[FsVerity.BLOCK_SIZE];

  private final MessageDigest sha;

  Sha256() {
    try {
      sha = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /**
   * Hashes {@code length} bytes, followed by zeros up to a whole block.
   *
   * @param length 0 to {@link FsVerity#BLOCK_SIZE}
   * @param out receives the 32 bytes of the hash at {@code outOffset}; may be {@code data} itself
   */
  void block(byte[] data, int offset, int length, byte[] out, int outOffset) {
    sha.update(data, offset, length);
    if (length < FsVerity.BLOCK_SIZE) {
      sha.update(ZEROS, 0, FsVerity.BLOCK_SIZE - length);
    }
    finish(out, outOffset);
  }

  /** Returns the hash of all of {@code data}, with nothing added. */
  Digest of(byte[] data) {
    sha.update(data, 0, data.length);
    byte[] out = new byte[Digest.LENGTH];
    finish(out, 0);
    return Digest.read(out, 0);
  }

  private void finish(byte[] out, int outOffset) {
    try {
      sha.digest(out, outOffset, Digest.LENGTH);
    } catch (DigestException e) {
      throw new IllegalStateException("no room for 32 bytes at " + outOffset, e);
    }
  }
}
