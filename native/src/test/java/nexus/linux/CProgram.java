package nexus.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Programs in C, which know the kernel's headers better than we do. */
final class CProgram {
  /** Compiles the source in {@code dir} and returns the program. */
  static Path compile(Path dir, String name, String source)
      throws IOException, InterruptedException {
    Needs.compiler();
    Path program = dir.resolve(name);
    Path file = Files.writeString(dir.resolve(name + ".c"), source);
    Command.output(List.of("cc", "-Wall", "-Werror", "-o", program.toString(), file.toString()));
    return program;
  }

  private CProgram() {}
}
