package nexus.policy;

import java.util.List;

/** How much of the host an app sees. */
public enum Profile {
  /**
   * All of the host's files, as the user sees them; of Nexus's own folders only the store,
   * read-only and at one path.
   */
  TRUSTED {
    @Override
    public SandboxPlan compile(HostFacts facts, MountTable mounts, List<Step> appView)
        throws PolicyException {
      return new TrustedPlan(facts, Guard.of(facts, mounts), appView).compile();
    }
  };

  /** Where the app finds its own tree. */
  public static final PlanPath APP = PlanPath.of("/app");

  /**
   * Returns the plan of a sandbox on this host.
   *
   * @param mounts the mounts of the namespace in which the plan will be carried out
   * @param appView steps that build the app's tree on {@link #APP}, which exists and is empty
   * @throws PolicyException if a folder of Nexus cannot be protected here
   * @throws IllegalArgumentException if a step of the view is not within {@link #APP}
   */
  public abstract SandboxPlan compile(HostFacts facts, MountTable mounts, List<Step> appView)
      throws PolicyException;
}
