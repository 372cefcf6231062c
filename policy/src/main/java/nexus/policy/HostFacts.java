package nexus.policy;

import java.util.List;

/**
 * What a plan depends on besides the mounts. All folders exist, and their paths are canonical: no
 * component is a symbolic link.
 *
 * @param nexusHome the user's {@code $NEXUS_HOME}: store, state, trust
 * @param cas the content-addressed store, below {@code nexusHome}
 * @param config the user's configuration of Nexus
 * @param runtime the folders in which an agent's socket may be
 * @param root what is in {@code /}
 */
public record HostFacts(
    PlanPath nexusHome,
    PlanPath cas,
    PlanPath config,
    List<PlanPath> runtime,
    List<RootEntry> root) {
  /** One name in {@code /} that a sandbox can show; sockets and the like are left out. */
  public sealed interface RootEntry {
    /** Returns where it is: {@code /usr}. */
    PlanPath path();

    /** A directory, or what is mounted on it. */
    record Directory(PlanPath path) implements RootEntry {}

    /** A regular file. */
    record File(PlanPath path) implements RootEntry {}

    /** A symbolic link that says {@code text}. */
    record Link(PlanPath path, PlanPath text) implements RootEntry {}
  }

  /** Copies and checks. */
  public HostFacts {
    nexusHome.requireNormal();
    cas.requireNormal();
    config.requireNormal();
    runtime = List.copyOf(runtime);
    runtime.forEach(PlanPath::requireNormal);
    root = List.copyOf(root);
    if (!cas.isWithin(nexusHome) || cas.equals(nexusHome)) {
      throw new IllegalArgumentException("the store " + cas + " is not below " + nexusHome);
    }
    for (RootEntry entry : root) {
      if (entry.path().requireNormal().isRoot() || !entry.path().parent().isRoot()) {
        throw new IllegalArgumentException("not directly in /: " + entry.path());
      }
    }
  }
}
