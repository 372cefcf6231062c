package nexus.merkle;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A SHA-256 value of 32 bytes: of a file as fs-verity defines it, or of a block in its Merkle tree.
 *
 * <p>Ordered as its bytes are, unsigned, which is also the order of its hexadecimal form.
 */
public final class Digest implements Comparable<Digest> {

  /** Length in bytes. */
  public static final int LENGTH = 32;

  /** Length in hexadecimal digits. */
  public static final int HEX_LENGTH = 2 * LENGTH;

  /** 32 zero bytes: the root hash of an empty file. No file has it as its digest. */
  static final Digest ZERO = new Digest(0, 0, 0, 0);

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private final long first;
  private final long second;
  private final long third;
  private final long fourth;

  private Digest(long first, long second, long third, long fourth) {
    this.first = first;
    this.second = second;
    this.third = third;
    this.fourth = fourth;
  }

  /** Returns the digest whose 32 bytes start at {@code offset}. */
  public static Digest read(byte[] bytes, int offset) {
    return new Digest(
        (long) LONGS.get(bytes, offset),
        (long) LONGS.get(bytes, offset + 8),
        (long) LONGS.get(bytes, offset + 16),
        (long) LONGS.get(bytes, offset + 24));
  }

  /** Returns the digest that is written as exactly 64 hexadecimal digits in lower case. */
  public static Digest parse(String hex) throws MerkleException.MalformedHash {
    if (!LowerHex.is(hex, HEX_LENGTH)) {
      throw new MerkleException.MalformedHash(hex, HEX_LENGTH);
    }
    return new Digest(
        LowerHex.longAt(hex, 0),
        LowerHex.longAt(hex, 16),
        LowerHex.longAt(hex, 32),
        LowerHex.longAt(hex, 48));
  }

  /** Writes the 32 bytes to {@code target} from {@code offset} on. */
  public void write(byte[] target, int offset) {
    LONGS.set(target, offset, first);
    LONGS.set(target, offset + 8, second);
    LONGS.set(target, offset + 16, third);
    LONGS.set(target, offset + 24, fourth);
  }

  /** Returns the 32 bytes, in an array of the caller's own. */
  public byte[] toBytes() {
    byte[] bytes = new byte[LENGTH];
    write(bytes, 0);
    return bytes;
  }

  /** Returns 64 hexadecimal digits in lower case, which {@link #parse} reads. */
  public String hex() {
    HexFormat format = HexFormat.of();
    return format.toHexDigits(first)
        + format.toHexDigits(second)
        + format.toHexDigits(third)
        + format.toHexDigits(fourth);
  }

  @Override
  public int compareTo(Digest other) {
    int order = Long.compareUnsigned(first, other.first);
    if (order == 0) {
      order = Long.compareUnsigned(second, other.second);
    }
    if (order == 0) {
      order = Long.compareUnsigned(third, other.third);
    }
    return order != 0 ? order : Long.compareUnsigned(fourth, other.fourth);
  }

  @Override
  public boolean equals(@Nullable Object object) {
    return object instanceof Digest other
        && first == other.first
        && second == other.second
        && third == other.third
        && fourth == other.fourth;
  }

  @Override
  public int hashCode() {
    // Any bits of a SHA-256 value are as good as any others.
    return Long.hashCode(first);
  }

  /** Returns {@link #hex()}. */
  @Override
  public String toString() {
    return hex();
  }
}
