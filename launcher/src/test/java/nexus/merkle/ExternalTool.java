package nexus.merkle;

import static org.junit.jupiter.api.Assertions.fail;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** A program by other authors that computes what the code under test computes. */
enum ExternalTool {
  FSVERITY("fsverity", "digest"),
  XXHSUM("xxhsum", "-H2");

  private static final String HINT = "apt-get install fsverity xxhash";

  private final String program;
  private final String argument;

  ExternalTool(String program, String argument) {
    this.program = program;
    this.argument = argument;
  }

  /**
   * Skips the calling test if the program is not installed, or fails it if this is not allowed.
   *
   * <p>{@code NEXUS_TEST_MUST_WORK=1} in the environment says that nothing may be skipped.
   */
  void require() {
    String path = Objects.requireNonNullElse(System.getenv("PATH"), "");
    if (Stream.of(path.split(File.pathSeparator, -1))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)))) {
      return;
    }
    String message = "no program " + program + ": " + HINT;
    if ("1".equals(System.getenv("NEXUS_TEST_MUST_WORK"))) {
      fail(message);
    }
    Assumptions.abort(message);
  }

  /** Returns the hash of each file in hexadecimal digits, in the order of the files. */
  List<String> hashes(List<Path> files) throws IOException, InterruptedException {
    List<String> arguments = new ArrayList<>(List.of(program, argument));
    files.forEach(file -> arguments.add(file.toString()));
    Process process =
        new ProcessBuilder(arguments).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (var output = process.inputReader(StandardCharsets.UTF_8)) {
      List<String> hashes =
          output
              .lines()
              .map(line -> line.substring(line.indexOf(':') + 1, line.indexOf(' ')))
              .toList();
      if (process.waitFor() != 0 || hashes.size() != files.size()) {
        fail(program + " ended with " + process.exitValue() + " and " + hashes.size() + " hashes");
      }
      return hashes;
    }
  }
}
