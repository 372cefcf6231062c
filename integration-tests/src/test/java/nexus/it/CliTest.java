package nexus.it;

import static nexus.it.Sentences.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands that show and change what is installed, and what all commands have in common. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CliTest {
  private Nexus nexus;

  @AfterAll
  void stopAgent() throws IOException, InterruptedException {
    nexus.stopAgent();
  }

  @BeforeAll
  void install(@TempDir Path folder) throws IOException, InterruptedException {
    nexus = Nexus.of(User.ordinary(), folder);
    nexus.installScript("hello", "#!/bin/sh\necho hello\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--help",
        "-h",
        "run --help",
        "import --help",
        "verify --help",
        "mirror --help",
        "mirror add --help",
        "mirror remove --help",
        "mirror list --help",
        "mirror export --help",
        "list --help",
        "info --help",
        "remove --help",
        "completion --help",
        "help",
        "help import"
      })
  void helpIsPrintedAndNothingIsWrong(String command) throws IOException, InterruptedException {
    Outcome outcome = nexus.run(command.split(" "));
    assertThat(outcome.status()).as(outcome::toString).isZero();
    assertThat(outcome.out()).startsWith("Usage: nexus");
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.outLines())
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
  }

  @Test
  void helpNeedsNoStore() throws IOException, InterruptedException {
    Outcome outcome = nexus.with("NEXUS_HOME", "/proc/nowhere").run("import", "--help");
    assertThat(outcome.status()).as(outcome::toString).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"--version", "-V"})
  void versionIsPrinted(String option) throws IOException, InterruptedException {
    Outcome outcome = nexus.run(option);
    assertThat(outcome.status()).isZero();
    assertThat(outcome.out()).matches("nexus \\d+\\.\\d+\\.\\d+\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "nonsense",
        "--nonsense",
        "import",
        "import dir",
        "import dir --name a",
        "import dir --name a --entrypoint e --env novalue",
        "info",
        "info a b",
        "remove",
        "list --nonsense",
        "completion fish",
        "mirror",
        "mirror add",
        "mirror nonsense",
        "mirror export",
        "verify --nonsense"
      })
  void usageErrorIsOneSentenceAndStatus2(String command) throws IOException, InterruptedException {
    assertRefused(nexus.run(command.split(" ")), 2, "--help");
  }

  @Test
  void noCommandIsAUsageError() throws IOException, InterruptedException {
    assertRefused(nexus.run(), 2, "nexus --help");
  }

  @Test
  void bashAcceptsItsCompletionScript() throws IOException, InterruptedException {
    Outcome script = nexus.run("completion", "bash");
    assertThat(script.status()).isZero();
    Path file = nexus.tree("completion").file("bash", script.out()).path("bash");
    Outcome syntax = nexus.command(List.of("bash", "-n", file.toString()));
    assertThat(syntax.status()).as(syntax::toString).isZero();
    Outcome completed =
        nexus.command(
            List.of(
                "bash",
                "-c",
                """
                source "$0" && COMP_WORDS=(nexus i) && COMP_CWORD=1 &&
                $(complete -p nexus | sed 's/.*-F \\([^ ]*\\).*/\\1/') nexus i nexus &&
                echo "${COMPREPLY[*]}"
                """,
                file.toString()));
    assertThat(completed.out()).as(completed::toString).contains("import", "info");
  }

  @Test
  void zshAcceptsItsCompletionScript() throws IOException, InterruptedException {
    Outcome script = nexus.run("completion", "zsh");
    assertThat(script.status()).isZero();
    Needs.program("zsh");
    Path file = nexus.tree("completion").file("zsh", script.out()).path("zsh");
    Outcome syntax = nexus.command(List.of("zsh", "-n", file.toString()));
    assertThat(syntax.status()).as(syntax::toString).isZero();
  }

  @Test
  void listNamesTheApps() throws IOException, InterruptedException {
    assertThat(nexus.run("list").out()).contains("hello  0  local, unsigned\n");
    assertThat(strings(nexus.run("list", "--json"), "name")).contains("hello");
  }

  @Test
  void listOfNothingIsEmpty(@TempDir Path empty) throws IOException, InterruptedException {
    Nexus none = Nexus.of(User.ordinary(), empty);
    Outcome outcome = none.run("list");
    assertThat(outcome.status()).isZero();
    assertThat(outcome.out()).isEmpty();
    assertThat(none.run("list", "--json").out().strip()).matches("\\[\\s*\\]");
  }

  @Test
  void infoSaysWhatIsKnown() throws IOException, InterruptedException {
    String tree = nexus.treeDigest("hello");
    assertThat(tree).matches("[0-9a-f]{64}");
    Outcome outcome = nexus.run("info", "hello");
    assertThat(outcome.out())
        .containsPattern("name: +hello\n")
        .containsPattern("trust: +local, unsigned\n")
        .containsPattern("content: +1 files?, 21 B\n")
        .containsPattern("entrypoint: +main\n");
    Outcome json = nexus.run("info", "--json", "hello");
    assertThat(strings(json, "tree")).containsExactly(tree);
    assertThat(strings(json, "trust")).containsExactly("local, unsigned");
  }

  @ParameterizedTest
  @CsvSource({"info", "remove", "verify"})
  void unknownAppIsOneSentence(String command) throws IOException, InterruptedException {
    assertRefused(nexus.run(command, "nosuch"), 1, "there is no app \"nosuch\"", "nexus list");
  }

  @Test
  void removedAppIsGoneAndItsDiskIsFree() throws IOException, InterruptedException {
    var bytes = new byte[4 << 20];
    new Random(3).nextBytes(bytes);
    Tree tree =
        nexus.tree("large").executable("main", "#!/bin/sh\necho hello\n").file("data", bytes);
    nexus.install("large", tree, "main");
    long before = diskUse();
    Outcome outcome = nexus.run("remove", "large");
    assertThat(outcome.status()).as(outcome::toString).isZero();
    assertThat(outcome.out()).contains("removed large, freed 4.2 MB");
    assertThat(before - diskUse()).isGreaterThan(bytes.length - 4096);
    assertRefused(nexus.launch("large"), 127, "no app");
    // Its program is also that of the other app.
    assertThat(nexus.launch("hello").out()).isEqualTo("hello\n");
  }

  @Test
  void severalAreRemovedAtOnce() throws IOException, InterruptedException {
    nexus.installScript("r1", "#!/bin/sh\necho 1\n");
    nexus.installScript("r2", "#!/bin/sh\necho 2\n");
    assertThat(nexus.run("remove", "r1", "r2").outLines()).hasSize(2);
    assertThat(nexus.run("list").out()).doesNotContain("r1", "r2");
  }

  @Test
  void runningAppGoesOnWhenItIsRemoved() throws IOException, InterruptedException {
    Tree tree =
        nexus
            .tree("busy")
            .executable("main", "#!/bin/sh\necho up\nread line <\"$1\"\ncat /app/sub/data\n")
            .file("sub/data", "still here\n");
    nexus.install("busy", tree, "main");
    Path checkout = nexus.checkout("busy", "");
    Path fifo = nexus.work().resolve("fifo");
    nexus.command(List.of("mkfifo", fifo.toString()));
    Nexus.Running running = nexus.start("run", "busy", fifo.toString());
    running.awaitOut("up");
    Outcome removed = nexus.run("remove", "busy");
    assertThat(removed.status()).as(removed::toString).isZero();
    nexus.shell("echo go >\"$1\"", fifo.toString());
    Outcome outcome = running.end();
    assertThat(outcome.out()).as(outcome::toString).isEqualTo("up\nstill here\n");

    nexus.installScript("other", "#!/bin/sh\necho other\n");
    nexus.run("remove", "other");
    assertThat(checkout).as("swept by the next removal").doesNotExist();
  }

  @Test
  void removedDirectoryIsOneSentence() throws IOException, InterruptedException {
    Outcome outcome = nexus.shell("mkdir gone && cd gone && rmdir ../gone && exec \"$NEXUS\" list");
    assertRefused(outcome, 1, "working directory");
  }

  @Test
  void everyExitCodeIsInTheDocument() throws IOException, InterruptedException {
    Path documents = Path.of(System.getProperty("nexus.documents", "docs"));
    String text = Files.readString(documents.resolve("exit-codes.md"));
    Tree tree = nexus.tree("codes").executable("main", "\u0001\u0002");
    nexus.install("codes", tree, "main");
    List<Outcome> launches =
        List.of(
            nexus.run("run", "--help"),
            nexus.run("run"),
            nexus.with("NEXUS_HOME", "relative").launch("codes"),
            nexus.launch("codes"),
            nexus.launch("nosuch"));
    assertThat(launches).extracting(Outcome::status).containsExactly(0, 2, 125, 126, 127);
    List<Outcome> commands =
        List.of(nexus.run("list"), nexus.run("info", "nosuch"), nexus.run("x"));
    assertThat(commands).extracting(Outcome::status).containsExactly(0, 1, 2);
    assertThat(codes(text)).containsExactly(0, 1, 2, 125, 126, 127);
  }

  private static List<Integer> codes(String text) {
    return Pattern.compile("^\\| (\\d+) \\|", Pattern.MULTILINE)
        .matcher(text)
        .results()
        .map(row -> Integer.valueOf(row.group(1)))
        .distinct()
        .toList();
  }

  private long diskUse() throws IOException {
    long total = 0;
    for (Path object : nexus.objects()) {
      total += Files.size(object);
    }
    return total;
  }

  /** Returns the values of every member of this name. */
  static List<String> strings(Outcome json, String member) throws IOException {
    var values = new java.util.ArrayList<String>();
    try (JsonParser parser = new JsonFactory().createParser(json.outBytes())) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token == JsonToken.FIELD_NAME && parser.currentName().equals(member)) {
          parser.nextToken();
          values.add(parser.getText());
        }
      }
    }
    return values;
  }
}
