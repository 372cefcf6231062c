package nexus.run;

import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A {@link NamespaceProbe} in a user namespace of its own, and the folders it works on. */
final class UserNamespace implements AutoCloseable {
  /** Who starts it. */
  enum User {
    /** Whoever runs the tests. */
    SELF,
    /** User and group 1000, which only root can become. */
    ORDINARY
  }

  private static final int ORDINARY_ID = 1000;
  private static final int NOBODYS_ID = 54321;

  private final User user;
  private final Process process;
  private final BufferedWriter commands;
  private final BufferedReader answers;

  // Mutable state
  private Path base;

  private UserNamespace(User user, Path base, Process process) {
    this.user = user;
    this.base = base;
    this.process = process;
    this.commands = process.outputWriter();
    this.answers = process.inputReader();
  }

  /**
   * Starts one, or skips the calling tests where the machine does not let us.
   *
   * @param folder empty, for the program's own files
   */
  static UserNamespace start(User user, Path folder) throws IOException, InterruptedException {
    boolean root = (int) Files.getAttribute(folder, "unix:uid") == 0;
    if (user == User.ORDINARY && !root) {
      skip("only root can become another user");
    }
    String classPath = copyClassPath(folder.resolve("classes"));
    Path temporary = Files.createDirectory(folder.resolve("tmp"));
    giveTo(user, folder);
    var become = new ArrayList<String>();
    if (user == User.ORDINARY) {
      become.addAll(
          List.of(
              "setpriv",
              "--reuid=" + ORDINARY_ID,
              "--regid=" + ORDINARY_ID,
              "--clear-groups",
              "--inh-caps=-all"));
    }
    become.addAll(List.of("unshare", "--user", "--map-current-user", "--keep-caps", "--mount"));
    // Shared, as most hosts are: only so can a mount of the host try to come in.
    become.add("--propagation=shared");
    var check = new ArrayList<>(become);
    check.add("true");
    Process works = new ProcessBuilder(check).redirectErrorStream(true).start();
    String problem = works.inputReader().lines().collect(Collectors.joining(" "));
    if (works.waitFor() != 0) {
      skip("no user namespaces: " + problem);
    }
    become.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-Djava.io.tmpdir=" + temporary,
            "-Djna.tmpdir=" + temporary,
            "-XX:-UsePerfData",
            "-cp",
            classPath,
            NamespaceProbe.class.getName()));
    return new UserNamespace(
        user,
        folder,
        new ProcessBuilder(become).redirectError(ProcessBuilder.Redirect.INHERIT).start());
  }

  private static void skip(String reason) {
    if ("1".equals(System.getenv("NEXUS_TEST_MUST_WORK"))) {
      fail("NEXUS_TEST_MUST_WORK=1, but " + reason);
    }
    abort(reason);
  }

  /** Changes who owns a folder and closes it to everybody; skips the calling test if not root. */
  void close(String folder, boolean keepOwner) throws IOException {
    Path path = path(folder);
    if ((int) Files.getAttribute(Path.of("/proc/self"), "unix:uid") != 0) {
      skip("only root can give files away");
    }
    if (!keepOwner) {
      Files.setAttribute(path, "unix:uid", NOBODYS_ID);
    }
    // A group that the user namespace does not know keeps its root from overriding the mode.
    Files.setAttribute(path, "unix:gid", NOBODYS_ID);
    Files.setPosixFilePermissions(path, Set.of());
  }

  private static void giveTo(User user, Path folder) throws IOException {
    if (user == User.ORDINARY) {
      try (Stream<Path> all = Files.walk(folder)) {
        for (Path path : (Iterable<Path>) all::iterator) {
          Files.setAttribute(path, "unix:uid", ORDINARY_ID);
          Files.setAttribute(path, "unix:gid", ORDINARY_ID);
        }
      }
    }
  }

  private static void makeFolders(Path base) throws IOException {
    Path nexus = base.resolve("home/.local/share/nexus");
    for (String folder : List.of("cas/objects/ab", "cas/checkouts/tree/bin", "state", "trust")) {
      Files.createDirectories(nexus.resolve(folder));
    }
    Files.createDirectories(nexus.resolve("cas/checkouts/tree/lib"));
    Files.writeString(nexus.resolve("cas/objects/ab/cd"), "object");
    Files.writeString(nexus.resolve("cas/checkouts/tree/bin/tool"), "tool");
    Files.writeString(nexus.resolve("cas/checkouts/tree/lib/part"), "part");
    Files.writeString(nexus.resolve("state/installed"), "installed");
    Files.createDirectories(base.resolve("home/.config/nexus"));
    Files.writeString(base.resolve("home/.config/nexus/policy.json"), "{}");
    Files.createDirectories(base.resolve("runtime/nexus"));
    Files.writeString(base.resolve("runtime/nexus/agent"), "");
    for (String folder : List.of("alias", "other", "objects", "late", "closed/alias")) {
      Files.createDirectories(base.resolve("mnt").resolve(folder));
    }
    Files.writeString(base.resolve("mnt/file"), "");
  }

  /**
   * Copies what the probe needs to where every user may read it: the build's own folders and the
   * repository of artifacts may be closed to others.
   */
  private static String copyClassPath(Path folder) throws IOException {
    Files.createDirectories(folder);
    var copied = new ArrayList<String>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      Path from = Path.of(entry);
      String name = from.getFileName().toString();
      Path to = folder.resolve(copied.size() + "-" + name);
      if (Files.isDirectory(from)) {
        copyTree(from, to);
        copied.add(to.toString());
      } else if (name.matches("(nexus-|jna-|jspecify-).*")) {
        Files.copy(from, to);
        copied.add(to.toString());
      }
    }
    return String.join(File.pathSeparator, copied);
  }

  private static void copyTree(Path from, Path to) throws IOException {
    try (Stream<Path> all = Files.walk(from)) {
      for (Path path : (Iterable<Path>) all::iterator) {
        Files.copy(path, to.resolve(from.relativize(path).toString()));
      }
    }
  }

  /** Returns the path of something in the folders, on the host. */
  Path path(String relative) {
    return base.resolve(relative);
  }

  /**
   * Has the probe do something: a word of {@link NamespaceProbe}, then paths, of which relative
   * ones are meant in our folders. Returns its answer: a result, {@code done} or the errno's name.
   */
  String does(String what, String... paths) {
    String line =
        what + Stream.of(paths).map(p -> "\t" + base.resolve(p)).collect(Collectors.joining());
    return tell(line);
  }

  /**
   * Fills an empty folder and starts a thread with a mount namespace, which the words that follow
   * act in.
   *
   * @param propagation {@code private}, or {@code shared}: as the mounts outside
   */
  void newThread(Path folder, String propagation) throws IOException {
    base = folder.toRealPath().resolve("base");
    makeFolders(base);
    giveTo(user, folder);
    tell("new thread\t" + base + "\t" + propagation);
  }

  private String tell(String line) {
    try {
      commands.write(line);
      commands.newLine();
      commands.flush();
      String answer = answers.readLine();
      if (answer == null) {
        throw new IllegalStateException("the probe has ended, asked to " + line);
      }
      return answer;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws IOException {
    commands.close();
    process.onExit().completeOnTimeout(process, 10, TimeUnit.SECONDS).join();
    process.destroyForcibly();
  }
}
