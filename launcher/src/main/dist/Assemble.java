import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Lays out the folder that nexus runs from, and trains the AOT caches of its JVM.
 *
 * <pre>
 * bin/nexus              the client
 * lib/nexus.jar          everything in Java
 * lib/libjnidispatch.so  JNA's part in C, unpacked so that nobody unpacks it into a shared /tmp
 * lib/jvm.args           options of the JVM
 * lib/agent.args         further options of a resident one
 * lib/launch.aot         classes and profiles of a JVM that has launched an app
 * lib/command.aot        the same of one that has carried out a command
 * runtime                the JDK that ran this
 * </pre>
 *
 * Arguments: the jar, the client, the folder to make.
 */
final class Assemble {
  private static final String DISPATCH =
      "com/sun/jna/linux-%s/libjnidispatch.so"
          .formatted(System.getProperty("os.arch").equals("amd64") ? "x86-64" : "aarch64");

  private static final Pattern PID = Pattern.compile("\"pid\"\\s*:\\s*(\\d+)");
  private static final int TRAINING_LAUNCHES = 20;

  public static void main(String[] args) throws IOException, InterruptedException {
    Path jar = Path.of(args[0]);
    Path client = Path.of(args[1]);
    // Absolute, as an agent works in another directory.
    Path home = Path.of(args[2]).toAbsolutePath();
    delete(home);
    Path lib = Files.createDirectories(home.resolve("lib"));
    Path bin = Files.createDirectories(home.resolve("bin"));
    Files.copy(client, bin.resolve("nexus"), StandardCopyOption.COPY_ATTRIBUTES);
    Files.copy(jar, lib.resolve("nexus.jar"), StandardCopyOption.COPY_ATTRIBUTES);
    try (var file = new JarFile(jar.toFile());
        InputStream in = file.getInputStream(file.getJarEntry(DISPATCH))) {
      Files.copy(in, lib.resolve("libjnidispatch.so"));
    }
    Files.createSymbolicLink(home.resolve("runtime"), Path.of(System.getProperty("java.home")));
    Path sources = Path.of("src/main/dist");
    Path options = sources.resolve("jvm.args");
    Files.copy(sources.resolve("agent.args"), lib.resolve("agent.args"));
    train(bin.resolve("nexus"), lib, Files.readString(options));
    Files.copy(options, lib.resolve("jvm.args"), StandardCopyOption.REPLACE_EXISTING);
  }

  /**
   * Imports an app and launches it a few times by an agent that records, and that writes the cache
   * when it is stopped. What a one-shot launcher does is part of what an agent does.
   */
  private static void train(Path nexus, Path lib, String options)
      throws IOException, InterruptedException {
    Path work = Files.createTempDirectory("nexus-training");
    try {
      Path log = work.resolve("log");
      Path app = Files.createDirectory(work.resolve("app"));
      Path script = Files.writeString(app.resolve("start"), "#!/bin/sh\n");
      // Enough to be hashed for the JVM to learn which loops get hot.
      try (var data = new RandomAccessFile(app.resolve("data").toFile(), "rw")) {
        data.setLength(64 << 20);
      }
      Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
      Files.writeString(lib.resolve("jvm.args"), options);
      run(
          work,
          log,
          nexus,
          "import",
          app.toString(),
          "--name",
          "training",
          "--entrypoint",
          "start");
      Path command = record(lib, options, "command.aot");
      run(work, log, nexus, "verify", "training");
      Path launch = record(lib, options, "launch.aot");
      for (int i = 0; i < TRAINING_LAUNCHES; i++) {
        run(work, log, nexus, "run", "training");
      }
      Path status = work.resolve("status");
      run(work, status, nexus, "agent", "status", "--json");
      run(work, log, nexus, "agent", "stop");
      // The cache appears before it is complete: its writer has to end, too.
      Matcher agent = PID.matcher(Files.readString(status));
      if (agent.find()) {
        ProcessHandle.of(Long.parseLong(agent.group(1)))
            .ifPresent(process -> process.onExit().orTimeout(2, TimeUnit.MINUTES).join());
      }
      if (Files.exists(launch) && Files.exists(command)) {
        // The agent makes files for its user alone, and this one is for everybody who runs nexus.
        Files.setPosixFilePermissions(launch, PosixFilePermissions.fromString("rw-r--r--"));
      } else {
        System.err.println("no AOT cache, launches will be slower: " + Files.readString(log));
      }
    } finally {
      delete(work);
    }
  }

  private static Path record(Path lib, String options, String name) throws IOException {
    Path cache = lib.resolve(name);
    Files.writeString(lib.resolve("jvm.args"), options + "-XX:AOTCacheOutput=" + cache + "\n");
    return cache;
  }

  /** Runs nexus to its end, in a home of its own; whether it worked shows in the end. */
  private static void run(Path work, Path log, Path nexus, String... arguments)
      throws IOException, InterruptedException {
    var builder =
        new ProcessBuilder(
            Stream.concat(Stream.of(nexus.toString()), Stream.of(arguments)).toList());
    builder
        .environment()
        .putAll(
            Map.of(
                "HOME",
                work.toString(),
                "NEXUS_HOME",
                work + "/nexus",
                "XDG_CONFIG_HOME",
                work + "/config",
                "XDG_RUNTIME_DIR",
                work.toString()));
    builder
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
        .start()
        .waitFor();
  }

  private static void delete(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(root)) {
      paths = walk.sorted((a, b) -> b.compareTo(a)).toList();
    }
    for (Path path : paths) {
      Files.delete(path);
    }
  }
}
