package nexus.merkle;

import com.dynatrace.hash4j.hashing.HashValue128;
import com.dynatrace.hash4j.hashing.Hashing;
import java.util.HexFormat;

/**
 * A 128-bit XXH3 value, seed 0.
 *
 * <p>Not cryptographic: anyone can make bytes that have a given value. A difference proves damage;
 * equality proves nothing about bytes that somebody may have chosen.
 *
 * @param high the more significant half, printed first
 * @param low the less significant half
 */
public record Xxh3(long high, long low) {

  /** Length in bytes. */
  public static final int LENGTH = 16;

  /** Length in hexadecimal digits. */
  public static final int HEX_LENGTH = 2 * LENGTH;

  /** Returns the value of the first {@code length} bytes of {@code buffer}. */
  public static Xxh3 of(byte[] buffer, int length) {
    return of(Hashing.xxh3_128().hashBytesTo128Bits(buffer, 0, length));
  }

  static Xxh3 of(HashValue128 value) {
    return new Xxh3(value.getMostSignificantBits(), value.getLeastSignificantBits());
  }

  /** Returns the value that is written as exactly 32 hexadecimal digits in lower case. */
  public static Xxh3 parse(String hex) throws MerkleException.MalformedHash {
    if (!LowerHex.is(hex, HEX_LENGTH)) {
      throw new MerkleException.MalformedHash(hex, HEX_LENGTH);
    }
    return new Xxh3(LowerHex.longAt(hex, 0), LowerHex.longAt(hex, 16));
  }

  /** Returns 32 hexadecimal digits in lower case, as {@code xxhsum -H2} prints them. */
  public String hex() {
    HexFormat format = HexFormat.of();
    return format.toHexDigits(high) + format.toHexDigits(low);
  }

  /** Returns {@link #hex()}. */
  @Override
  public String toString() {
    return hex();
  }
}
