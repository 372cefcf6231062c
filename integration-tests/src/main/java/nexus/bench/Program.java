package nexus.bench;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Something that can be run again and again.
 *
 * @param name for people
 */
record Program(String name, List<String> command) {
  Program {
    command = List.copyOf(command);
  }

  static Program of(String name, Object... command) {
    return new Program(name, Stream.of(command).map(Object::toString).toList());
  }

  /** Returns whether a program of this name is in {@code PATH}. */
  static boolean isInstalled(String program) {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator, -1))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }
}
