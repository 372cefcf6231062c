package nexus.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import nexus.bench.Row.Target;
import nexus.bench.Series.Quantity;

/** The start of an app of one file against the start of a JVM, and of another sandbox. */
final class Launch implements Benchmark {
  private static final String MEASUREMENT = "from start to end of an app of one file";

  @Override
  public void measure(Workbench bench, int runs, Report report)
      throws IOException, InterruptedException {
    Path nothing = bench.compile("nothing");
    Path tree = Files.createDirectory(bench.folder().resolve("one"));
    Files.copy(nothing, tree.resolve("nothing"), StandardCopyOption.COPY_ATTRIBUTES);
    bench.run(bench.nexus(), "import", tree, "--name", "one", "--entrypoint", "nothing");
    Program nexus = Program.of("nexus run --no-agent", bench.nexus(), "run", "--no-agent", "one");
    Program java =
        Program.of("java Empty", bench.jdk().resolve("bin/java"), "-cp", empty(bench), "Empty");
    Program bwrap =
        Program.of(
            "bwrap",
            "bwrap",
            "--ro-bind",
            "/",
            "/",
            "--dev",
            "/dev",
            "--proc",
            "/proc",
            "--unshare-user",
            "--unshare-pid",
            "--unshare-ipc",
            "--unshare-uts",
            "--unshare-cgroup-try",
            nothing);
    List<Program> programs = new ArrayList<>(List.of(nexus, java));
    if (!Program.isInstalled("bwrap")) {
      report.skipped(bwrap.name(), "apt-get install bubblewrap");
    } else if (works(bench, bwrap, report)) {
      programs.add(bwrap);
    }
    Map<Program, List<Sample>> samples = bench.interleave(programs, runs);
    Series ours = Series.of(samples.getOrDefault(nexus, List.of()), Sample::seconds);
    for (Program peer : programs.subList(1, programs.size())) {
      report.add(
          Row.duel(
              MEASUREMENT,
              Quantity.TIME,
              ours,
              peer.name(),
              Series.of(samples.getOrDefault(peer, List.of()), Sample::seconds),
              peer.equals(java) ? Optional.of(Target.atMost(8)) : Optional.empty()));
    }
  }

  private static boolean works(Workbench bench, Program program, Report report)
      throws IOException, InterruptedException {
    try {
      bench.sample(program);
      return true;
    } catch (IOException e) {
      report.skipped(program.name(), e.getMessage());
      return false;
    }
  }

  /** Compiles a class whose main does nothing, and returns its folder. */
  private static Path empty(Workbench bench) throws IOException, InterruptedException {
    Path folder = Files.createDirectory(bench.folder().resolve("empty"));
    Path source =
        Files.writeString(
            folder.resolve("Empty.java"),
            "final class Empty { public static void main(String[] arguments) {} }\n");
    bench.run(bench.jdk().resolve("bin/javac"), "-d", folder, source);
    return folder;
  }
}
