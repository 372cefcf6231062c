package nexus.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Other programs. */
final class Command {
  private static final int SECONDS = 20;

  /** Runs a program to its end and returns what it printed; it must succeed. */
  static String output(List<String> command) throws IOException, InterruptedException {
    Process process = start(command);
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as("%s printed %s", command, output).isZero();
    return output;
  }

  /** Returns whether the program is there and exits with 0. */
  static boolean succeeds(List<String> command) {
    try {
      Process process = start(command);
      process.getInputStream().readAllBytes();
      return process.waitFor() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Starts a program, its errors joined to its output; it is killed if it takes too long. */
  static Process start(List<String> command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    CompletableFuture.delayedExecutor(SECONDS, TimeUnit.SECONDS).execute(process::destroyForcibly);
    return process;
  }

  /** Returns the command line that runs {@code main} in another JVM with this one's class path. */
  static List<String> java(Class<?> main, String... arguments) {
    return join(
        List.of(
            System.getProperty("java.home") + "/bin/java",
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "--class-path",
            System.getProperty("java.class.path"),
            main.getName()),
        List.of(arguments));
  }

  static List<String> join(List<String> first, List<String> rest) {
    return Stream.concat(first.stream(), rest.stream()).toList();
  }

  private Command() {}
}
