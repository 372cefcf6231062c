package nexus.policy;

import java.util.ArrayList;
import java.util.List;
import nexus.policy.HostFacts.RootEntry;

/** Hosts for tests. */
final class Host {
  static final PlanPath NEXUS_HOME = PlanPath.of("/home/ada/.local/share/nexus");
  static final PlanPath CAS = NEXUS_HOME.resolve("cas");
  static final PlanPath CONFIG = PlanPath.of("/home/ada/.config/nexus");
  static final PlanPath RUNTIME = PlanPath.of("/run/user/1000/nexus");

  // Mutable state
  private final List<MountEntry> mounts = new ArrayList<>();

  /** A host whose root is one file system, {@code 8:1}, with {@code /run} and {@code /proc}. */
  static Host plain() {
    return new Host()
        .mount("8:1", "/", "/")
        .mount("0:5", "/", "/dev")
        .mount("0:21", "/", "/proc")
        .mount("0:24", "/", "/run")
        .mount("0:50", "/", "/run/user/1000");
  }

  /** Mounts a part of a file system where a look-up now ends, as mount(8) does. */
  Host mount(String device, String root, String mountPoint) {
    PlanPath point = PlanPath.of(mountPoint);
    long parent = table().mountAt(point).map(MountEntry::id).orElse(1L);
    mounts.add(new MountEntry(mounts.size() + 20L, parent, device, PlanPath.of(root), point));
    return this;
  }

  MountTable table() {
    return MountTable.of(mounts);
  }

  static HostFacts facts() {
    return facts(NEXUS_HOME);
  }

  static HostFacts facts(PlanPath nexusHome) {
    var root = new ArrayList<RootEntry>();
    root.add(new RootEntry.Link(PlanPath.of("/bin"), PlanPath.of("usr/bin")));
    root.add(new RootEntry.File(PlanPath.of("/swapfile")));
    for (String name : List.of("app", "dev", "home", "mnt", "proc", "run", "usr", "var")) {
      root.add(new RootEntry.Directory(PlanPath.ROOT.resolve(name)));
    }
    return new HostFacts(nexusHome, nexusHome.resolve("cas"), CONFIG, List.of(RUNTIME), root);
  }
}
