package nexus.linux;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A path as the kernel sees it: bytes other than NUL, in no particular encoding.
 *
 * <p>Ordered by unsigned bytes, with {@code /} before every other byte, so that a directory is
 * directly followed by what is in it. The empty path is legal; with {@code AT_EMPTY_PATH} it names
 * the descriptor itself.
 */
public final class LinuxPath implements Comparable<LinuxPath> {
  /** The empty path. */
  public static final LinuxPath EMPTY = new LinuxPath(new byte[0]);

  private final byte[] bytes;

  private LinuxPath(byte[] bytes) {
    this.bytes = bytes;
  }

  /**
   * Returns the path with the UTF-8 bytes of {@code path}.
   *
   * @throws IllegalArgumentException if it has half a surrogate pair, which has none, or a NUL
   */
  public static LinuxPath of(String path) {
    if (!hasSurrogate(path)) {
      return of(path.getBytes(StandardCharsets.UTF_8));
    }
    try {
      ByteBuffer utf8 = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(path));
      byte[] bytes = new byte[utf8.remaining()];
      utf8.get(bytes);
      return of(bytes);
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("not Unicode: " + path, e);
    }
  }

  private static boolean hasSurrogate(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        return true;
      }
    }
    return false;
  }

  /**
   * Returns the path with a copy of these bytes.
   *
   * @throws IllegalArgumentException if one is NUL
   */
  public static LinuxPath of(byte[] bytes) {
    for (byte b : bytes) {
      if (b == 0) {
        throw new IllegalArgumentException("NUL in path " + new LinuxPath(bytes));
      }
    }
    return new LinuxPath(bytes.clone());
  }

  /**
   * Returns this path, a slash unless this is empty or ends in one, and {@code other}.
   *
   * @throws IllegalArgumentException if {@code other} is absolute
   */
  public LinuxPath resolve(LinuxPath other) {
    if (other.isAbsolute()) {
      throw new IllegalArgumentException("absolute: " + other);
    }
    if (bytes.length == 0) {
      return other;
    }
    if (other.bytes.length == 0) {
      return this;
    }
    boolean slash = bytes[bytes.length - 1] != '/';
    byte[] joined = Arrays.copyOf(bytes, bytes.length + (slash ? 1 : 0) + other.bytes.length);
    if (slash) {
      joined[bytes.length] = '/';
    }
    System.arraycopy(
        other.bytes, 0, joined, joined.length - other.bytes.length, other.bytes.length);
    return new LinuxPath(joined);
  }

  /** Returns {@link #resolve(LinuxPath)} of the path with the UTF-8 bytes of {@code other}. */
  public LinuxPath resolve(String other) {
    return resolve(of(other));
  }

  /** Returns what follows the last slash: the whole path if there is none. */
  public LinuxPath name() {
    return new LinuxPath(Arrays.copyOfRange(bytes, lastSlash() + 1, bytes.length));
  }

  /** Returns what precedes the last slash: empty if there is none, {@code /} for {@code /a}. */
  public LinuxPath parent() {
    int slash = lastSlash();
    return new LinuxPath(Arrays.copyOf(bytes, slash == 0 ? 1 : Math.max(slash, 0)));
  }

  /** Returns whether the path starts with a slash. */
  public boolean isAbsolute() {
    return bytes.length > 0 && bytes[0] == '/';
  }

  /** Returns the length in bytes. */
  public int length() {
    return bytes.length;
  }

  /** Returns a copy of the bytes. */
  public byte[] bytes() {
    return bytes.clone();
  }

  /** Returns the bytes with a NUL behind them, as C wants them. */
  byte[] terminated() {
    return Arrays.copyOf(bytes, bytes.length + 1);
  }

  private int lastSlash() {
    int i = bytes.length - 1;
    while (i >= 0 && bytes[i] != '/') {
      i--;
    }
    return i;
  }

  @Override
  public int compareTo(LinuxPath other) {
    int common = Arrays.mismatch(bytes, other.bytes);
    if (common < 0) {
      return 0;
    }
    if (common == bytes.length || common == other.bytes.length) {
      return Integer.compare(bytes.length, other.bytes.length);
    }
    return Integer.compare(rank(bytes[common]), rank(other.bytes[common]));
  }

  private static int rank(byte b) {
    return b == '/' ? 0 : Byte.toUnsignedInt(b);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LinuxPath path && Arrays.equals(bytes, path.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  /**
   * Returns the path for people: as it is if it is UTF-8 of characters that show; else every byte
   * outside printable ASCII as {@code \x1b}, so that a file name can neither speak to a terminal
   * nor break or turn around the line it stands on.
   */
  @Override
  public String toString() {
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      if (text.codePoints().noneMatch(LinuxPath::isInvisible)) {
        return text;
      }
    } catch (CharacterCodingException e) {
      // Not UTF-8: shown byte by byte below.
    }
    var text = new StringBuilder();
    for (byte b : bytes) {
      if (b >= 0x20 && b < 0x7f) {
        text.append((char) b);
      } else {
        text.append("\\x").append(Character.forDigit((b >> 4) & 15, 16));
        text.append(Character.forDigit(b & 15, 16));
      }
    }
    return text.toString();
  }

  private static boolean isInvisible(int character) {
    return switch (Character.getType(character)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          true;
      default -> false;
    };
  }
}
