package nexus.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A scratch folder, a store of its own, and the means to run programs there and measure them. */
final class Workbench implements AutoCloseable {
  private static final int WARM_UPS = 2;

  private final Path root;
  private final Path folder;
  private final Path measure;

  private Workbench(Path root, Path folder) throws IOException, InterruptedException {
    this.root = root;
    this.folder = folder;
    this.measure = compile("measure");
  }

  /**
   * Makes one.
   *
   * @param root of the source tree
   */
  static Workbench open(Path root) throws IOException, InterruptedException {
    Path folder =
        Files.createTempDirectory(Files.createDirectories(root.resolve("target")), "bench");
    try {
      return new Workbench(root, folder);
    } catch (IOException | InterruptedException e) {
      delete(folder);
      throw e;
    }
  }

  Path folder() {
    return folder;
  }

  Path nexusHome() {
    return folder.resolve("nexus");
  }

  Path nexus() {
    return root.resolve("launcher/target/nexus/bin/nexus");
  }

  /** Returns the JDK that nexus runs on. */
  Path jdk() throws IOException {
    return root.resolve("launcher/target/nexus/runtime").toRealPath();
  }

  /** Compiles one of our C sources into a static program. */
  Path compile(String name) throws IOException, InterruptedException {
    Path program = folder.resolve(name);
    Path source = root.resolve("integration-tests/src/main/c/" + name + ".c");
    run("cc", "-O2", "-static", "-Wall", "-Wextra", "-Werror", "-o", program, source);
    return program;
  }

  /** Runs a command that must succeed, and returns what it wrote. */
  String run(Object... command) throws IOException, InterruptedException {
    Path output = folder.resolve("output");
    Program program = Program.of("", command);
    int status = builder(program.command(), output).redirectErrorStream(true).start().waitFor();
    if (status != 0) {
      throw new IOException(
          String.join(" ", program.command()) + " ended with " + status + ": " + text(output));
    }
    return text(output);
  }

  /** Runs a program once. */
  Sample sample(Program program) throws IOException, InterruptedException {
    Path output = folder.resolve("output");
    Path result = folder.resolve("result");
    Path error = folder.resolve("error");
    List<String> command = new ArrayList<>(List.of(measure.toString(), result.toString()));
    command.addAll(program.command());
    builder(command, output).redirectError(error.toFile()).start().waitFor();
    String[] numbers = text(result).strip().split(" ", -1);
    if (!numbers[0].equals("0")) {
      throw new IOException(
          program.name() + " ended with " + numbers[0] + ": " + text(error).strip());
    }
    return new Sample(
        Long.parseLong(numbers[1]) / 1e9, Long.parseLong(numbers[2]) * 1024.0, text(output));
  }

  /** Runs the programs by turns, so that what else the machine does hits them alike. */
  Map<Program, List<Sample>> interleave(List<Program> programs, int runs)
      throws IOException, InterruptedException {
    Map<Program, List<Sample>> samples = new LinkedHashMap<>();
    for (int round = -WARM_UPS; round < runs; round++) {
      for (Program program : programs) {
        Sample sample = sample(program);
        if (round >= 0) {
          samples.computeIfAbsent(program, _ -> new ArrayList<>()).add(sample);
        }
      }
    }
    return samples;
  }

  private ProcessBuilder builder(List<String> command, Path output) {
    var builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(output.toFile());
    builder
        .environment()
        .putAll(
            Map.of(
                "NEXUS_HOME", nexusHome().toString(),
                "XDG_CONFIG_HOME", folder.resolve("config").toString()));
    return builder;
  }

  private static String text(Path file) throws IOException {
    return Files.readString(file);
  }

  @Override
  public void close() throws IOException {
    delete(folder);
  }

  private static void delete(Path folder) throws IOException {
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(folder)) {
      paths = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      Files.delete(path);
    }
  }
}
