package nexus.fetch;

import java.io.IOException;

/**
 * Why bytes could not be fetched. The message is one sentence that begins with the address in
 * question.
 */
@SuppressWarnings("serial") // Thrown and caught in one process, never serialized.
public abstract sealed class FetchException extends IOException {
  private final String subject;

  private FetchException(String subject, String why) {
    super(subject + " " + why);
    this.subject = subject;
  }

  /** Returns the address, or path, that the message begins with. */
  public String subject() {
    return subject;
  }

  /** An address that no mirror can have. */
  public static final class BadAddress extends FetchException {
    BadAddress(String address, String why) {
      super(address, why);
    }
  }

  /** The mirror answers, and does not have the file. Another file it may have. */
  public static final class Absent extends FetchException {
    Absent(String address, String why) {
      super(address, why);
    }
  }

  /** The mirror answered something that is of no use. Of another file it may be. */
  public static final class BadAnswer extends FetchException {
    BadAnswer(String address, String why) {
      super(address, why);
    }
  }

  /**
   * The mirror cannot be reached, or not in reasonable time. To ask it again at once costs as much
   * time again.
   */
  public static final class Unreachable extends FetchException {
    Unreachable(String address, String why) {
      super(address, why);
    }
  }

  /** The list of mirrors, or another setting, is not in its format. */
  public static final class BadSetting extends FetchException {
    BadSetting(String where, String why) {
      super(where, why);
    }
  }

  /** What was to be exported is not there, or tainted. */
  public static final class NotExported extends FetchException {
    NotExported(String what, String why) {
      super(what, why);
    }
  }
}
