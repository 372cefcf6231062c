package nexus.cli;

import java.io.IOException;
import nexus.linux.SyscallException;

/** What is said about an exception. */
final class Failure {
  private Failure() {}

  /**
   * Returns one sentence; an exception that is no failure of the outside world but a mistake in
   * Nexus is thrown on.
   */
  static String sentence(Exception e) throws Exception {
    return switch (e) {
      case SyscallException call -> call.sentence();
      case InterruptedException _ -> "interrupted";
      case IOException failure -> String.valueOf(failure.getMessage());
      default -> throw e;
    };
  }
}
