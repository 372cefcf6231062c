package nexus.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where each user finds the program: an ordinary one cannot enter the folders of root. */
final class Distribution {
  // Mutable state: made once for all tests of this JVM, removed at its end.
  private static @Nullable Path copy;

  private Distribution() {}

  static Path built() {
    Path built = Path.of(System.getProperty("nexus.distribution", "nexus.distribution"));
    assertThat(built.resolve("bin/nexus")).as("mvn package builds it").isExecutable();
    return built.toAbsolutePath().normalize();
  }

  static synchronized Path of(User user) throws IOException, InterruptedException {
    if (user == User.SELF) {
      return built();
    }
    Path present = copy;
    if (present == null) {
      Path folder =
          Files.createTempDirectory(
              "nexus",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
      present = folder.resolve("nexus");
      // With the times: the AOT cache names those of the jar.
      run(List.of("cp", "-a", built().toString(), present.toString()));
      run(List.of("chmod", "-R", "a+rX", present.toString()));
      String remove = folder.toString();
      Runtime.getRuntime()
          .addShutdownHook(
              new Thread(
                  () -> {
                    try {
                      new ProcessBuilder("rm", "-rf", remove).start().waitFor();
                    } catch (IOException | InterruptedException e) {
                      System.err.println("left behind: " + remove);
                    }
                  }));
      copy = present;
    }
    return present;
  }

  private static void run(List<String> command) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor())
        .as("%s", command)
        .isZero();
  }
}
