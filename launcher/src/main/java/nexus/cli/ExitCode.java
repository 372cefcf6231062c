package nexus.cli;

/** What every command but {@code run} ends with; docs/exit-codes.md has the table. */
enum ExitCode {
  /** Done; nothing is wrong. */
  OK(0),
  /** Not done, or something is tainted. */
  FAILURE(1),
  /** The command line is wrong. */
  USAGE(2);

  private final int status;

  ExitCode(int status) {
    this.status = status;
  }

  int status() {
    return status;
  }
}
