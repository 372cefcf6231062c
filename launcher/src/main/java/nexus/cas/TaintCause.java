package nexus.cas;

/** On what occasion a taint was found. */
public sealed interface TaintCause {
  /**
   * An app was about to be started.
   *
   * @param app its name
   */
  record Launch(String app) implements TaintCause {
    @Override
    public String toString() {
      return "launch of " + app;
    }
  }

  /** Somebody asked. */
  record Verify() implements TaintCause {
    @Override
    public String toString() {
      return "verify";
    }
  }

  /** The store was read in the background. */
  record Scrub() implements TaintCause {
    @Override
    public String toString() {
      return "scrub";
    }
  }
}
