package nexus.trust;

import java.io.IOException;

/**
 * Why a release is not believed. The message is one sentence that names where the release was read
 * from.
 */
@SuppressWarnings("serial") // Thrown and caught in one process, never serialized.
public abstract sealed class TrustException extends IOException {
  private TrustException(String message) {
    super(message);
  }

  /** Bytes that are no release envelope. */
  public static final class Malformed extends TrustException {
    Malformed(String source, String why) {
      super(source + " is not a release: " + why);
    }
  }

  /** A value that no release may have. */
  public static final class Invalid extends TrustException {
    Invalid(String why) {
      super(why);
    }
  }
}
