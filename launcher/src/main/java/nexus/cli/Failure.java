package nexus.cli;

import java.io.IOException;
import nexus.linux.Errno;
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
      case SyscallException call -> call.getMessage() + advice(call);
      case InterruptedException _ -> "interrupted";
      case IOException failure -> String.valueOf(failure.getMessage());
      default -> throw e;
    };
  }

  private static String advice(SyscallException e) {
    if (e.is(Errno.ENOSPC, Errno.EDQUOT)) {
      return "; free some space and try again, nothing was changed";
    }
    if (e.is(Errno.EACCES, Errno.EPERM)) {
      return "; check its owner and permissions";
    }
    if (e.is(Errno.EROFS)) {
      return "; the file system is mounted read-only";
    }
    return "";
  }
}
