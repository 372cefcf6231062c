package nexus.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.LongStream;
import nexus.policy.MountModel.Mount;
import nexus.policy.PolicyException.Unprotectable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever is mounted where, no plan leaves a way to write what it should protect. */
final class TrustedProfilePropertyTest {
  private static final int HOSTS = 400;
  private static final List<PlanPath> PROTECTED =
      List.of(Host.NEXUS_HOME, Host.CONFIG, Host.RUNTIME);
  private static final List<String> DEVICES = List.of("8:1", "8:1", "8:2", "0:30");
  private static final List<String> ROOTS =
      List.of(
          "/",
          "/home",
          "/home/ada",
          "/home/ada/.local",
          "/home/ada/.local/share/nexus",
          "/home/ada/.local/share/nexus/cas",
          "/home/ada/.local/share/nexus/cas/objects",
          "/home/ada/.config",
          "/ada",
          "/nexus",
          "/nexus/cas",
          "/user/1000/nexus",
          "/srv");
  private static final List<String> POINTS =
      List.of(
          "/home",
          "/home/ada",
          "/home/ada/.local",
          "/home/ada/.local/share",
          "/home/ada/.local/share/nexus",
          "/home/ada/.local/share/nexus/cas",
          "/home/ada/.local/share/nexus/cas/objects",
          "/home/ada/.local/share/nexus/data/app",
          "/home/ada/.config/nexus",
          "/home/ada/tree",
          "/mnt",
          "/mnt/a",
          "/mnt/a/ada",
          "/mnt/a/ada/.local",
          "/mnt/home",
          "/run",
          "/run/user/1000",
          "/var/home",
          "/usr/lib",
          "/app",
          "/hidden");

  private static LongStream seeds() {
    return LongStream.concat(LongStream.range(0, 8), LongStream.of(System.nanoTime()));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void noWritablePathLeadsToWhatIsProtected(long seed) {
    var random = new Random(seed);
    int planned = 0;
    for (int i = 0; i < HOSTS; i++) {
      MountModel host = anyHost(random);
      Optional<SandboxPlan> plan = compile(host);
      if (plan.isPresent()) {
        planned++;
        check(host, host.after(plan.get()), plan.get());
      }
    }
    assertThat(planned).isGreaterThan(HOSTS / 2);
  }

  private static MountModel anyHost(Random random) {
    var host = new MountModel();
    host.mount(PlanPath.ROOT, "8:1", PlanPath.ROOT, false);
    for (int i = random.nextInt(8); i > 0; i--) {
      host.mount(any(random, POINTS), any(DEVICES, random), any(random, ROOTS), false);
    }
    return host;
  }

  private static PlanPath any(Random random, List<String> paths) {
    return PlanPath.of(any(paths, random));
  }

  private static String any(List<String> list, Random random) {
    return list.get(random.nextInt(list.size()));
  }

  private static Optional<SandboxPlan> compile(MountModel host) {
    try {
      return Optional.of(Profile.TRUSTED.compile(Host.facts(), host.table(), List.of()));
    } catch (Unprotectable e) {
      return Optional.empty();
    } catch (PolicyException e) {
      throw new AssertionError(e);
    }
  }

  private static void check(MountModel host, MountModel tree, SandboxPlan plan) {
    for (PlanPath folder : PROTECTED) {
      Mount around = host.at(folder);
      PlanPath inside = around.inside(folder);
      for (Mount mount : tree.mounts()) {
        if (!mount.readOnly) {
          mount
              .shows(around.device, inside)
              .filter(place -> tree.at(place) == mount)
              .ifPresent(
                  place -> {
                    throw new AssertionError(
                        folder + " can be written at " + place + "\n" + show(host) + plan);
                  });
        }
      }
      for (PlanPath onTheWay : folder.descent()) {
        // Renaming takes a name that is no mount point in a folder that can be written.
        assertThat(tree.at(onTheWay).point.equals(onTheWay) || tree.at(onTheWay.parent()).readOnly)
            .as("%s cannot be renamed\n%s%s", onTheWay, show(host), plan)
            .isTrue();
      }
    }
    Mount store = tree.at(Host.CAS);
    assertThat(store.readOnly).isTrue();
    assertThat(store.device).isEqualTo(host.at(Host.CAS).device);
    assertThat(store.inside(Host.CAS)).isEqualTo(host.at(Host.CAS).inside(Host.CAS));
  }

  private static String show(MountModel host) {
    var text = new StringBuilder();
    for (MountEntry entry : host.table().entries()) {
      text.append(entry).append('\n');
    }
    return text.toString();
  }
}
