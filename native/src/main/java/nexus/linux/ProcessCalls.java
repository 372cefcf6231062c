package nexus.linux;

import static nexus.linux.LibC.check;

/** The system calls on the calling process or thread. */
public final class ProcessCalls {
  private ProcessCalls() {}

  /**
   * {@code int unshare(int flags)}, unshare(2), of the calling thread. {@code CLONE_NEWNS} also
   * gives it its own root and working directory; {@code CLONE_NEWUSER} is refused in a JVM, which
   * has threads.
   */
  public static void unshare(int flags) throws SyscallException {
    check("unshare", () -> "0x" + Integer.toHexString(flags), () -> LibC.unshare(flags));
  }

  /** {@code uid_t geteuid(void)}, geteuid(2): as this process's user namespace sees it. */
  public static int geteuid() {
    return LibC.geteuid();
  }

  /** {@code pid_t getpid(void)}, getpid(2): as this process's pid namespace numbers it. */
  public static int getpid() {
    return LibC.getpid();
  }

  /**
   * {@code sighandler_t signal(int signum, SIG_IGN)}, signal(2), in the place of whatever handler
   * the JVM has. Not for the signals that the JVM needs for itself.
   */
  public static void ignore(int signal) throws SyscallException {
    check("signal", () -> signal + ", SIG_IGN", () -> LibC.signal(signal, Constants.SIG_IGN));
  }

  /**
   * {@code int fchdir(int fd)}, fchdir(2), of the process, or of a thread that has unshared its
   * mount namespace.
   */
  public static void fchdir(OwnedFd dir) throws SyscallException {
    check("fchdir", dir::toString, () -> LibC.fchdir(dir.value()));
  }

  /**
   * {@code int prctl(PR_SET_DUMPABLE, 0)}, prctl(2): nobody of the same user may ptrace this
   * process or open what its /proc entry leads to.
   */
  public static void setNotDumpable() throws SyscallException {
    check(
        "prctl",
        () -> "PR_SET_DUMPABLE, 0",
        () -> LibC.prctl(Constants.PR_SET_DUMPABLE, 0, 0, 0, 0));
  }
}
