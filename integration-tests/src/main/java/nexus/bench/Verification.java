package nexus.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import nexus.bench.Row.Target;
import nexus.bench.Series.Quantity;

/** The first verification of a JDK against other programs that hash the same files. */
final class Verification implements Benchmark {
  private static final Pattern SECONDS = Pattern.compile(" verified in ([0-9.]+) s");

  @Override
  public void measure(Workbench bench, int runs, Report report)
      throws IOException, InterruptedException {
    // A copy, as a file of the original may have a hard link elsewhere, which is not imported.
    Path tree = bench.folder().resolve("jdk");
    bench.run("cp", "-a", bench.jdk(), tree);
    bench.run(bench.nexus(), "import", tree, "--name", "jdk", "--entrypoint", "bin/java");
    List<Path> files = files(bench.nexusHome().resolve("cas/checkouts"));
    long bytes = 0;
    for (Path file : files) {
      bytes += Files.size(file);
    }
    String what =
        String.format(Locale.ROOT, "a JDK, %d files, %d MB", files.size(), bytes / 1_000_000);
    Program nexus = Program.of("nexus verify", bench.nexus(), "verify", "jdk");
    Program openssl = hash("openssl dgst -sha256", files);
    Program sha256sum = hash("sha256sum", files);
    List<Program> programs = new ArrayList<>(List.of(nexus, sha256sum));
    if (Program.isInstalled("openssl")) {
      programs.add(1, openssl);
    } else {
      report.skipped("openssl dgst -sha256", "apt-get install openssl");
    }
    Map<Program, List<Sample>> samples = bench.interleave(programs, runs);
    List<Sample> ours = samples.getOrDefault(nexus, List.of());
    long total = bytes;
    if (programs.contains(openssl)) {
      report.add(
          Row.duel(
              "verifying " + what + ": throughput of the verification proper",
              Quantity.THROUGHPUT,
              Series.of(ours, sample -> total / seconds(sample)),
              openssl.name(),
              Series.of(
                  samples.getOrDefault(openssl, List.of()), sample -> total / sample.seconds()),
              Optional.of(Target.atLeast(1.5))));
    }
    report.add(
        Row.duel(
            "verifying " + what + ": time of the whole process",
            Quantity.TIME,
            Series.of(ours, Sample::seconds),
            sha256sum.name(),
            Series.of(samples.getOrDefault(sha256sum, List.of()), Sample::seconds),
            Optional.of(Target.atMost(1))));
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> walk = Files.walk(folder)) {
      return walk.filter(file -> Files.isRegularFile(file) && !Files.isSymbolicLink(file))
          .sorted()
          .toList();
    }
  }

  private static Program hash(String command, List<Path> files) {
    return new Program(
        command,
        Stream.concat(Stream.of(command.split(" ", -1)), files.stream().map(Path::toString))
            .toList());
  }

  /** Returns what nexus says of itself, without the start of its JVM. */
  private static double seconds(Sample sample) {
    Matcher said = SECONDS.matcher(sample.output());
    if (!said.find()) {
      throw new IllegalStateException("nexus verify has said: " + sample.output());
    }
    return Double.parseDouble(said.group(1));
  }
}
