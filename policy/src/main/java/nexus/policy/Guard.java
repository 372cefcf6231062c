package nexus.policy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import nexus.policy.PolicyException.Unprotectable;

/**
 * Which places of the host's tree lead to Nexus's own folders.
 *
 * <p>A folder has one path by which its owner knows it, and one more through every other mount that
 * shows the same part of the same file system: a home that is also bound at {@code /var/home}, a
 * btrfs that is mounted whole beside its subvolumes, a bind of the store's own objects. Whoever may
 * write through one of them writes the folder.
 *
 * @param pins directories to be pinned, each before those in it: all that are on the way to a
 *     hidden place and are not mount points. If one could be renamed, another could be made in its
 *     place, with a false store in it for the next launch to find
 * @param hidden the places, none within another
 */
record Guard(List<PlanPath> pins, List<PlanPath> hidden) {
  /** A part of a file system: {@code path} and all below it, as that file system's root sees it. */
  private record Region(String device, PlanPath path) {
    /** Returns where the mount shows this region or a part of it, if it does. */
    Optional<PlanPath> shownBy(MountEntry mount) {
      if (!mount.device().equals(device)) {
        return Optional.empty();
      }
      if (path.isWithin(mount.root())) {
        return Optional.of(mount.mountPoint().resolve(path.below(mount.root())));
      }
      return mount.root().isWithin(path) ? Optional.of(mount.mountPoint()) : Optional.empty();
    }
  }

  Guard {
    pins = List.copyOf(pins);
    hidden = List.copyOf(hidden);
  }

  static Guard of(HostFacts facts, MountTable mounts) throws Unprotectable {
    var folders = new ArrayList<PlanPath>();
    folders.add(facts.nexusHome());
    folders.add(facts.config());
    folders.addAll(facts.runtime());

    var places = new TreeSet<PlanPath>();
    for (PlanPath folder : folders) {
      requireShown(folder, facts);
      for (Region region : regions(folder, mounts)) {
        for (PlanPath place : places(region, mounts)) {
          if (place.isRoot()) {
            throw new Unprotectable(folder, "the whole of / is mounted in it");
          }
          places.add(place);
        }
      }
    }
    // The app's tree replaces the host's folder of that name, so nothing in it can be reached.
    places.removeIf(place -> place.isWithin(Profile.APP) || !isShown(place, facts));
    List<PlanPath> hidden = outermost(places);
    return new Guard(pins(hidden, mounts), hidden);
  }

  private static void requireShown(PlanPath folder, HostFacts facts) throws Unprotectable {
    if (folder.isWithin(Profile.APP)) {
      throw new Unprotectable(folder, "the app's own tree is shown on " + Profile.APP);
    }
    if (!isShown(folder, facts)) {
      throw new Unprotectable(folder, "it is not in a directory of /");
    }
  }

  private static boolean isShown(PlanPath place, HostFacts facts) {
    return facts.root().stream().anyMatch(entry -> place.isWithin(entry.path()));
  }

  /** The folder itself, and whatever is mounted in it, which may belong to other file systems. */
  private static List<Region> regions(PlanPath folder, MountTable mounts) throws Unprotectable {
    MountEntry around =
        mounts
            .mountAt(folder)
            .orElseThrow(() -> new Unprotectable(folder, "the mount table does not show /"));
    var regions = new ArrayList<Region>();
    regions.add(
        new Region(around.device(), around.root().resolve(folder.below(around.mountPoint()))));
    for (MountEntry mount : mounts.entries()) {
      if (mount.mountPoint().isWithin(folder) && mounts.isVisible(mount)) {
        regions.add(new Region(mount.device(), mount.root()));
      }
    }
    return regions;
  }

  private static List<PlanPath> places(Region region, MountTable mounts) {
    var places = new ArrayList<PlanPath>();
    for (MountEntry mount : mounts.entries()) {
      region
          .shownBy(mount)
          // What a later mount covers, at this path or above it, needs no mask.
          .filter(PlanPath::isNormal)
          .filter(place -> mounts.mountAt(place).filter(mount::equals).isPresent())
          .ifPresent(places::add);
    }
    return places;
  }

  private static List<PlanPath> outermost(TreeSet<PlanPath> places) {
    var outermost = new ArrayList<PlanPath>();
    for (PlanPath place : places) {
      // The order has each place directly after the one it is in.
      if (outermost.isEmpty() || !place.isWithin(outermost.getLast())) {
        outermost.add(place);
      }
    }
    return outermost;
  }

  private static List<PlanPath> pins(List<PlanPath> hidden, MountTable mounts) {
    Set<PlanPath> pins = new TreeSet<>();
    for (PlanPath place : hidden) {
      List<PlanPath> way = place.descent();
      // The first is a mount point in the new root, the last will be covered: neither needs a pin.
      for (PlanPath onTheWay : way.subList(1, Math.max(1, way.size() - 1))) {
        if (mounts
            .mountAt(onTheWay)
            .map(MountEntry::mountPoint)
            .filter(onTheWay::equals)
            .isEmpty()) {
          pins.add(onTheWay);
        }
      }
    }
    return List.copyOf(pins);
  }
}
