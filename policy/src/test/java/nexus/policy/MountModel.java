package nexus.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the kernel would make of mounts and plans, as far as it matters which folder of which file
 * system is where. Written apart from {@link MountTable}, to judge what that leads to.
 */
final class MountModel {
  /** One mount; {@code readOnly} is the only thing that changes. */
  static final class Mount {
    final @Nullable Mount parent;
    final PlanPath point;
    final String device;
    final PlanPath root;

    // Mutable state
    boolean readOnly;

    Mount(@Nullable Mount parent, PlanPath point, String device, PlanPath root, boolean readOnly) {
      this.parent = parent;
      this.point = point;
      this.device = device;
      this.root = root;
      this.readOnly = readOnly;
    }

    /** Returns which folder of the file system a path in this mount is. */
    PlanPath inside(PlanPath path) {
      return root.resolve(path.below(point));
    }

    /** Returns the paths at which the mount would show the folder or, if in it, itself. */
    Optional<PlanPath> shows(String device, PlanPath folder) {
      if (!this.device.equals(device)) {
        return Optional.empty();
      }
      if (folder.isWithin(root)) {
        return Optional.of(point.resolve(folder.below(root)));
      }
      return root.isWithin(folder) ? Optional.of(point) : Optional.empty();
    }
  }

  // Mutable state
  private final List<Mount> mounts = new ArrayList<>();

  List<Mount> mounts() {
    return mounts;
  }

  /** Returns the mount in which a look-up ends. */
  Mount at(PlanPath path) {
    Mount at = mounts.getFirst();
    for (PlanPath prefix : path.descent()) {
      for (Mount over = childAt(at, prefix); over != null; over = childAt(at, prefix)) {
        at = over;
      }
    }
    return at;
  }

  private @Nullable Mount childAt(Mount parent, PlanPath point) {
    return mounts.stream()
        .filter(mount -> mount.parent == parent && mount.point.equals(point))
        .findFirst()
        .orElse(null);
  }

  Mount mount(PlanPath point, String device, PlanPath root, boolean readOnly) {
    Mount mount = new Mount(mounts.isEmpty() ? null : at(point), point, device, root, readOnly);
    mounts.add(mount);
    return mount;
  }

  MountTable table() {
    var entries = new ArrayList<MountEntry>();
    for (Mount mount : mounts) {
      int parent = mount.parent == null ? 1 : 100 + mounts.indexOf(mount.parent);
      entries.add(
          new MountEntry(100 + entries.size(), parent, mount.device, mount.root, mount.point));
    }
    return MountTable.of(entries);
  }

  /** Returns the tree that the plan makes of this one. */
  MountModel after(SandboxPlan plan) {
    var tree = new MountModel();
    for (Step step : plan.steps()) {
      PlanPath path = step.path();
      switch (step) {
        case Step.Tmpfs _ -> tree.mount(path, "tmpfs " + path, PlanPath.ROOT, false);
        case Step.Mask _ -> tree.mount(path, "mask", PlanPath.ROOT, true);
        case Step.Seal _ -> tree.at(path).readOnly = true;
        case Step.Bind bind ->
            tree.copy(
                this,
                bind.source(),
                path,
                bind.recursive(),
                bind.attributes().contains(MountAttribute.READ_ONLY));
        case Step.Pin _ -> tree.copy(tree, path, path, true, false);
        case Step.Directory _, Step.File _, Step.Copy _, Step.Symlink _ -> {}
      }
    }
    return tree;
  }

  private void copy(
      MountModel from, PlanPath source, PlanPath target, boolean recursive, boolean readOnly) {
    Mount original = from.at(source);
    List<Mount> before = List.copyOf(from.mounts);
    Mount copy =
        mount(target, original.device, original.inside(source), readOnly || original.readOnly);
    if (recursive) {
      copyChildren(before, original, copy, source, target, readOnly);
    }
  }

  private void copyChildren(
      List<Mount> from,
      Mount original,
      Mount copy,
      PlanPath source,
      PlanPath target,
      boolean readOnly) {
    for (Mount child : from) {
      if (child.parent == original && child.point.isWithin(source)) {
        Mount childCopy =
            new Mount(
                copy,
                target.resolve(child.point.below(source)),
                child.device,
                child.root,
                readOnly || child.readOnly);
        mounts.add(childCopy);
        copyChildren(from, child, childCopy, source, target, readOnly);
      }
    }
  }
}
