package nexus.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The programs in {@code src/test/c}, static, so that one file is all of an app. */
final class CProgram {
  // Mutable state: what was compiled already in this JVM.
  private static final Map<String, Path> COMPILED = new HashMap<>();

  private CProgram() {}

  /** Compiles {@code name.c} with these definitions, {@code NAME=value}. */
  static synchronized Path compile(String name, String... definitions)
      throws IOException, InterruptedException {
    Needs.program("cc");
    String key = name + String.join(" ", definitions);
    Path present = COMPILED.get(key);
    if (present != null) {
      return present;
    }
    Path program = Files.createTempFile(name, "");
    program.toFile().deleteOnExit();
    Path source = Path.of(System.getProperty("nexus.sources", ".")).resolve(name + ".c");
    var command = new ArrayList<String>();
    command.addAll(List.of("cc", "-std=gnu11", "-O1", "-static", "-Wall", "-Wextra", "-Werror"));
    for (String definition : definitions) {
      command.add("-D" + definition);
    }
    command.addAll(List.of("-o", program.toString(), source.toString()));
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor())
        .as("%s", command)
        .isZero();
    assertThat(program.toFile().setExecutable(true, false)).isTrue();
    assertThat(program.toFile().setReadable(true, false)).isTrue();
    COMPILED.put(key, program);
    return program;
  }
}
