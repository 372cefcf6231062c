package nexus.merkle;

import java.util.HexFormat;

/** The one spelling that hash values have: hexadecimal digits in lower case, of a fixed number. */
final class LowerHex {

  private LowerHex() {}

  /** Returns whether {@code text} is exactly {@code digits} digits, and none in upper case. */
  static boolean is(String text, int digits) {
    return text.length() == digits
        && text.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
  }

  /** Returns the value of the 16 digits from {@code index} on. */
  static long longAt(String text, int index) {
    return HexFormat.fromHexDigitsToLong(text, index, index + 16);
  }
}
