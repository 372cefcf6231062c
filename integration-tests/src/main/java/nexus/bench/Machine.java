package nexus.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;

/** Where and of what something was measured. */
record Machine(
    String processor,
    int cores,
    double memoryBytes,
    String kernel,
    String fileSystem,
    String java,
    String load,
    String commit,
    LocalDate date) {

  /**
   * Looks around.
   *
   * @param root of the source tree
   */
  static Machine here(Path root, Workbench bench) throws IOException, InterruptedException {
    return new Machine(
        field("/proc/cpuinfo", "model name"),
        Runtime.getRuntime().availableProcessors(),
        Long.parseLong(field("/proc/meminfo", "MemTotal").replace(" kB", "")) * 1024.0,
        Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip(),
        Files.getFileStore(bench.folder()).type(),
        System.getProperty("java.vm.vendor") + " " + System.getProperty("java.runtime.version"),
        Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0],
        commit(root, bench),
        LocalDate.now(ZoneOffset.UTC));
  }

  private static String field(String file, String name) throws IOException {
    return Files.readAllLines(Path.of(file)).stream()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(line.indexOf(':') + 1).strip())
        .findFirst()
        .orElse("unknown");
  }

  private static String commit(Path root, Workbench bench) throws InterruptedException {
    try {
      return bench.run("git", "-C", root, "describe", "--always", "--dirty").strip();
    } catch (IOException e) {
      // No git, or no repository: a source archive.
      return "unknown";
    }
  }

  String sentence() {
    return String.format(
        Locale.ROOT,
        "Machine: %s, %d cores, %.0f GB of memory, Linux %s, %s; %s; load average %s at the start;"
            + " commit %s, %s.",
        processor,
        cores,
        memoryBytes / 1e9,
        kernel,
        fileSystem,
        java,
        load,
        commit,
        date);
  }
}
