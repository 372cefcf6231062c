package nexus.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The distribution as one user has it, with a home of its own in a temporary folder. Nothing of the
 * real user's is in its environment.
 */
final class Nexus {
  private static final String RUN = "run";
  private static final String NO_AGENT = "--no-agent";
  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private final User user;
  private final Path folder;
  private final Path program;
  private final Map<String, String> environment;
  private final Launcher launcher;

  /** Who prepares what {@code nexus run} starts. */
  enum Launcher {
    /** The resident agent, which the first launch starts. */
    AGENT,
    /** A JVM for one launch. */
    ONE_SHOT
  }

  private Nexus(
      User user, Path folder, Path program, Map<String, String> environment, Launcher launcher) {
    this.user = user;
    this.folder = folder;
    this.program = program;
    this.environment = environment;
    this.launcher = launcher;
  }

  /** Makes a home in a temporary folder of the test, in which each user has a part. */
  static Nexus of(User user, Path temporary) throws IOException, InterruptedException {
    Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwx--x--x"));
    Path folder = Files.createDirectory(temporary.resolve(user.name().toLowerCase(Locale.ROOT)));
    Files.createDirectories(folder.resolve("home"));
    Files.createDirectories(folder.resolve("work"));
    Files.createDirectories(folder.resolve("trees"));
    Files.createDirectories(
        folder.resolve("runtime"),
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    user.own(folder);
    Map<String, String> environment = new HashMap<>();
    environment.put("PATH", System.getenv("PATH"));
    environment.put("HOME", folder.resolve("home").toString());
    environment.put("XDG_RUNTIME_DIR", folder.resolve("runtime").toString());
    environment.put("LANG", "C.UTF-8");
    return new Nexus(
        user, folder, Distribution.of(user).resolve("bin/nexus"), environment, Launcher.AGENT);
  }

  static Nexus of(Path folder) throws IOException, InterruptedException {
    return of(User.SELF, folder);
  }

  /** Returns the same with another environment variable. */
  Nexus with(String name, String value) {
    Map<String, String> changed = new HashMap<>(environment);
    changed.put(name, value);
    return new Nexus(user, folder, program, changed, launcher);
  }

  Nexus without(String name) {
    Map<String, String> changed = new HashMap<>(environment);
    changed.remove(name);
    return new Nexus(user, folder, program, changed, launcher);
  }

  /** Returns the same with this launcher, for {@code nexus run} and {@code $RUN}. */
  Nexus with(Launcher other) {
    return new Nexus(user, folder, program, environment, other);
  }

  /** Ends the agent, if there is one. */
  void stopAgent() throws IOException, InterruptedException {
    run("agent", "stop");
  }

  User user() {
    return user;
  }

  /** The program, {@code bin/nexus}. */
  Path program() {
    return program;
  }

  /** The user's home directory. */
  Path home() {
    return folder.resolve("home");
  }

  /** The user's folder in which commands are started. */
  Path work() {
    return folder.resolve("work");
  }

  /** {@code $NEXUS_HOME}. */
  Path store() {
    String given = environment.get("NEXUS_HOME");
    return given == null ? home().resolve(".local/share/nexus") : Path.of(given);
  }

  /** The folder with the folders that {@link #tree} makes. */
  Path trees() {
    return folder.resolve("trees");
  }

  /** Makes an empty folder for a test's own files, which belong to the user. */
  Tree tree(String name) throws IOException, InterruptedException {
    Path root = trees().resolve(name);
    assertThat(new ProcessBuilder("rm", "-rf", root.toString()).start().waitFor()).isZero();
    return new Tree(user, Files.createDirectories(root));
  }

  /** Imports a tree, which must succeed. */
  Outcome install(String name, Tree tree, String entrypoint)
      throws IOException, InterruptedException {
    Outcome outcome =
        run("import", tree.root().toString(), "--name", name, "--entrypoint", entrypoint);
    assertThat(outcome.status()).as(outcome::toString).isZero();
    return outcome;
  }

  /** Imports an app that is one script. */
  void installScript(String name, String script) throws IOException, InterruptedException {
    install(name, tree(name).executable("main", script), "main");
  }

  /** Imports an app that is one copy of a program. */
  void installProgram(String name, Path file) throws IOException, InterruptedException {
    install(name, tree(name).executable("main", Files.readAllBytes(file)), "main");
  }

  /** Runs {@code nexus} with these arguments to its end. */
  Outcome run(String... arguments) throws IOException, InterruptedException {
    return command(line(arguments));
  }

  /** Runs {@code nexus run} of an app with these arguments to its end. */
  Outcome launch(String app, String... arguments) throws IOException, InterruptedException {
    return command(line(words(app, arguments)));
  }

  /**
   * Runs a shell script, in which {@code $NEXUS} is the program, {@code $RUN} the start of a
   * command line that runs an app, and {@code $1} the first argument.
   */
  Outcome shell(String script, String... arguments) throws IOException, InterruptedException {
    return command(
        Stream.concat(Stream.of("sh", "-c", script, "sh"), Stream.of(arguments)).toList());
  }

  /** Runs a command of this user to its end, with nothing on its standard input. */
  Outcome command(List<String> command) throws IOException, InterruptedException {
    return start(command).end(TIMEOUT);
  }

  /** Starts {@code nexus}. */
  Running start(String... arguments) throws IOException {
    return start(line(arguments));
  }

  /** Returns the command line of {@code nexus} with these arguments. */
  private List<String> line(String... arguments) {
    List<String> line = new ArrayList<>(List.of(program.toString()));
    line.addAll(List.of(arguments));
    if (launcher == Launcher.ONE_SHOT && arguments.length > 0 && arguments[0].equals(RUN)) {
      line.add(2, NO_AGENT);
    }
    return line;
  }

  /** Starts {@code nexus run} of an app with these arguments. */
  Running startLaunch(String app, String... arguments) throws IOException {
    return start(line(words(app, arguments)));
  }

  private static String[] words(String app, String... arguments) {
    return Stream.concat(Stream.of(RUN, app), Stream.of(arguments)).toArray(String[]::new);
  }

  /** Starts a command of this user. */
  Running start(List<String> command) throws IOException {
    Path out = Files.createTempFile("out", "");
    Path err = Files.createTempFile("err", "");
    ProcessBuilder builder =
        new ProcessBuilder(user.become(command))
            .directory(work().toFile())
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    builder.environment().put("NEXUS", program.toString());
    builder.environment().put("RUN", String.join(" ", line(RUN)));
    long started = System.nanoTime();
    return new Running(builder.start(), out, err, started);
  }

  /** A command that was started. */
  static final class Running {
    private final Process process;
    private final Path out;
    private final Path err;
    private final long started;

    private Running(Process process, Path out, Path err, long started) {
      this.process = process;
      this.out = out;
      this.err = err;
      this.started = started;
    }

    long pid() {
      return process.pid();
    }

    boolean isAlive() {
      return process.isAlive();
    }

    /** Sends SIGTERM. */
    void terminate() {
      process.destroy();
    }

    /** Sends SIGKILL. */
    void kill() {
      process.destroyForcibly();
    }

    /** Waits until this is in its output. */
    void awaitOut(String text) throws IOException, InterruptedException {
      for (long waited = 0; !Files.readString(out, StandardCharsets.ISO_8859_1).contains(text); ) {
        waited += 10;
        if (waited > TIMEOUT.toMillis() || !process.isAlive()) {
          throw new AssertionError(
              "did not say " + text + " but " + Files.readString(out) + Files.readString(err));
        }
        TimeUnit.MILLISECONDS.sleep(10);
      }
    }

    Outcome end() throws IOException, InterruptedException {
      return end(TIMEOUT);
    }

    /** Waits for the end; what takes longer is killed and fails the test. */
    Outcome end(Duration timeout) throws IOException, InterruptedException {
      boolean ended = process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS);
      Duration duration = Duration.ofNanos(System.nanoTime() - started);
      if (!ended) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
      }
      // Bytes that are no UTF-8 are to be seen, not to fail the reading.
      var outcome =
          new Outcome(
              process.exitValue(),
              Files.readAllBytes(out),
              new String(Files.readAllBytes(err), StandardCharsets.UTF_8),
              duration);
      Files.delete(out);
      Files.delete(err);
      assertThat(ended).as("ended in %s: %s", timeout, outcome).isTrue();
      return outcome;
    }
  }

  /** Keeps the home as it is now, for {@link #restore}. */
  void keep() throws IOException, InterruptedException {
    // Most of a new store is folders that will hold objects: to copy them takes longer than a test.
    shell(
        "find ~/.local/share/nexus/cas -mindepth 2 -maxdepth 2 -type d -name '??' -empty -delete");
    prepare("cp", "-a", home().toString(), kept().toString());
  }

  /** Puts the home back as it was kept. */
  void restore() throws IOException, InterruptedException {
    prepare("rm", "-rf", home().toString());
    prepare("cp", "-a", kept().toString(), home().toString());
  }

  private Path kept() {
    return folder.resolve("kept");
  }

  private static void prepare(String... command) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor())
        .as("%s", List.of(command))
        .isZero();
  }

  /** Returns the files of the store's objects. */
  List<Path> objects() throws IOException {
    return files(store().resolve("cas/objects"));
  }

  /** Returns the file of an app's checkout at this path. */
  Path checkout(String app, String path) throws IOException, InterruptedException {
    return store().resolve("cas/checkouts").resolve(treeDigest(app)).resolve(path);
  }

  /** Returns the digest of an installed app's tree. */
  String treeDigest(String app) throws IOException, InterruptedException {
    Outcome info = run("info", app);
    assertThat(info.status()).as(info::toString).isZero();
    return info.outLines().stream()
        .filter(line -> line.startsWith("tree:"))
        .map(line -> line.substring("tree:".length()).strip())
        .findFirst()
        .orElseThrow(() -> new AssertionError(info));
  }

  /** Returns the regular files below a folder, by path. */
  static List<Path> files(Path folder) throws IOException {
    var files = new ArrayList<Path>();
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            if (attributes.isRegularFile()) {
              files.add(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    files.sort(null);
    return files;
  }
}
