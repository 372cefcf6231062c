package nexus.policy;

/** Why there is no plan for a launch. */
public abstract sealed class PolicyException extends Exception {
  private static final long serialVersionUID = 1;

  private PolicyException(String message) {
    super(message);
  }

  /** The text of the mount table is not what proc_pid_mountinfo(5) says. */
  public static final class MalformedMountTable extends PolicyException {
    private static final long serialVersionUID = 1;

    private final int line;

    MalformedMountTable(int line, String reason) {
      super("mount table, line " + line + ": " + reason);
      this.line = line;
    }

    /** Returns the line's number, from 1. */
    public int line() {
      return line;
    }
  }

  /** A folder that the app must not write to lies where it cannot be protected. */
  public static final class Unprotectable extends PolicyException {
    private static final long serialVersionUID = 1;

    Unprotectable(PlanPath folder, String reason) {
      super("cannot protect " + folder + ": " + reason);
    }
  }
}
