package nexus.run;

import nexus.linux.SyscallException;
import nexus.policy.Step;

/** Why an app's mount namespace could not be built. */
abstract sealed class MountNamespaceException extends Exception {
  private static final long serialVersionUID = 1;

  private MountNamespaceException(String message, SyscallException cause) {
    super(message, cause);
  }

  /** A step of the plan failed. */
  static final class StepFailed extends MountNamespaceException {
    private static final long serialVersionUID = 1;

    private final transient Step step;

    StepFailed(Step step, SyscallException cause) {
      super("cannot build the sandbox: " + step + ": " + cause.getMessage(), cause);
      this.step = step;
    }

    Step step() {
      return step;
    }
  }

  /** What comes before the first step or after the last one failed. */
  static final class EntryFailed extends MountNamespaceException {
    private static final long serialVersionUID = 1;

    EntryFailed(String doing, SyscallException cause) {
      super("cannot build the sandbox: " + doing + ": " + cause.getMessage(), cause);
    }
  }

  /** The kernel lacks a system call that building needs. */
  static final class KernelTooOld extends MountNamespaceException {
    private static final long serialVersionUID = 1;

    KernelTooOld(SyscallException cause) {
      super(
          "cannot build the sandbox: this kernel has no "
              + cause.call()
              + "(2); Linux 5.12 or later is needed",
          cause);
    }
  }
}
