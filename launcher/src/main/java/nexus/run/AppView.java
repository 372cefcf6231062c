package nexus.run;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import nexus.cas.TreeEntry;
import nexus.cas.TreeManifest;
import nexus.linux.LinuxPath;
import nexus.policy.MountAttribute;
import nexus.policy.PlanPath;
import nexus.policy.Profile;
import nexus.policy.Step;

/**
 * The steps that show an app's tree on {@code /app}.
 *
 * <p>The folders on the way to the program are made anew in a tmpfs of the sandbox, and everything
 * else is bound into them from the checkout, read-only. A process of the same user outside can
 * rename and remove in the checkout, which would also take away a mount on a name there; it cannot
 * reach the sandbox's tmpfs. So from here on the program's path leads to the inode that is bound
 * now, whatever becomes of the checkout.
 */
final class AppView {
  private static final Set<MountAttribute> READ_ONLY =
      EnumSet.of(MountAttribute.READ_ONLY, MountAttribute.NO_SUID, MountAttribute.NO_DEVICES);
  private static final int TMPFS_MODE = 0755;

  private final TreeManifest manifest;
  private final PlanPath checkout;
  private final LinuxPath program;
  private final boolean copied;
  private final List<Step> steps = new ArrayList<>();

  private AppView(
      TreeManifest manifest, PlanPath checkout, LinuxPath program, boolean copied) {
    this.manifest = manifest;
    this.checkout = checkout;
    this.program = program;
    this.copied = copied;
  }

  /**
   * Returns the steps.
   *
   * @param checkout its canonical path
   * @param program path of the program in the tree
   * @param copied whether the program is a private copy, because its inode cannot be guarded
   *     against writers
   */
  static List<Step> steps(
      TreeManifest manifest, LinuxPath checkout, LinuxPath program, boolean copied) {
    var view = new AppView(manifest, PlanPath.of(checkout.bytes()), program, copied);
    view.steps.add(new Step.Tmpfs(Profile.APP, TMPFS_MODE));
    view.show(LinuxPath.EMPTY);
    view.steps.add(new Step.Seal(Profile.APP));
    return List.copyOf(view.steps);
  }

  /** Returns where a path of the tree is in the sandbox. */
  static PlanPath inside(LinuxPath path) {
    return Profile.APP.resolve(PlanPath.of(path.bytes()));
  }

  private void show(LinuxPath directory) {
    for (TreeEntry entry : manifest.children(directory)) {
      PlanPath inside = inside(entry.path());
      switch (entry) {
        case TreeEntry.Directory _ when leadsToProgram(entry.path()) -> {
          steps.add(new Step.Directory(inside));
          show(entry.path());
        }
        case TreeEntry.Directory _ -> {
          steps.add(new Step.Directory(inside));
          bind(entry.path(), inside);
        }
        case TreeEntry.RegularFile _ when copied && entry.path().equals(program) ->
            steps.add(new Step.Copy(inside));
        case TreeEntry.RegularFile _ -> {
          steps.add(new Step.File(inside));
          bind(entry.path(), inside);
        }
        case TreeEntry.Symlink link ->
            steps.add(new Step.Symlink(inside, PlanPath.of(link.target().bytes())));
      }
    }
  }

  private void bind(LinuxPath path, PlanPath inside) {
    PlanPath source = checkout.resolve(PlanPath.of(path.bytes()));
    steps.add(new Step.Bind(source, inside, false, READ_ONLY));
  }

  private boolean leadsToProgram(LinuxPath directory) {
    LinuxPath at = program.parent();
    while (at.length() > 0 && !at.equals(directory)) {
      at = at.parent();
    }
    return at.length() > 0;
  }
}
