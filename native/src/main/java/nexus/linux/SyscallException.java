package nexus.linux;

import java.io.IOException;

/** A system call that returned -1, with its name, its arguments and errno. */
public final class SyscallException extends IOException {
  private static final long serialVersionUID = 1;

  private final String call;
  private final int errno;

  SyscallException(String call, String arguments, int errno) {
    super(call + "(" + arguments + "): " + Errno.describe(errno));
    this.call = call;
    this.errno = errno;
  }

  /** Returns the call's man-page name, such as {@code openat2}. */
  public String call() {
    return call;
  }

  /** Returns whether the call failed with one of these. */
  public boolean is(Errno... any) {
    for (Errno candidate : any) {
      if (candidate.number() == errno) {
        return true;
      }
    }
    return false;
  }

  /** Returns what errno says, such as {@code no such file or directory}. */
  public String reason() {
    return Errno.reason(errno);
  }

  /**
   * Returns the message and, where errno tells what a user can do about it, that: {@code
   * openat2(…): EACCES (permission denied); check its owner and permissions}.
   */
  public String sentence() {
    if (is(Errno.ENOSPC, Errno.EDQUOT)) {
      return getMessage() + "; free some space and try again";
    }
    if (is(Errno.EACCES, Errno.EPERM)) {
      return getMessage() + "; check its owner and permissions";
    }
    if (is(Errno.EMFILE)) {
      return getMessage() + "; raise the limit of open files (ulimit -n)";
    }
    return String.valueOf(getMessage());
  }
}
