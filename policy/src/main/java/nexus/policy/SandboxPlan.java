package nexus.policy;

import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * How to build the root file system of an app, and which namespaces it gets.
 *
 * <p>Every plan starts with the new root's tmpfs and ends with sealing it. Names are made only in
 * tmpfs mounts of the plan that are not sealed yet, never in a folder of the host; the constructor
 * sees to that.
 *
 * @param steps in the order in which they are carried out
 * @param namespaces to be unshared after the mount namespace was entered
 */
public record SandboxPlan(List<Step> steps, Set<Namespace> namespaces) {
  private enum Mount {
    TMPFS,
    SEALED,
    OTHER
  }

  /**
   * Copies and checks.
   *
   * @throws IllegalArgumentException if a step would make a name outside the plan's own tmpfs
   *     mounts, or the root is not the first tmpfs and the last to be sealed
   */
  public SandboxPlan {
    steps = List.copyOf(steps);
    var sorted = EnumSet.noneOf(Namespace.class);
    sorted.addAll(namespaces);
    namespaces = Collections.unmodifiableSet(sorted);
    check(steps);
  }

  private static void check(List<Step> steps) {
    if (steps.isEmpty()
        || !(steps.getFirst() instanceof Step.Tmpfs root)
        || !root.path().isRoot()
        || !steps.getLast().equals(new Step.Seal(PlanPath.ROOT))) {
      throw new IllegalArgumentException(
          "a plan starts with a tmpfs on / and ends with sealing it");
    }
    var mounts = new HashMap<PlanPath, Mount>();
    mounts.put(PlanPath.ROOT, Mount.TMPFS);
    for (Step step : steps.subList(1, steps.size())) {
      PlanPath path = step.path();
      boolean legal =
          switch (step) {
            case Step.Directory _, Step.File _, Step.Copy _, Step.Symlink _ ->
                !path.isRoot() && around(mounts, path.parent()) == Mount.TMPFS;
            case Step.Tmpfs _ -> !path.isRoot() && mounts.put(path, Mount.TMPFS) != Mount.TMPFS;
            case Step.Bind _, Step.Pin _, Step.Mask _ -> {
              mounts.put(path, Mount.OTHER);
              yield !path.isRoot();
            }
            case Step.Seal _ -> mounts.put(path, Mount.SEALED) == Mount.TMPFS;
          };
      if (!legal) {
        throw new IllegalArgumentException("not possible here: " + step);
      }
    }
  }

  /** Returns what the plan has mounted at the path or, if nothing, next above it. */
  private static Mount around(Map<PlanPath, Mount> mounts, PlanPath path) {
    PlanPath at = path;
    while (true) {
      Mount mount = mounts.get(at);
      if (mount != null) {
        return mount;
      }
      at = at.parent();
    }
  }

  /** Returns the plan for people, one step a line, then the namespaces. */
  @Override
  public String toString() {
    return steps.stream().map(step -> step + "\n").collect(Collectors.joining())
        + "namespaces"
        + namespaces.stream().map(n -> " " + n.name()).collect(Collectors.joining())
        + "\n";
  }
}
