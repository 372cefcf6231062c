package nexus.run;

/**
 * Why an app is not started, with the status that {@code nexus run} ends with. The message is one
 * sentence.
 */
final class LaunchException extends Exception {
  private static final long serialVersionUID = 1;

  /** The statuses of a launch that does not happen; docs/exit-codes.md. */
  enum Status {
    /** The launcher itself failed. */
    FAILED(125),
    /** The app is not what it should be. */
    REFUSED(126),
    /** There is no such app. */
    NOT_FOUND(127);

    private final int code;

    Status(int code) {
      this.code = code;
    }

    int code() {
      return code;
    }
  }

  private final Status status;

  LaunchException(Status status, String message) {
    super(message);
    this.status = status;
  }

  Status status() {
    return status;
  }
}
