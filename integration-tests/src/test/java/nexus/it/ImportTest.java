package nexus.it;

import static nexus.it.Sentences.assertReadable;
import static nexus.it.Sentences.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code nexus import}: what is taken, what is refused, and what an interrupted one leaves. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ImportTest {
  private static final String HELLO = "#!/bin/sh\necho hello\n";
  private static final Pattern TREE = Pattern.compile("tree ([0-9a-f]{64})");

  private Nexus nexus;

  @AfterAll
  void stopAgent() throws IOException, InterruptedException {
    nexus.stopAgent();
  }

  @BeforeAll
  void makeHome(@TempDir Path folder) throws IOException, InterruptedException {
    nexus = Nexus.of(User.ordinary(), folder);
    nexus.installScript("hello", HELLO);
  }

  @Test
  void sameTreeHasTheSameDigestWhateverOrderTimesAndModes()
      throws IOException, InterruptedException {
    Tree one =
        nexus
            .tree("one")
            .executable("main", HELLO)
            .file("a", "a")
            .file("b/c", "c")
            .directory("empty")
            .symlink("link", "b/c");
    Tree other =
        nexus
            .tree("other")
            .symlink("link", "b/c")
            .directory("empty")
            .file("b/c", "c")
            .file("a", "a")
            .executable("main", HELLO);
    Files.setLastModifiedTime(other.path("a"), FileTime.fromMillis(0));
    // What a umask takes away, but for the owner's right to execute, is nothing of the tree.
    nexus.command(List.of("chmod", "700", other.path("main").toString()));
    nexus.command(List.of("chmod", "600", other.path("a").toString()));
    nexus.command(List.of("chmod", "700", other.path("b").toString()));

    String first = digest(nexus.install("one", one, "main"));
    assertThat(digest(nexus.install("other", other, "main"))).isEqualTo(first);
    Outcome outcome =
        nexus.shell(
            "umask 077; exec \"$NEXUS\" import \"$1\" --name third --entrypoint main",
            other.root().toString());
    assertThat(digest(outcome)).isEqualTo(first);
    assertThat(outcome.out()).contains("(0 B new)", "local, unsigned");
  }

  @Test
  void checkoutIsTheTree() throws IOException, InterruptedException {
    Tree tree = nexus.tree("odd").executable("main", HELLO);
    var bytes = new byte[3 << 19];
    new Random(1).nextBytes(bytes);
    tree.file("big", bytes)
        .file("big again", bytes)
        .file("empty", "")
        .directory("empty directory")
        .symlink("dangling", "no/where")
        .symlink("absolute", "/etc/passwd")
        .symlink("cycle", "cycle")
        .symlink("up", "../..")
        .file("inner", "inner")
        .hardLink("inner link", "inner");
    Outcome names =
        nexus.shell(
            """
            cd "$1" && echo x >"$(printf 'latin1 \\344')" && echo y >"$(printf 'new\\nline')" &&
            mkdir "$(printf '\\001\\033[31m')" && echo z >"$(printf '\\001\\033[31m')/ '\\*" &&
            d=$(printf '%0100d' 0) && mkdir -p "$d/$d/$d/$d/$d" && echo deep >"$d/$d/$d/$d/$d/f"
            """,
            tree.root().toString());
    assertThat(names.status()).as(names::toString).isZero();

    nexus.install("odd", tree, "main");
    Outcome difference =
        nexus.command(
            List.of(
                "diff",
                "-r",
                "--no-dereference",
                tree.root().toString(),
                nexus.checkout("odd", "").toString()));
    assertThat(difference.status()).as(difference::toString).isZero();
    assertThat(nexus.launch("odd").out()).isEqualTo("hello\n");
  }

  @Test
  void equalFilesAreStoredOnce() throws IOException, InterruptedException {
    Tree tree = nexus.tree("many").executable("main", HELLO);
    for (int i = 0; i < 50; i++) {
      tree.file("copy" + i, "x".repeat(1000));
    }
    assertThat(nexus.install("many", tree, "main").out()).contains("51 files", "(1.0 kB new)");
  }

  @Test
  void thousandsOfSmallFilesAreImported() throws IOException, InterruptedException {
    Tree tree = nexus.tree("thousands").executable("main", HELLO);
    for (int i = 0; i < 5000; i++) {
      Path file = tree.path(i % 50 + "/" + i);
      Files.createDirectories(file.getParent());
      Files.writeString(file, "number " + i);
    }
    Outcome outcome = nexus.install("thousands", tree, "main");
    assertThat(outcome.out()).contains("5001 files");
    assertThat(outcome.err()).as("quiet where there is no terminal").isEmpty();
    assertThat(nexus.launch("thousands").out()).isEqualTo("hello\n");

    Needs.program("script");
    Outcome terminal =
        nexus.shell(
            "exec script -qec 'exec \"$NEXUS\" import \"'\"$1\"'\" --name t --entrypoint main' /dev/null",
            tree.root().toString());
    assertThat(terminal.status()).as(terminal::toString).isZero();
    assertThat(terminal.out()).contains("importing t: ", " of 5001 files", "B/s", "\r\u001b[K");
  }

  @ParameterizedTest
  @CsvSource({"4755, setuid", "2755, setgid", "6644, setuid"})
  void setuidAndSetgidFilesAreRefused(String mode, String word)
      throws IOException, InterruptedException {
    Tree tree = nexus.tree("setid").executable("main", HELLO).file("sub/dangerous", "x");
    nexus.command(List.of("chmod", mode, tree.path("sub/dangerous").toString()));
    assertImportRefused(tree, "main", "sub/dangerous", word);
  }

  @Test
  void fifoIsRefused() throws IOException, InterruptedException {
    Tree tree = nexus.tree("fifo").executable("main", HELLO).directory("sub");
    nexus.command(List.of("mkfifo", tree.path("sub/pipe").toString()));
    assertImportRefused(tree, "main", "sub/pipe", "fifo");
  }

  @Test
  void socketIsRefused() throws IOException, InterruptedException {
    Tree tree = nexus.tree("socket").executable("main", HELLO);
    try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      server.bind(UnixDomainSocketAddress.of(tree.path("listening")));
      assertImportRefused(tree, "main", "listening", "socket");
    }
  }

  @Test
  void deviceIsRefused() throws IOException, InterruptedException {
    Needs.root();
    Tree tree = nexus.tree("device").executable("main", HELLO);
    int made =
        new ProcessBuilder("mknod", tree.path("dev").toString(), "c", "1", "3")
            .inheritIO()
            .start()
            .waitFor();
    Needs.that(made == 0, "the right to make a device");
    assertImportRefused(tree, "main", "dev", "device");
  }

  @Test
  void hardLinkThatLeadsOutOfTheTreeIsRefused() throws IOException, InterruptedException {
    Tree tree = nexus.tree("outlink").executable("main", HELLO).file("sub/shared", "x");
    Files.createLink(nexus.work().resolve("outside"), tree.path("sub/shared"));
    assertImportRefused(tree, "main", "sub/shared", "hard link");
  }

  @Test
  void unreadableFileIsRefused() throws IOException, InterruptedException {
    Tree tree = nexus.tree("unreadable").executable("main", HELLO).file("sub/secret", "x");
    nexus.command(List.of("chmod", "000", tree.path("sub/secret").toString()));
    assertImportRefused(tree, "main", "sub/secret", "EACCES");
  }

  @Test
  void pathInAMessageIsPrintable() throws IOException, InterruptedException {
    Tree tree = nexus.tree("evil").executable("main", HELLO);
    nexus.shell("cd \"$1\" && mkfifo \"$(printf 'a\\033]0;b\\nc\\377')\"", tree.root().toString());
    assertImportRefused(tree, "main", "fifo");
  }

  @Test
  void treeThatIsDeeperThanPathsAreLongIsRefused() throws IOException, InterruptedException {
    Tree tree = nexus.tree("deep").executable("main", HELLO);
    Outcome made =
        nexus.shell(
            "d=$(printf '%0200d' 0); cd \"$1\" && i=0 && while [ $i -lt 25 ]; do mkdir $d && cd -P $d || exit; i=$((i+1)); done",
            tree.root().toString());
    assertThat(made.status()).as(made::toString).isZero();
    Outcome outcome = importTree(tree, "main");
    assertRefused(outcome, 1, "0000/0000");
    nexus.command(List.of("rm", "-rf", tree.root().toString()));
  }

  @ParameterizedTest
  @CsvSource({
    "missing, is not in",
    "directory, is a directory",
    "../one/main, has .. in it",
    "directory/../main, has .. in it",
    "/bin/sh, is absolute",
    "plain, is not executable",
    "broken, is a symbolic link to nowhere",
    "outside, is a symbolic link to /bin/sh",
    "'', entry point",
  })
  void entryPointThatIsNoProgramOfTheTreeIsRefused(String entrypoint, String why)
      throws IOException, InterruptedException {
    Tree tree =
        nexus
            .tree("one")
            .executable("main", HELLO)
            .directory("directory")
            .file("plain", "x")
            .symlink("broken", "nowhere")
            .symlink("outside", "/bin/sh");
    assertImportRefused(tree, entrypoint, why);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "..", ".hidden", "a/b", "a b", "a\nb", "ü"})
  void badNameIsRefused(String name) throws IOException, InterruptedException {
    Tree tree = nexus.tree("one").executable("main", HELLO);
    Outcome outcome =
        nexus.run("import", tree.root().toString(), "--name=" + name, "--entrypoint=main");
    assertRefused(outcome, 1, "no app name");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--version=a b", "--version=", "--env=1A=x", "--env=A-B=x"})
  void badVersionsAndVariablesAreRefusedAndNothingIsLeft(String option)
      throws IOException, InterruptedException {
    Tree tree = nexus.tree("one").executable("main", HELLO);
    Outcome outcome =
        nexus.run("import", tree.root().toString(), "--name=bad", "--entrypoint=main", option);
    assertThat(outcome.status()).as(outcome::toString).isIn(1, 2);
    Sentences.assertSentence(outcome);
    assertThat(nexus.run("list").out()).doesNotContain("bad");
  }

  @ParameterizedTest
  @ValueSource(strings = {"nosuch", "one/main", "/dev/null"})
  void whatIsNoDirectoryIsRefused(String directory) throws IOException, InterruptedException {
    nexus.tree("one").executable("main", HELLO);
    String path = nexus.work().resolveSibling("trees").resolve(directory).toString();
    assertRefused(nexus.run("import", path, "--name=a", "--entrypoint=main"), 1, path);
  }

  @Test
  void relativeDirectoryIsTheCallers() throws IOException, InterruptedException {
    nexus.tree("one").executable("main", HELLO);
    Outcome outcome =
        nexus.shell(
            "cd ../trees && ln -s one link && exec \"$NEXUS\" import link/ --name a --entrypoint main");
    assertThat(outcome.status()).as(outcome::toString).isZero();
  }

  @Test
  void nextImportReplacesTheApp() throws IOException, InterruptedException {
    nexus.install("next", nexus.tree("v1").executable("main", "#!/bin/sh\necho one\n"), "main");
    nexus.install("next", nexus.tree("v2").executable("main", "#!/bin/sh\necho two\n"), "main");
    assertThat(nexus.launch("next").out()).isEqualTo("two\n");
    assertThat(nexus.run("info", "next").out()).containsPattern("sequence: +2");
  }

  @Test
  void failedImportLeavesTheInstalledVersion() throws IOException, InterruptedException {
    nexus.install("a", nexus.tree("v1").executable("main", "#!/bin/sh\necho one\n"), "main");
    Tree bad = nexus.tree("v2").executable("main", HELLO);
    nexus.command(List.of("mkfifo", bad.path("pipe").toString()));
    assertThat(importTree(bad, "main").status()).isEqualTo(1);
    assertThat(nexus.launch("a").out()).isEqualTo("one\n");
  }

  @Test
  void killedImportIsMadeUpForByTheNext() throws IOException, InterruptedException {
    Tree tree = nexus.tree("large").executable("main", HELLO);
    var random = new Random(7);
    var bytes = new byte[1 << 20];
    for (int i = 0; i < 60; i++) {
      random.nextBytes(bytes);
      tree.file("f" + i, bytes);
    }
    for (int i = 0; i < 4; i++) {
      Nexus.Running running =
          nexus.start("import", tree.root().toString(), "--name=a", "--entrypoint=main");
      Path staging = nexus.store().resolve("staging");
      int wanted = new int[] {1, 20, 55, 61}[i];
      while (running.isAlive() && count(staging) < wanted) {
        TimeUnit.MILLISECONDS.sleep(1);
      }
      TimeUnit.MILLISECONDS.sleep(i == 3 ? 30 : 0);
      nexus.command(List.of("kill", "-KILL", Long.toString(running.pid())));
      running.end();
    }
    nexus.install("a", tree, "main");
    assertThat(count(nexus.store().resolve("staging"))).isZero();
    Outcome difference =
        nexus.command(
            List.of("diff", "-r", tree.root().toString(), nexus.checkout("a", "").toString()));
    assertThat(difference.status()).as(difference::toString).isZero();
    assertThat(nexus.launch("a").out()).isEqualTo("hello\n");
  }

  @ParameterizedTest
  @CsvSource({"size=64k", "size=700k", "size=1460k", "size=1544k", "nr_inodes=800"})
  void fullDiskIsOneSentenceAndChangesNothing(String limit)
      throws IOException, InterruptedException {
    Needs.mountNamespaces();
    nexus.tree("v1").executable("main", "#!/bin/sh\necho one\n");
    Tree large = nexus.tree("v2").executable("main", "#!/bin/sh\necho two\n");
    var random = new Random(7);
    var bytes = new byte[64 << 10];
    for (int i = 0; i < 24; i++) {
      random.nextBytes(bytes);
      large.file("f" + i, bytes);
    }
    // The limit is set when version 1 is there: how far the import gets is up to it.
    Outcome outcome =
        nexus.shell(
            """
            exec unshare -Urm sh -c '
              mkdir -p "$HOME/.local/share/nexus" && cd "$HOME/.local/share/nexus" &&
              mount -t tmpfs -o mode=700 none . && cd . &&
              cd "$1" &&
              "$NEXUS" import v1 --name a --entrypoint main >/dev/null || exit 90
              mount -t tmpfs -o "remount,$0" none "$HOME/.local/share/nexus" || exit 91
              "$NEXUS" import v2 --name a --entrypoint main
              echo "import $?"
              ls -A "$HOME/.local/share/nexus/staging"
              "$NEXUS" run --no-agent a
              mount -t tmpfs -o "remount,size=100m,nr_inodes=9999" none "$HOME/.local/share/nexus"
              "$NEXUS" import v2 --name a --entrypoint main >/dev/null && "$NEXUS" run --no-agent a
            ' "$1" "$2"
            """,
            limit,
            nexus.trees().toString());
    assertThat(outcome.outLines()).as(outcome::toString).containsExactly("import 1", "one", "two");
    Sentences.assertSentence(outcome);
    assertThat(outcome.err()).contains("ENOSPC", "free some space");
  }

  private Outcome importTree(Tree tree, String entrypoint)
      throws IOException, InterruptedException {
    return nexus.run(
        "import", tree.root().toString(), "--name=refused", "--entrypoint=" + entrypoint);
  }

  /** Asserts that the import fails with this in its sentence, and that nothing came of it. */
  private void assertImportRefused(Tree tree, String entrypoint, String... words)
      throws IOException, InterruptedException {
    Outcome outcome = importTree(tree, entrypoint);
    assertRefused(outcome, 1, words);
    assertReadable(outcome);
    assertThat(nexus.store().resolve("state/installed/refused.json")).doesNotExist();
    assertThat(nexus.store().resolve("staging")).isEmptyDirectory();
  }

  private static String digest(Outcome imported) {
    Matcher matcher = TREE.matcher(imported.out());
    assertThat(matcher.find()).as(imported::toString).isTrue();
    return matcher.group(1);
  }

  private static long count(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return 0;
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.count();
    }
  }
}
