package nexus.it;

import static nexus.it.Sentences.assertReadable;
import static nexus.it.Sentences.assertRefused;
import static nexus.it.Sentences.assertSentence;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever lies below {@code $NEXUS_HOME}, or is wrong with it, gets a sentence and no more. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BadInputTest {
  private static final Duration SECONDS = Duration.ofSeconds(15);

  /** The JVM has 512 MB of heap; what it maps and shares comes on top, what it touches does not. */
  private static final long MAX_RESIDENT_KIB = 400 << 10;

  private Nexus nexus;
  private Path template;

  @BeforeAll
  void install(@TempDir Path folder) throws IOException, InterruptedException {
    nexus = Nexus.of(User.ordinary(), folder);
    Tree tree = nexus.tree("app").executable("main", "#!/bin/sh\necho running\n");
    tree.file("share/big", new byte[3 << 19]).symlink("share/link", "big");
    nexus.install("app", tree, "main");
    nexus.installScript("other", "#!/bin/sh\necho other\n");
    Path mirror = nexus.work().resolve("mirror");
    nexus.run("mirror", "export", mirror.toString());
    nexus.run("mirror", "add", mirror.toUri().toString());
    // For a taint record and something in quarantine.
    nexus.shell("chmod u+w \"$1\" && echo >>\"$1\"", nexus.checkout("app", "main").toString());
    assertThat(nexus.run("verify", "--heal", "app").status()).isZero();
    template = nexus.home().resolveSibling("template");
    run("cp", "-a", nexus.home().toString(), template.toString());
  }

  @BeforeEach
  void startFromAGoodStore() throws IOException, InterruptedException {
    run("rm", "-rf", nexus.home().toString());
    run("cp", "-a", template.toString(), nexus.home().toString());
  }

  /** What is put in the place of something. */
  enum Plant {
    FIFO("mkfifo \"$1\"", 1),
    ENDLESS_LINK("ln -s /dev/zero \"$1\"", 1),
    HUGE("truncate -s 1T \"$1\"", 5),
    DIRECTORY("mkdir -p \"$1/x\"", 5),
    EMPTY(": >\"$1\"", 5),
    TRUNCATED("head -c \"$(($(stat -c %s \"$1.old\") / 2))\" \"$1.old\" >\"$1\"", 5),
    CYCLE("ln -s \"$1\" \"$1\"", 5);

    private final String script;

    /** Of so many places, it is planted at one: the time that tests may take has an end. */
    private final int every;

    Plant(String script, int every) {
      this.script = script;
      this.every = every;
    }
  }

  @ParameterizedTest
  @EnumSource
  void whateverIsPlantedInTheStoreNothingHangsAndNothingWrongRuns(Plant plant)
      throws IOException, InterruptedException {
    List<String> places = places();
    assertThat(places).hasSizeGreaterThan(20);
    int planted = 0;
    int ran = 0;
    // Where each begins is another place.
    for (int i = plant.name().length() % plant.every; i < places.size(); i += plant.every) {
      String place = places.get(i);
      startFromAGoodStore();
      Outcome made =
          nexus.shell(
              "mv \"$1\" \"$1.old\" && { " + plant.script + "; } && rm -rf \"$1.old\"",
              nexus.store().resolve(place).toString());
      if (made.status() != 0) {
        // There is no half of a directory.
        continue;
      }
      planted++;
      String what = plant + " at " + place;
      Outcome launch = bounded("run", "app");
      assertThat(launch.status()).as("%s: %s", what, launch).isIn(0, 125, 126, 127);
      assertThat(launch.out())
          .as("%s: %s", what, launch)
          .isEqualTo(launch.status() == 0 ? "running\n" : "");
      ran += launch.status() == 0 ? 1 : 0;
      assertSaid(what, launch);
      if (planted % 6 == 1) {
        assertBounded(what, "verify", "--all", "--heal");
      } else if (planted % 6 == 3) {
        assertBounded(what, "list");
      } else if (planted % 6 == 5) {
        String tree = nexus.trees().resolve("app").toString();
        assertBounded(what, "import", tree, "--name=new", "--entrypoint=main");
      }
    }
    System.out.printf("planted %s at %d places, the app ran %d times%n", plant, planted, ran);
  }

  private void assertBounded(String what, String... command)
      throws IOException, InterruptedException {
    Outcome outcome = bounded(command);
    assertThat(outcome.status()).as("%s: %s", what, outcome).isIn(0, 1);
    assertSaid(what, outcome);
  }

  private static void assertSaid(String what, Outcome outcome) {
    if (outcome.status() != 0) {
      assertThat(outcome.err() + outcome.out()).as(what).isNotBlank();
    }
    if (!outcome.err().isEmpty()) {
      assertThat(outcome.err()).as(what).startsWith("nexus: ");
      assertReadable(outcome);
    }
  }

  /** Runs within seconds and little memory. */
  private Outcome bounded(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(nexus.program().toString()));
    command.addAll(List.of(arguments));
    return nexus.start(command).end(SECONDS);
  }

  /** Returns everything in the store but the many empty folders of it. */
  private List<String> places() throws IOException {
    List<String> places = new ArrayList<>();
    try (Stream<Path> walk = Files.walk(nexus.store())) {
      for (Path path : walk.sorted().toList()) {
        boolean empty;
        try (Stream<Path> in =
            Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)
                ? Files.list(path)
                : Stream.of(path)) {
          empty = in.findAny().isEmpty();
        }
        boolean fanout = path.getFileName() != null && path.getFileName().toString().length() == 2;
        if (!path.equals(nexus.store()) && !(empty && fanout)) {
          places.add(nexus.store().relativize(path).toString());
        }
      }
    }
    return places;
  }

  @Test
  void hugeFilesTakeNoMemory() throws IOException, InterruptedException {
    Needs.program("/usr/bin/time");
    Path big = nexus.checkout("app", "share/big");
    assertThat(big.toFile().setWritable(true)).isTrue();
    try (var file = new RandomAccessFile(big.toFile(), "rw")) {
      file.setLength(1L << 40);
    }
    for (Path record : Nexus.files(nexus.store().resolve("state"))) {
      try (var file = new RandomAccessFile(record.toFile(), "rw")) {
        file.setLength(1L << 40);
      }
    }
    Outcome outcome =
        nexus.command(
            List.of("/usr/bin/time", "-f", "%M", nexus.program().toString(), "verify", "--all"));
    assertThat(outcome.status()).as(outcome::toString).isEqualTo(1);
    assertThat(outcome.duration()).isLessThan(SECONDS);
    String resident = outcome.err().lines().toList().getLast();
    assertThat(Long.parseLong(resident)).as(outcome::toString).isLessThan(MAX_RESIDENT_KIB);
  }

  @Test
  void unreadableRecordHidesNoOtherApp() throws IOException, InterruptedException {
    Path record = nexus.store().resolve("state/installed/app.json");
    nexus.command(List.of("chmod", "000", record.toString()));
    Outcome list = nexus.run("list");
    assertThat(list.out()).as(list::toString).contains("other");
    assertThat(list.status()).isEqualTo(1);
    assertSentence(list);
    Outcome launch = nexus.launch("app");
    assertThat(launch.status()).as(launch::toString).isIn(125, 126);
    assertSentence(launch);
  }

  @ParameterizedTest
  @ValueSource(strings = {"objects", "checkouts", "trees"})
  void folderWithoutPermissionIsOneSentence(String folder)
      throws IOException, InterruptedException {
    nexus.command(List.of("chmod", "000", nexus.store().resolve("cas").resolve(folder).toString()));
    Outcome launch = nexus.launch("app");
    if (launch.status() != 0) {
      assertThat(launch.status()).as(launch::toString).isIn(125, 126);
      assertThat(launch.err()).contains(folder);
    }
    Outcome list = nexus.run("list");
    assertReadable(list);
    nexus.command(List.of("chmod", "700", nexus.store().resolve("cas").resolve(folder).toString()));
  }

  // The kernel

  @Test
  void withoutUserNamespacesTheLaunchSaysWhichSwitchItIs()
      throws IOException, InterruptedException {
    Needs.mountNamespaces();
    Outcome outcome =
        nexus.shell(
            "exec unshare -Ur sh -c 'echo 0 >/proc/sys/user/max_user_namespaces && exec \"$NEXUS\" run"
                + " app'");
    assertRefused(
        outcome, 125, "user namespace", "user.max_user_namespaces is 0", "sysctl -w user.max_user");
  }

  // Where $NEXUS_HOME is

  @Test
  void withoutHomeTheUsersDatabaseIsAsked() throws IOException, InterruptedException {
    Outcome outcome =
        nexus.without("HOME").with("NEXUS_HOME", nexus.store().toString()).run("list");
    assertThat(outcome.status()).as(outcome::toString).isIn(0, 1);
    if (outcome.status() == 0) {
      assertThat(outcome.out()).contains("app");
    } else {
      assertSentence(outcome);
    }
    Outcome launch =
        nexus.without("HOME").with("NEXUS_HOME", nexus.store().toString()).launch("app");
    assertThat(launch.status()).as(launch::toString).isIn(0, 125);
    assertReadable(launch);
  }

  @Test
  void emptyHomeIsLikeNone() throws IOException, InterruptedException {
    Outcome outcome = nexus.with("HOME", "").launch("app");
    assertThat(outcome.status()).as(outcome::toString).isIn(125, 127);
    assertSentence(outcome);
  }

  @Test
  void homeThatCannotBeWrittenIsOneSentence() throws IOException, InterruptedException {
    Path closed = Files.createDirectories(nexus.work().resolve("closed"));
    nexus.user().own(closed);
    nexus.command(List.of("chmod", "500", closed.toString()));
    Nexus there = nexus.with("HOME", closed.toString());
    assertRefused(there.run("list"), 1, closed.toString(), "EACCES");
    assertRefused(there.launch("app"), 125, closed.toString(), "EACCES");
  }

  @Test
  void homeOnAReadOnlyFileSystemIsOneSentence() throws IOException, InterruptedException {
    Outcome outcome = nexus.with("NEXUS_HOME", "/proc/nexus").launch("app");
    assertThat(outcome.status()).as(outcome::toString).isEqualTo(125);
    assertSentence(outcome);
    assertThat(outcome.err()).contains("/proc/nexus");
  }

  @ParameterizedTest
  @ValueSource(strings = {"relative/path", ".", "~/nexus"})
  void relativeNexusHomeIsRefused(String path) throws IOException, InterruptedException {
    assertRefused(nexus.with("NEXUS_HOME", path).run("list"), 1, "NEXUS_HOME", "absolute");
    assertRefused(nexus.with("NEXUS_HOME", path).launch("app"), 125, "NEXUS_HOME", "absolute");
  }

  @Test
  void nexusHomeThatIsASymbolicLinkIsRefused() throws IOException, InterruptedException { // A20
    nexus.shell("mv ~/.local/share/nexus ~/elsewhere && ln -s ~/elsewhere ~/.local/share/nexus");
    assertRefused(nexus.run("list"), 1, nexus.store().toString(), "symbolic link");
    assertRefused(nexus.launch("app"), 125, nexus.store().toString(), "symbolic link");
  }

  @Test
  void symbolicLinkThatAnAppCouldReplaceIsRefused() throws IOException, InterruptedException {
    nexus.shell("mv ~/.local ~/elsewhere && ln -s ~/elsewhere ~/.local");
    Outcome launch = nexus.launch("app");
    assertThat(launch.status()).as(launch::toString).isIn(0, 125);
    assertReadable(launch);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "cas", "cas/objects", "state", "state/installed", "staging"})
  void folderThatOthersCanWriteIsRefused(String folder)
      throws IOException, InterruptedException { // A20
    Path path = nexus.store().resolve(folder);
    nexus.command(List.of("chmod", "770", path.toString()));
    assertRefused(
        nexus.launch("app"), 125, path.toString(), "can be written by others", "chmod go-w");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "cas", "state/installed"})
  void folderOfSomebodyElseIsRefused(String folder)
      throws IOException, InterruptedException { // A20
    Needs.root();
    Path path = nexus.store().resolve(folder);
    run("chown", "1234", path.toString());
    run("chmod", "755", path.toString());
    assertRefused(nexus.launch("app"), 125, path.toString(), "another user");
  }

  private static void run(String... command) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor())
        .as("%s", Stream.of(command).toList())
        .isZero();
  }
}
