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
import java.util.stream.Stream;

/**
 * Lays out the folder that nexus runs from, and trains the AOT caches of its JVM.
 *
 * <pre>
 * bin/nexus              the client
 * lib/nexus.jar          everything in Java
 * lib/libjnidispatch.so  JNA's part in C, unpacked so that nobody unpacks it into a shared /tmp
 * lib/jvm.args           options of the JVM
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

  public static void main(String[] args) throws IOException, InterruptedException {
    Path jar = Path.of(args[0]);
    Path client = Path.of(args[1]);
    Path home = Path.of(args[2]);
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
    Path options = Path.of("src/main/dist/jvm.args");
    train(bin.resolve("nexus"), lib, Files.readString(options));
    Files.copy(options, lib.resolve("jvm.args"), StandardCopyOption.REPLACE_EXISTING);
  }

  /**
   * Imports an app and launches it with a JVM that records. The app waits until the JVM, which
   * outlives the launch to write its cache, has ended: the end of the app would be the end of it.
   */
  private static void train(Path nexus, Path lib, String options)
      throws IOException, InterruptedException {
    Path work = Files.createTempDirectory("nexus-training");
    try {
      Path flag = work.resolve("written");
      Path app = Files.createDirectory(work.resolve("app"));
      Path script =
          Files.writeString(
              app.resolve("wait"),
              "#!/bin/sh\nn=0\nwhile [ ! -e '%s' ] && [ $n -lt 600 ]; do sleep 0.1; n=$((n+1)); done\n"
                  .formatted(flag));
      // Enough to be hashed for the JVM to learn which loops get hot.
      try (var data = new RandomAccessFile(app.resolve("data").toFile(), "rw")) {
        data.setLength(64 << 20);
      }
      Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
      Files.writeString(lib.resolve("jvm.args"), options);
      Path log = work.resolve("log");
      if (run(
                  work,
                  log,
                  nexus,
                  "import",
                  app.toString(),
                  "--name",
                  "training",
                  "--entrypoint",
                  "wait")
              .waitFor()
          != 0) {
        throw new IOException(Files.readString(log));
      }
      Path command = record(lib, options, "command.aot");
      run(work, log, nexus, "verify", "training").waitFor();
      Path launch = record(lib, options, "launch.aot");
      Process launched = run(work, log, nexus, "run", "training");
      // The cache appears before it is complete: its writer has to end, too.
      while (launched.isAlive()
          && !(Files.exists(launch) && launched.descendants().noneMatch(Assemble::isJava))) {
        TimeUnit.MILLISECONDS.sleep(50);
      }
      Files.createFile(flag);
      if (launched.waitFor() != 0 || !Files.exists(launch) || !Files.exists(command)) {
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

  private static boolean isJava(ProcessHandle process) {
    return process.info().command().orElse("").endsWith("/java");
  }

  private static Process run(Path work, Path log, Path nexus, String... arguments)
      throws IOException {
    var builder =
        new ProcessBuilder(
            Stream.concat(Stream.of(nexus.toString()), Stream.of(arguments)).toList());
    builder
        .environment()
        .putAll(
            Map.of(
                "HOME", work.toString(),
                "NEXUS_HOME", work + "/nexus",
                "XDG_CONFIG_HOME", work + "/config"));
    builder.environment().remove("XDG_RUNTIME_DIR");
    return builder
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
        .start();
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
