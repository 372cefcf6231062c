package nexus.policy;

import static nexus.policy.MountAttribute.NO_DEVICES;
import static nexus.policy.MountAttribute.NO_SUID;
import static nexus.policy.MountAttribute.READ_ONLY;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import nexus.policy.HostFacts.RootEntry;

/** The plan of {@link Profile#TRUSTED}. */
final class TrustedPlan {
  private static final PlanPath DEV = PlanPath.of("/dev");

  private final HostFacts facts;
  private final Guard guard;
  private final List<Step> appView;

  // Mutable state
  private final List<Step> steps = new ArrayList<>();

  TrustedPlan(HostFacts facts, Guard guard, List<Step> appView) {
    this.facts = facts;
    this.guard = guard;
    this.appView = appView;
  }

  SandboxPlan compile() {
    steps.add(new Step.Tmpfs(PlanPath.ROOT, 0755));
    facts.root().forEach(this::showOfHost);
    // All pins come before the first mask: a pin copies what is mounted below it, and a copy of a
    // mask would be one more mount to no use.
    guard.pins().forEach(pin -> steps.add(new Step.Pin(pin)));
    guard.hidden().forEach(this::hide);
    showApp();
    steps.add(new Step.Seal(PlanPath.ROOT));
    return new SandboxPlan(steps, EnumSet.allOf(Namespace.class));
  }

  private void showOfHost(RootEntry entry) {
    PlanPath path = entry.path();
    if (path.equals(Profile.APP)) {
      return;
    }
    switch (entry) {
      case RootEntry.Directory _ -> {
        steps.add(new Step.Directory(path));
        steps.add(
            new Step.Bind(
                path,
                path,
                true,
                path.equals(DEV) ? Set.of(NO_SUID) : Set.of(NO_SUID, NO_DEVICES)));
      }
      case RootEntry.File _ -> {
        steps.add(new Step.File(path));
        steps.add(new Step.Bind(path, path, false, Set.of(NO_SUID, NO_DEVICES)));
      }
      case RootEntry.Link link -> steps.add(new Step.Symlink(path, link.text()));
    }
  }

  private void hide(PlanPath folder) {
    PlanPath cas = facts.cas();
    if (!cas.isWithin(folder)) {
      steps.add(new Step.Mask(folder));
      return;
    }
    steps.add(new Step.Tmpfs(folder, 0755));
    for (PlanPath onTheWay : cas.descent()) {
      if (onTheWay.isWithin(folder) && !onTheWay.equals(folder)) {
        steps.add(new Step.Directory(onTheWay));
      }
    }
    steps.add(new Step.Bind(cas, cas, true, Set.of(READ_ONLY, NO_SUID, NO_DEVICES)));
    steps.add(new Step.Seal(folder));
  }

  private void showApp() {
    steps.add(new Step.Directory(Profile.APP));
    for (Step step : appView) {
      if (!step.path().isWithin(Profile.APP)) {
        throw new IllegalArgumentException("not a step of the app's view: " + step);
      }
      steps.add(step);
    }
  }
}
