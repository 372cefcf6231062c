package nexus.it;

import static nexus.it.Sentences.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An app is started as if it had been started itself. */
@ParameterizedClass
@EnumSource
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RunTest {
  /** Of the caller's environment, what a JVM or the dynamic linker would obey. */
  private static final List<String> POISON =
      List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH");

  @Parameter Nexus.Launcher launcher = Nexus.Launcher.AGENT;

  private Nexus nexus;

  @AfterAll
  void stopAgent() throws IOException, InterruptedException {
    nexus.stopAgent();
  }

  @BeforeAll
  void install(@TempDir Path folder) throws IOException, InterruptedException {
    Path own = Files.createDirectory(folder.resolve(launcher.name()));
    nexus = Nexus.of(User.ordinary(), own).with(launcher);
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx--x--x"));
    // One app for all: what it does is its first argument.
    nexus.installScript("sh", "#!/bin/sh\nscript=$1\nshift\neval \"$script\"\n");
    nexus.installProgram("report", CProgram.compile("report"));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 42, 255})
  void exitStatusIsTheApps(int status) throws IOException, InterruptedException {
    Outcome outcome = nexus.launch("sh", "exit " + status);
    assertThat(outcome.status()).isEqualTo(status);
    assertThat(outcome.err()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"KILL, 9", "SEGV, 11", "TERM, 15", "INT, 2", "ABRT, 6"})
  void deathBySignalIsSeenAsThatByTheParent(String signal, int number)
      throws IOException, InterruptedException {
    Outcome outcome = reap("run", "sh", "kill -" + signal + " $$");
    assertThat(outcome.err()).isEqualTo("killed " + number + "\n");
  }

  @Test
  void appThatIsNotThereIs127() throws IOException, InterruptedException {
    assertRefused(nexus.launch("nosuch"), 127, "there is no app \"nosuch\"", "nexus list");
  }

  @Test
  void appWhoseInterpreterIsMissingIs126() throws IOException, InterruptedException {
    nexus.installScript("noint", "#!/nonexistent/interpreter\n");
    assertRefused(nexus.launch("noint"), 126, "/app/main", "interpreter");
  }

  @Test
  void appThatIsNoProgramIs126() throws IOException, InterruptedException {
    nexus.installScript("noprogram", "\u0001\u0002\u0003 neither ELF nor script\n");
    assertRefused(nexus.launch("noprogram"), 126, "/app/main", "ENOEXEC");
  }

  @Test
  void standardStreamsAreTheCallers() throws IOException, InterruptedException {
    Outcome outcome = nexus.shell("printf abc | $RUN sh 'cat; echo to-err >&2' | tr a-z A-Z");
    assertThat(outcome.out()).isEqualTo("ABC");
    assertThat(outcome.err()).isEqualTo("to-err\n");
  }

  @Test
  void readerThatStopsEndsTheApp() throws IOException, InterruptedException {
    Outcome outcome = nexus.shell("$RUN sh 'exec yes' | head -n 1");
    assertThat(outcome.out()).isEqualTo("y\n");
    assertThat(outcome.duration()).isLessThan(Duration.ofSeconds(30));
  }

  @Test
  void argumentsArriveByteForByte() throws IOException, InterruptedException {
    Outcome outcome =
        nexus.shell(
            """
            all=$(printf '\\377\\001 \\n*"')
            $RUN sh 'printf "%s\\0" "$@"' "" "$all" -- --help -x 'a  b' "$(printf 'n\\nl')"
            """);
    assertThat(outcome.err()).isEmpty();
    assertThat(outcome.outBytes())
        .isEqualTo(bytes("\0\u00ff\u0001 \n*\"\0--\0--help\0-x\0a  b\0n\nl\0"));
  }

  @Test
  void firstDoubleDashIsLeftOut() throws IOException, InterruptedException {
    Outcome outcome = nexus.run("run", "sh", "--", "printf '%s,' \"$@\"", "--", "x");
    assertThat(outcome.out()).isEqualTo("--,x,");
  }

  @Test
  void optionsBehindTheAppAreTheApps() throws IOException, InterruptedException {
    assertThat(nexus.launch("report", "--verify", "-h", "--no-agent").outLines())
        .contains("argv[1] --verify", "argv[2] -h", "argv[3] --no-agent");
  }

  @Test
  void programKnowsItsPathInTheSandbox() throws IOException, InterruptedException {
    assertThat(nexus.launch("report").outLines()).contains("argv[0] /app/main");
  }

  @Test
  void environmentIsTheCallers() throws IOException, InterruptedException {
    Outcome outcome =
        nexus.shell(
            "env -i ODD=\"$(printf '\\377=x')\" EMPTY= HOME=\"$HOME\" PATH=\"$PATH\""
                + " XDG_RUNTIME_DIR=\"$XDG_RUNTIME_DIR\" $RUN sh 'exec cat /proc/self/environ'");
    assertThat(outcome.err()).isEmpty();
    assertThat(new String(outcome.outBytes(), java.nio.charset.StandardCharsets.ISO_8859_1))
        .contains("ODD=\u00ff=x\0", "EMPTY=\0", "HOME=" + nexus.home() + "\0")
        .doesNotContain("NEXUS_", "LC_ALL");
  }

  @Test
  void releasesVariablesAreSetForTheApp() throws IOException, InterruptedException {
    Tree tree = nexus.tree("env").executable("main", "#!/bin/sh\necho \"$A|$B|$C\"\n");
    assertThat(
            nexus
                .run(
                    "import",
                    tree.root().toString(),
                    "--name=env",
                    "--entrypoint=main",
                    "--env=A=1=2",
                    "--env=B=ü x")
                .status())
        .isZero();
    Outcome outcome = nexus.with("B", "the caller's").with("C", "3").launch("env");
    assertThat(outcome.out()).isEqualTo("1=2|ü x|3\n");
  }

  @Test
  void launcherObeysNothingInTheCallersEnvironment() throws IOException, InterruptedException {
    Nexus poisoned = nexus.with("LD_PRELOAD", "/nonexistent/preloaded.so");
    for (String variable : POISON) {
      poisoned = poisoned.with(variable, "-XX:NoSuchOption -Djava.library.path=/nonexistent");
    }
    Outcome outcome = poisoned.shell("unset LD_PRELOAD; LD_PRELOAD=/x.so exec $RUN report");
    // Of the dynamic programs in this, sh alone may complain: before it unsets the variable.
    assertThat(outcome.status()).as(outcome::toString).isZero();
    assertThat(outcome.err()).doesNotContain("/x.so", "Picked up", "NoSuchOption");
  }

  @Test
  void workingDirectoryIsKept() throws IOException, InterruptedException {
    assertThat(nexus.launch("report").outLines()).contains("cwd " + nexus.work());
  }

  @Test
  void workingDirectoryThatTheSandboxHasNotIsReplacedByHome()
      throws IOException, InterruptedException {
    Outcome outcome = nexus.shell("mkdir gone && cd gone && rmdir ../gone && exec $RUN report");
    assertThat(outcome.outLines()).as(outcome::toString).contains("cwd " + nexus.home());
    Outcome inConfig =
        nexus.shell("mkdir -p ~/.config/nexus/x && cd ~/.config/nexus/x && $RUN report");
    assertThat(inConfig.outLines()).as(inConfig::toString).contains("cwd " + nexus.home());
  }

  @Test
  void umaskAndLimitsAreTheCallers() throws IOException, InterruptedException {
    Outcome outcome = nexus.shell("umask 027; ulimit -Sn 100; ulimit -Hn 200; exec $RUN report");
    assertThat(outcome.outLines()).contains("umask 027", "nofile 100 200");
  }

  @Test
  void signalsAreAsTheCallerHadThem() throws IOException, InterruptedException {
    assertThat(nexus.launch("report").out()).doesNotContain("not default", "blocked");
    Outcome ignoring = nexus.shell("trap '' HUP USR1; exec $RUN report");
    assertThat(ignoring.outLines()).contains("not default 1", "not default 10");
  }

  @Test
  void onlyStandardDescriptorsAreOpen() throws IOException, InterruptedException {
    Outcome outcome = nexus.shell("exec 3</ 7<. 9>out; exec $RUN report");
    assertThat(outcome.outLines())
        .filteredOn(line -> line.startsWith("fd "))
        .containsExactly("fd 0", "fd 1", "fd 2");
  }

  @Test
  void closedStandardInputStaysClosed() throws IOException, InterruptedException {
    Outcome outcome = nexus.shell("exec $RUN report <&-");
    assertThat(outcome.outLines())
        .filteredOn(line -> line.startsWith("fd "))
        .containsExactly("fd 1", "fd 2");
  }

  @Test
  void scriptsKnowWhatTheyAreCalled() throws IOException, InterruptedException {
    assertThat(nexus.launch("sh", "echo $0").out()).isEqualTo("/app/main\n");
  }

  @Test
  void entryPointMayBeASymbolicLink() throws IOException, InterruptedException {
    Tree tree =
        nexus
            .tree("link")
            .executable("lib/real", "#!/bin/sh\necho \"real, as $0\"\n")
            .directory("bin")
            .symlink("bin/main", "../lib/real");
    nexus.install("link", tree, "bin/main");
    Outcome outcome = nexus.launch("link");
    assertThat(outcome.status()).as(outcome::toString).isZero();
    // By its own path, as that is what is pinned to the verified inode.
    assertThat(outcome.out()).isEqualTo("real, as /app/lib/real\n");
  }

  @Test
  void elfProgramThroughASymbolicLinkIsCalledByTheLink() throws IOException, InterruptedException {
    Tree tree =
        nexus
            .tree("elflink")
            .executable("real", Files.readAllBytes(CProgram.compile("report")))
            .symlink("tool", "real");
    nexus.install("elflink", tree, "tool");
    assertThat(nexus.launch("elflink").outLines()).contains("argv[0] /app/tool");
  }

  @Test
  void appSeesItsWholeTreeReadOnly() throws IOException, InterruptedException {
    Tree tree =
        nexus
            .tree("whole")
            .executable("bin/main", "#!/bin/sh\ncd /app && find . | LC_ALL=C sort; touch x\n")
            .file("share/a/b", "b")
            .directory("empty")
            .symlink("dangling", "nowhere");
    nexus.install("whole", tree, "bin/main");
    Outcome outcome = nexus.launch("whole");
    assertThat(outcome.outLines())
        .containsExactly(
            ".",
            "./bin",
            "./bin/main",
            "./dangling",
            "./empty",
            "./share",
            "./share/a",
            "./share/a/b");
    assertThat(outcome.err()).containsIgnoringCase("read-only file system");
  }

  @Test
  void twentyLaunchesAtOnceAllSucceed() throws IOException, InterruptedException {
    var launches = new ArrayList<Nexus.Running>();
    for (int i = 0; i < 20; i++) {
      launches.add(nexus.startLaunch("sh", "echo launch " + i + "; exit " + i));
    }
    for (int i = 0; i < 20; i++) {
      Outcome outcome = launches.get(i).end();
      assertThat(outcome.status()).as(outcome::toString).isEqualTo(i);
      assertThat(outcome.out()).isEqualTo("launch " + i + "\n");
    }
  }

  @Test
  void whatTheAppLeftRunningEndsWithIt() throws IOException, InterruptedException {
    String marker = marker(1);
    Outcome outcome = nexus.launch("sh", "setsid sleep " + marker + " & exit 7");
    assertThat(outcome.status()).isEqualTo(7);
    assertThat(processesWith(marker)).isEmpty();
  }

  @Test
  void everythingEndsWithTheLauncher() throws IOException, InterruptedException {
    String marker = marker(2);
    Nexus.Running launch =
        nexus.startLaunch("sh", "setsid sleep " + marker + " & echo up; sleep " + marker);
    launch.awaitOut("up");
    assertThat(processesWith(marker)).isNotEmpty();
    nexus.command(List.of("kill", "-KILL", Long.toString(launch.pid())));
    launch.end();
    for (int i = 0; i < 100 && !processesWith(marker).isEmpty(); i++) {
      TimeUnit.MILLISECONDS.sleep(20);
    }
    assertThat(processesWith(marker)).isEmpty();
  }

  @Test
  void signalToTheLauncherReachesTheApp() throws IOException, InterruptedException {
    Nexus.Running launch =
        nexus.start(
            "run", "sh", "trap 'echo got it; exit 3' TERM; echo up; while :; do sleep 0.1; done");
    launch.awaitOut("up");
    nexus.command(List.of("kill", "-TERM", Long.toString(launch.pid())));
    Outcome outcome = launch.end();
    assertThat(outcome.status()).isEqualTo(3);
    assertThat(outcome.out()).contains("got it");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 10, 30, 60, 100})
  void signalAtAnyMomentOfALaunchEndsIt(int milliseconds) throws IOException, InterruptedException {
    String marker = marker(3);
    Nexus.Running launch = nexus.startLaunch("sh", "sleep " + marker);
    TimeUnit.MILLISECONDS.sleep(milliseconds);
    launch.terminate();
    Outcome outcome = launch.end();
    assertThat(outcome.status()).as(outcome::toString).isEqualTo(128 + 15);
    assertThat(outcome.duration()).isLessThan(Duration.ofSeconds(10));
    assertThat(processesWith(marker)).isEmpty();
  }

  @Test
  void terminalIsTheApps() throws IOException, InterruptedException {
    Needs.program("script");
    Outcome outcome =
        nexus.shell(
            "script -qec '$RUN sh \"stty rows 33 columns 111; test -t 0 && test -t 1 && test"
                + " -t 2 && stty size && echo tty >/dev/tty; exit 5\"' /dev/null </dev/null");
    assertThat(outcome.outLines()).as(outcome::toString).contains("33 111", "tty");
    assertThat(outcome.status()).isEqualTo(5);
  }

  @Test
  void interruptFromTheTerminalReachesTheAppOnce() throws IOException, InterruptedException {
    Needs.program("script");
    Outcome outcome =
        nexus.shell(
            """
            rm -f ready
            (while [ ! -e ready ]; do sleep 0.05; done; printf '\\003'; sleep 1) |
            script -qec 'exec $RUN sh "trap \\"sleep 0.1; echo int\\" INT; echo >ready; sleep 0.6; sleep 0.1; exit 4"' \
              /dev/null
            """);
    assertThat(outcome.outLines())
        .as(outcome::toString)
        .filteredOn(line -> line.endsWith("int"))
        .hasSize(1);
    assertThat(outcome.status()).as(outcome::toString).isEqualTo(4);
  }

  @Test
  void usageErrorsAreSentencesWithStatus2() throws IOException, InterruptedException {
    assertRefused(nexus.run("run"), 2, "APP", "nexus run --help");
    assertRefused(nexus.run("run", "--nonsense", "sh"), 2, "--nonsense");
    assertRefused(nexus.run("run", "--verify", "nothing", "sh"), 2, "--verify", "nothing");
    assertRefused(nexus.run("run", "--on-taint=perhaps", "sh"), 2, "--on-taint", "perhaps");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "..", "../sh", "a/b", "-", "a\nb", "sh\u0007"})
  void impossibleNameIsOneSentence(String name) throws IOException, InterruptedException {
    Outcome outcome = nexus.run("run", "--", name);
    assertThat(outcome.status()).as(outcome::toString).isIn(125, 127, 2);
    Sentences.assertSentence(outcome);
  }

  @Test
  void everyScopeStartsTheApp() throws IOException, InterruptedException {
    for (String option :
        List.of("--verify=tree", "--verify=exec", "--no-agent", "--on-taint=refuse")) {
      Outcome outcome = nexus.run("run", option, "sh", "exit 9");
      assertThat(outcome.status()).as(outcome::toString).isEqualTo(9);
    }
  }

  private Outcome reap(String... arguments) throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    command.add(CProgram.compile("reap").toString());
    command.add(nexus.program().toString());
    command.addAll(List.of(arguments));
    return nexus.command(command);
  }

  private static byte[] bytes(String latin1) {
    return latin1.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
  }

  /** Seconds to sleep that no other process on this machine names. */
  private static String marker(int test) {
    return 80000 + test + "." + ProcessHandle.current().pid() + IntStream.of(test).sum();
  }

  private static List<ProcessHandle> processesWith(String argument) throws IOException {
    var found = new ArrayList<ProcessHandle>();
    for (ProcessHandle process : ProcessHandle.allProcesses().toList()) {
      Path commandLine = Path.of("/proc", Long.toString(process.pid()), "cmdline");
      try {
        if (Files.readString(commandLine, java.nio.charset.StandardCharsets.ISO_8859_1)
            .contains("sleep\0" + argument + "\0")) {
          found.add(process);
        }
      } catch (IOException e) {
        // It has ended.
      }
    }
    return found;
  }
}
