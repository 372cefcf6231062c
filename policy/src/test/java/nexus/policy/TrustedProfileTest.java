package nexus.policy;

import static nexus.policy.MountAttribute.NO_DEVICES;
import static nexus.policy.MountAttribute.NO_SUID;
import static nexus.policy.MountAttribute.READ_ONLY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import nexus.policy.PolicyException.Unprotectable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class TrustedProfileTest {
  private static SandboxPlan compile(Host host) throws PolicyException {
    return Profile.TRUSTED.compile(Host.facts(), host.table(), List.of());
  }

  /** The places that the plan hides besides the three of every plan. */
  private static List<String> alsoHidden(Host host) throws PolicyException {
    return compile(host).steps().stream()
        .filter(step -> step instanceof Step.Mask)
        .map(step -> step.path().toString())
        .filter(path -> !path.equals(Host.CONFIG.toString()))
        .filter(path -> !path.equals(Host.RUNTIME.toString()))
        .toList();
  }

  private static List<String> pinned(Host host) throws PolicyException {
    return compile(host).steps().stream()
        .filter(step -> step instanceof Step.Pin)
        .map(step -> step.path().toString())
        .toList();
  }

  private static Stream<Golden> goldens() {
    PlanPath app = Profile.APP;
    PlanPath checkout = Host.CAS.resolve("checkouts/0123");
    return Stream.of(
        new Golden("plain", Host.plain(), List.of()),
        new Golden(
            "app-view",
            Host.plain(),
            List.of(
                new Step.Tmpfs(app, 0755),
                new Step.Directory(app.resolve("bin")),
                new Step.File(app.resolve("bin/tool")),
                new Step.Bind(
                    checkout.resolve("bin/tool"),
                    app.resolve("bin/tool"),
                    false,
                    Set.of(READ_ONLY, NO_SUID, NO_DEVICES)),
                new Step.Symlink(
                    app.resolve(PlanPath.of(new byte[] {'n', (byte) 0xe9})),
                    PlanPath.of("bin/tool")),
                new Step.Seal(app))),
        new Golden(
            "home-twice",
            Host.plain().mount("8:1", "/home", "/var/home").mount("8:1", "/", "/mnt"),
            List.of()),
        new Golden(
            "btrfs",
            new Host()
                .mount("0:30", "/@", "/")
                .mount("0:30", "/@home", "/home")
                .mount("0:30", "/", "/mnt/all")
                .mount("0:50", "/", "/run"),
            List.of()));
  }

  record Golden(String name, Host host, List<Step> appView) {
    @Override
    public String toString() {
      return name;
    }
  }

  /** With {@code -Dnexus.golden=write} the plans as they are become the expected ones. */
  @ParameterizedTest
  @MethodSource("goldens")
  void planIsTheGoldenOne(Golden golden) throws PolicyException, IOException {
    String plan =
        Profile.TRUSTED.compile(Host.facts(), golden.host().table(), golden.appView()).toString();
    String name = "trusted-" + golden.name() + ".plan";
    if ("write".equals(System.getProperty("nexus.golden"))) {
      Files.writeString(Path.of("src/test/resources/nexus/policy", name), plan);
      return;
    }
    try (InputStream expected = TrustedProfileTest.class.getResourceAsStream(name)) {
      assertThat(plan)
          .isEqualTo(
              new String(
                  Objects.requireNonNull(expected, name).readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  @Test
  void secondMountOfTheFileSystemIsMasked() throws PolicyException {
    assertThat(alsoHidden(Host.plain().mount("8:1", "/", "/mnt/disk")))
        .containsExactly(
            "/mnt/disk/home/ada/.config/nexus", "/mnt/disk/home/ada/.local/share/nexus");
  }

  @Test
  void waysToAliasesArePinnedFromTheTop() throws PolicyException {
    assertThat(pinned(Host.plain().mount("8:1", "/home/ada", "/mnt/disk/ada")))
        .containsExactly(
            "/home/ada",
            "/home/ada/.config",
            "/home/ada/.local",
            "/home/ada/.local/share",
            "/mnt/disk",
            "/mnt/disk/ada/.config",
            "/mnt/disk/ada/.local",
            "/mnt/disk/ada/.local/share",
            "/run/user");
  }

  @Test
  void mountOfAPartOfTheStoreIsMaskedWhole() throws PolicyException {
    assertThat(
            alsoHidden(
                Host.plain()
                    .mount("8:1", "/home/ada/.local/share/nexus/cas/objects", "/mnt/objects")
                    .mount("8:1", "/home/ada/.local/share/nexus/state/a//deleted", "/mnt/gone")))
        .containsExactly("/mnt/gone", "/mnt/objects");
  }

  @Test
  void mountOfASiblingIsLeftAlone() throws PolicyException {
    assertThat(
            alsoHidden(
                Host.plain()
                    .mount("8:1", "/home/ada/.local/share/nexus-other", "/mnt/a")
                    .mount("8:1", "/srv", "/mnt/b")
                    .mount("8:17", "/", "/mnt/c")))
        .isEmpty();
  }

  @Test
  void aliasUnderALaterMountIsLeftAlone() throws PolicyException {
    assertThat(alsoHidden(Host.plain().mount("8:1", "/", "/mnt").mount("0:60", "/", "/mnt")))
        .isEmpty();
    assertThat(alsoHidden(Host.plain().mount("8:1", "/", "/mnt/a").mount("0:60", "/", "/mnt")))
        .isEmpty();
    assertThat(
            alsoHidden(Host.plain().mount("8:1", "/", "/mnt").mount("0:60", "/", "/mnt/home/ada")))
        .isEmpty();
  }

  @Test
  void aliasThroughAMountInAnAliasIsMasked() throws PolicyException {
    assertThat(
            alsoHidden(
                Host.plain()
                    .mount("8:1", "/home", "/mnt")
                    .mount("0:60", "/", "/mnt/ada")
                    .mount("8:1", "/home/ada/.local", "/mnt/ada/local")))
        .containsExactly("/mnt/ada/local/share/nexus");
  }

  @Test
  void homeOnItsOwnFileSystemIsNotSeenThroughTheRoots() throws PolicyException {
    assertThat(
            alsoHidden(
                Host.plain()
                    .mount("8:2", "/", "/home")
                    .mount("8:1", "/", "/mnt/root")
                    .mount("8:2", "/ada", "/mnt/ada")))
        .containsExactly("/mnt/ada/.config/nexus", "/mnt/ada/.local/share/nexus");
  }

  @Test
  void storeOnItsOwnFileSystemIsMaskedWhereverThatIsMounted() throws PolicyException {
    assertThat(
            alsoHidden(
                Host.plain()
                    .mount("8:33", "/store", "/home/ada/.local/share/nexus/cas")
                    .mount("8:33", "/", "/mnt/big")))
        .containsExactly("/mnt/big/store");
  }

  @Test
  void mountInTheAppsPlaceIsNotSeen() throws PolicyException {
    assertThat(alsoHidden(Host.plain().mount("8:1", "/home", "/app/home"))).isEmpty();
  }

  @Test
  void mountOutsideWhatIsShownIsNotMasked() throws PolicyException {
    assertThat(alsoHidden(Host.plain().mount("8:1", "/home", "/hidden/home"))).isEmpty();
  }

  @Test
  void foldersInsideOneAnotherAreHiddenOnce() throws PolicyException {
    var nexusHome = Host.CONFIG.resolve("store");
    SandboxPlan plan =
        Profile.TRUSTED.compile(Host.facts(nexusHome), Host.plain().table(), List.of());
    assertThat(plan.toString())
        .contains(
            """
            tmpfs /home/ada/.config/nexus mode=0755
            directory /home/ada/.config/nexus/store
            directory /home/ada/.config/nexus/store/cas
            bind /home/ada/.config/nexus/store/cas on /home/ada/.config/nexus/store/cas recursive ro nosuid nodev
            seal /home/ada/.config/nexus
            """)
        .doesNotContain("mask /home");
  }

  @Test
  void refusesStoreInTheAppsPlace() {
    assertThatThrownBy(
            () ->
                Profile.TRUSTED.compile(
                    Host.facts(PlanPath.of("/app/nexus")), Host.plain().table(), List.of()))
        .isInstanceOf(Unprotectable.class)
        .hasMessageContaining("/app/nexus");
  }

  @Test
  void refusesStoreThatIsNotShown() {
    assertThatThrownBy(
            () ->
                Profile.TRUSTED.compile(
                    Host.facts(PlanPath.of("/hidden/nexus")), Host.plain().table(), List.of()))
        .isInstanceOf(Unprotectable.class);
  }

  @Test
  void refusesRootMountedInTheStore() {
    assertThatThrownBy(() -> compile(Host.plain().mount("8:1", "/", Host.CAS + "/all")))
        .isInstanceOf(Unprotectable.class);
  }

  @Test
  void refusesTableWithoutARoot() {
    assertThatThrownBy(() -> compile(new Host())).isInstanceOf(Unprotectable.class);
  }

  @Test
  void refusesAppViewThatLeavesItsPlace() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                Profile.TRUSTED.compile(
                    Host.facts(),
                    Host.plain().table(),
                    List.of(new Step.Directory(PlanPath.of("/etc")))));
  }

  @Test
  void storeIsBelowNexusHome() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new HostFacts(Host.NEXUS_HOME, Host.CONFIG, Host.CONFIG, List.of(), List.of()));
  }
}
