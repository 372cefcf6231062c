package nexus.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * An app that is hostile, in the sandbox. What it tries is in {@code attack.c}; each attempt is
 * also made where it can succeed, so that a failure inside is not one of the attempt itself.
 */
@ParameterizedClass
@MethodSource("callers")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SandboxTest {
  /** What an app may do in a user namespace of its own without reaching anything of ours. */
  private static final List<String> HARMLESS =
      List.of(
          "nested user namespace",
          "nested uid_map",
          "nested mount namespace",
          "nested bind",
          "nested open_tree");

  @Parameter(0)
  User user = User.SELF;

  @Parameter(1)
  Nexus.Launcher launcher = Nexus.Launcher.AGENT;

  static Stream<Arguments> callers() {
    return User.all().stream()
        .flatMap(
            user ->
                Stream.of(Nexus.Launcher.values()).map(launcher -> Arguments.of(user, launcher)));
  }

  private Nexus nexus;
  private Path attack;
  private Map<String, String> store = Map.of();

  @AfterAll
  void stopAgent() throws IOException, InterruptedException {
    nexus.stopAgent();
  }

  @BeforeAll
  void install(@TempDir Path folder) throws IOException, InterruptedException {
    Path own = Files.createDirectory(folder.resolve(launcher + "-" + user));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
    nexus = Nexus.of(user, own).with(launcher);
    attack = CProgram.compile("attack");
    nexus.installScript("sh", "#!/bin/sh\neval \"$1\"\n");
    Tree tree =
        nexus
            .tree("attack")
            .executable("main", Files.readAllBytes(attack))
            .file("data", "of the app\n");
    nexus.install("attack", tree, "main");
    nexus.install(
        "victim", nexus.tree("victim").executable("main", "#!/bin/sh\n").file("data", "x"), "main");
    store = fingerprint();
  }

  @AfterEach
  void storeIsAsItWas() throws IOException {
    assertThat(fingerprint()).isEqualTo(store);
  }

  @Test
  void nothingCanBeChangedInTheStore() throws IOException, InterruptedException { // A01-A03
    String object = nexus.checkout("victim", "data").toRealPath().toString();
    assertAllRefused(whatSucceedsOutside(), attempts("store", object));
  }

  @Test
  void nothingCanBeChangedInTheAppsOwnTree() throws IOException, InterruptedException {
    assertAllRefused(whatSucceedsOutside(), attempts("store", "/app/data"));
  }

  @Test
  void everyObjectIsReadOnlyToTheApp() throws IOException, InterruptedException {
    Outcome outcome =
        nexus.launch(
            "sh",
            "cd ~/.local/share/nexus/cas && find . -exec sh -c 'for f; do chmod u+w \"$f\" 2>/dev/null"
                + " && echo \"changed $f\"; done' sh {} + ; find . -type f | wc -l");
    assertThat(outcome.outLines()).as(outcome::toString).hasSize(1);
    assertThat(Integer.parseInt(outcome.out().strip())).isGreaterThan(5);
  }

  @Test
  void mountsCannotBeChanged() throws IOException, InterruptedException { // A05, A06
    Path cas = nexus.store().resolve("cas");
    String object = nexus.objects().getFirst().toString();
    Map<String, String> inside = attempts("mounts", cas.toString(), object);
    assertThat(inside.keySet()).contains("remount", "umount");
    inside.forEach(
        (attempt, result) -> {
          if (!HARMLESS.contains(attempt)) {
            assertThat(result).as("%s, of %s", attempt, inside).isNotEqualTo("OK");
          }
        });
  }

  @Test
  void mountsCouldBeChangedByWhoMadeThem() throws IOException, InterruptedException {
    Needs.mountNamespaces();
    Path copy = nexus.work().resolve("weak/cas/objects");
    nexus.command(List.of("mkdir", "-p", copy.toString()));
    nexus.command(List.of("touch", copy.resolve("object").toString()));
    Outcome outcome =
        nexus.command(
            List.of(
                "unshare",
                "-Urm",
                "sh",
                "-c",
                "mount --bind \"$1\" \"$1\" && mount -o remount,bind,ro \"$1\" && exec \"$0\" mounts"
                    + " \"$1\" \"$2\"",
                attack.toString(),
                nexus.work().resolve("weak/cas").toString(),
                copy.resolve("object").toString()));
    assertThat(parse(outcome))
        .containsEntry("remount", "OK")
        .containsEntry("write after remount", "OK")
        .containsEntry("mount_setattr", "OK")
        .containsEntry("umount", "OK");
  }

  @Test
  void launchersProcessesAreOutOfReach() throws IOException, InterruptedException { // A09, A42
    Map<String, String> inside = attempts("processes");
    assertThat(inside).containsEntry("after killing 1", "OK").hasSizeGreaterThan(12);
    inside.forEach(
        (attempt, result) -> {
          if (!attempt.equals("after killing 1")) {
            assertThat(result).as("%s, of %s", attempt, inside).isNotEqualTo("OK");
          }
        });
  }

  @Test
  void ownProgramCannotBeRewrittenThroughADescriptor()
      throws IOException, InterruptedException { // A07
    Map<String, String> inside = attempts("self");
    assertThat(inside)
        .containsOnlyKeys(
            "chmod /proc/self/exe",
            "fchmod the program",
            "chmod the program",
            "write the program",
            "truncate the program")
        .doesNotContainValue("OK");
    Path copy = nexus.tree("own").executable("attack", Files.readAllBytes(attack)).path("attack");
    assertThat(parse(nexus.command(List.of(copy.toString(), "self"))).values())
        .as("outside")
        .containsOnly("OK");
  }

  @Test
  void appHasNoCapabilities() throws IOException, InterruptedException { // A06
    String none = "0000000000000000";
    assertThat(attempts("status"))
        .containsEntry("CapInh", none)
        .containsEntry("CapPrm", none)
        .containsEntry("CapEff", none)
        .containsEntry("CapBnd", none)
        .containsEntry("CapAmb", none)
        .containsEntry("NoNewPrivs", "1");
  }

  @Test
  void appSeesNoProcessesButItsOwn() throws IOException, InterruptedException {
    assertThat(attempts("status")).containsEntry("processes", "2");
    Outcome outcome = nexus.launch("sh", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '");
    assertThat(outcome.out()).doesNotContain("surefire", "java");
    assertThat(nexus.shell("cat /proc/self/cmdline /proc/[0-9]*/cmdline").out()).contains("java");
  }

  @Test
  void kernelsSwitchesAreReadOnly() throws IOException, InterruptedException {
    Map<String, String> inside = attempts("switches");
    assertThat(inside).doesNotContainKey("writable").isNotEmpty();
    assertThat(inside.get("sysrq")).isNotEqualTo("OK");
    if (user.isPowerful()) {
      assertThat(parse(nexus.command(List.of(attack.toString(), "switches"))))
          .containsKey("writable");
    }
  }

  @Test
  void nothingAboveTheStoreCanBeRenamed() throws IOException, InterruptedException { // A10
    String top = String.valueOf(nexus.home().getParent());
    String path = nexus.store().resolve("cas/objects").toString();
    assertThat(attempts("ancestors", top, path)).hasSizeGreaterThan(5).doesNotContainValue("OK");

    Path other = Files.createDirectories(nexus.tree("way").path(".local/share/nexus"));
    user.own(nexus.trees());
    Map<String, String> outside =
        parse(nexus.command(List.of(attack.toString(), "ancestors", top, other.toString())));
    assertThat(outside)
        .containsEntry("rename " + other, "OK")
        .containsEntry("rename " + other.getParent(), "OK");
  }

  @Test
  void falseStoreCannotBePlanted() throws IOException, InterruptedException { // A10, A11, A40
    Outcome outcome =
        nexus.launch(
            "sh",
            """
            cd ~/.local/share || exit 3
            mv nexus moved; mkdir nexus2 && rmdir nexus2 || echo "home is read-only"
            mkdir nexus/state nexus/x; ls -A nexus; ls -A nexus/cas | sort
            """);
    assertThat(outcome.outLines())
        .as(outcome::toString)
        .containsExactly("cas", "checkouts", "maps", "objects", "trees");
  }

  @Test
  void ownFoldersAreHidden() throws IOException, InterruptedException { // A41
    nexus.shell("mkdir -p ~/.config/nexus && echo secret >~/.config/nexus/mirrors");
    Path runtime = nexus.home().resolveSibling("runtime/nexus");
    Outcome outcome = nexus.launch("sh", hidden(runtime));
    assertThat(outcome.out()).as(outcome::toString).isEqualTo("end\n");
    nexus.shell("rm ~/.config/nexus/mirrors");
  }

  @Test
  void ownFoldersThatDoNotExistCannotBeMade() throws IOException, InterruptedException { // A41
    nexus.shell("rm -rf ~/.config \"$XDG_RUNTIME_DIR/nexus\"");
    Path runtime = nexus.home().resolveSibling("runtime/nexus");
    Outcome outcome = nexus.launch("sh", hidden(runtime));
    assertThat(outcome.out()).as(outcome::toString).isEqualTo("end\n");
    Outcome left = nexus.shell("ls -A ~/.config/nexus; ls -A \"$XDG_RUNTIME_DIR/nexus\"");
    assertThat(left.outLines()).allSatisfy(name -> assertThat(name).startsWith("agent-"));
  }

  /** Says what is seen in our folders, or could be made there. */
  private static String hidden(Path runtime) {
    return """
    for folder in ~/.config/nexus %s; do
      ls -A $folder
      mkdir -p $folder/x 2>/dev/null && echo "made $folder/x"
      echo x 2>/dev/null >$folder/mirrors && echo "wrote $folder/mirrors"
      mv $folder ~/moved 2>/dev/null && echo "moved $folder"
      rmdir $folder 2>/dev/null && echo "removed $folder"
      chmod 777 $folder 2>/dev/null && echo "opened $folder"
    done 2>/dev/null
    mv ~/.config ~/moved 2>/dev/null && echo "moved .config"
    for folder in state quarantine staging trust; do
      ls ~/.local/share/nexus/$folder 2>/dev/null && echo "saw $folder"
    done
    echo end
    """
        .formatted(runtime);
  }

  @Test
  void otherPathToTheStoreIsHidden() throws IOException, InterruptedException { // A11
    Needs.mountNamespaces();
    String below = nexus.store().relativize(nexus.checkout("victim", "data")).toString();
    Outcome outcome =
        nexus.shell(
            """
            mkdir -p ../alias && exec unshare -Urm sh -c '
              mount --bind "$HOME/.local/share" ../alias && ls ../alias/nexus/"$0" >&2 &&
              exec "$NEXUS" run --no-agent sh "ls ../alias/nexus; ls ../alias/nexus/$0 && echo seen"' "$1"
            """,
            below);
    assertThat(outcome.err()).as(outcome::toString).contains("/data\n");
    assertThat(outcome.out()).as(outcome::toString).doesNotContain("seen", "state");
  }

  @Test
  void inheritedDescriptorsAreClosed() throws IOException, InterruptedException { // A08
    Outcome outcome =
        nexus.shell(
            "exec 5</ 6<\"$HOME/.local/share/nexus\" 7<. 8>keep;"
                + " exec $RUN sh 'exec /app/../usr/bin/env ls /proc/self/fd'");
    // The fourth is that of the folder that ls reads.
    assertThat(outcome.outLines()).as(outcome::toString).containsExactly("0", "1", "2", "3");
  }

  @Test
  void sessionKeyringIsNew() throws IOException, InterruptedException {
    Outcome outside =
        nexus.command(List.of(attack.toString(), "add-key", attack.toString(), "find-key"));
    Needs.that(outside.status() != 4, "kernel keyrings");
    assertThat(parse(outside)).containsEntry("find key", "OK");
    Outcome inside =
        nexus.command(
            List.of(
                attack.toString(),
                "add-key",
                nexus.program().toString(),
                "run",
                "attack",
                "find-key"));
    assertThat(parse(inside)).containsEntry("find key", "ENOKEY");
  }

  @Test
  void appHasNamespacesOfItsOwn() throws IOException, InterruptedException {
    String kinds = "for n in user mnt pid ipc uts cgroup; do readlink /proc/self/ns/$n; done";
    assertThat(nexus.launch("sh", kinds).outLines())
        .hasSize(6)
        .doesNotContainAnyElementsOf(nexus.shell(kinds).outLines());
  }

  @Test
  void exitStatusOfAHostileAppIsStillItsOwn() throws IOException, InterruptedException {
    // Should the sandbox fail us, these would be the machine's processes.
    String killAll = "set -- /proc/[0-9]*; [ $# -lt 10 ] && kill -KILL -1; exit 17";
    assertThat(nexus.launch("sh", killAll).status()).isIn(17, 128 + 9);
    assertThat(nexus.launch("sh", "exit 42").status()).isEqualTo(42);
  }

  private List<String> whatSucceedsOutside() throws IOException, InterruptedException {
    Tree copy = nexus.tree("outside").file("folder/object", "x");
    Map<String, String> outside =
        parse(
            nexus.command(
                List.of(attack.toString(), "store", copy.path("folder/object").toString())));
    List<String> succeeded = new ArrayList<>();
    outside.forEach(
        (attempt, result) -> {
          if (result.equals("OK")) {
            succeeded.add(attempt);
          }
        });
    assertThat(succeeded).as("of %s", outside).hasSizeGreaterThan(25);
    return succeeded;
  }

  private static void assertAllRefused(List<String> attempts, Map<String, String> inside) {
    assertThat(inside.keySet()).containsAll(attempts);
    assertThat(inside).doesNotContainValue("OK");
  }

  private Map<String, String> attempts(String... arguments)
      throws IOException, InterruptedException {
    return parse(nexus.launch("attack", arguments));
  }

  private static Map<String, String> parse(Outcome outcome) {
    assertThat(outcome.status()).as(outcome::toString).isZero();
    Map<String, String> results = new LinkedHashMap<>();
    for (String line : outcome.outLines()) {
      int colon = line.lastIndexOf(": ");
      results.put(line.substring(0, colon), line.substring(colon + 2));
    }
    return results;
  }

  /** Returns the mode, time and digest of everything in the store. */
  private Map<String, String> fingerprint() throws IOException {
    Map<String, String> fingerprint = new TreeMap<>();
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(nexus.store().resolve("cas"))) {
      paths = walk.toList();
    }
    for (Path path : paths) {
      var attributes = Files.readAttributes(path, "unix:mode,ctime", LinkOption.NOFOLLOW_LINKS);
      String content = "";
      if (Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
        content = HexFormat.of().formatHex(sha256().digest(Files.readAllBytes(path)));
      }
      fingerprint.put(path.toString(), attributes + content);
    }
    return fingerprint;
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
