package nexus.merkle;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/** The fs-verity digest, written down from the kernel's documentation with no thought of speed. */
final class ReferenceVerity {

  private static final int BLOCK = 4096;

  /** Returns the digest of a file with this content. */
  static Digest digest(byte[] content) {
    byte[] root = content.length == 0 ? new byte[32] : root(content);
    ByteBuffer descriptor = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);
    descriptor.put((byte) 1).put((byte) 1).put((byte) 12).put((byte) 0).putInt(0);
    descriptor.putLong(content.length).put(root);
    return Digest.read(sha256(descriptor.array()), 0);
  }

  private static byte[] root(byte[] level) {
    ByteArrayOutputStream hashes = new ByteArrayOutputStream();
    for (int offset = 0; offset < level.length; offset += BLOCK) {
      // Arrays.copyOf pads with zeros.
      byte[] rest = Arrays.copyOfRange(level, offset, Math.min(offset + BLOCK, level.length));
      hashes.writeBytes(sha256(Arrays.copyOf(rest, BLOCK)));
    }
    return hashes.size() == 32 ? hashes.toByteArray() : root(hashes.toByteArray());
  }

  static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private ReferenceVerity() {}
}
