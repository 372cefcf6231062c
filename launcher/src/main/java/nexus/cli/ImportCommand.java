package nexus.cli;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import nexus.cas.NexusHome;
import nexus.fetch.ProgressLine;
import nexus.install.Importer;
import nexus.linux.LinuxPath;
import nexus.merkle.ParallelHasher;
import nexus.trust.Release;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code nexus import}. */
@Command(
    name = "import",
    description = "Import a directory as an app, or as the next version of one.",
    usageHelpAutoWidth = true)
final class ImportCommand implements Callable<Integer> {
  private final Commands commands;

  // Not by mixinStandardHelpOptions, which gives way whole to a --version that means another thing.
  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Show this help message and exit.")
  @SuppressWarnings("UnusedVariable") // For picocli, which acts on it itself.
  private boolean help;

  @Parameters(paramLabel = "DIR", description = "The directory; it is copied and left as it is.")
  private String directory = "";

  @Option(names = "--name", required = true, paramLabel = "NAME", description = "Name of the app.")
  private String name = "";

  @Option(
      names = "--version",
      paramLabel = "V",
      defaultValue = "0",
      description = "Version of the app, for people. Default: 0.")
  private String version = "";

  @Option(
      names = "--entrypoint",
      required = true,
      paramLabel = "PATH",
      description = "The program in the directory that nexus run starts.")
  private String entrypoint = "";

  @Option(
      names = "--env",
      paramLabel = "K=V",
      description = "Environment variable that is set for the app; may be repeated.")
  private Map<String, String> environment = new LinkedHashMap<>();

  ImportCommand(Commands commands) {
    this.commands = commands;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    var request =
        new Importer.Request(LinuxPath.of(directory), name, version, entrypoint, environment);
    Release.checkName(name);
    try (NexusHome home = commands.home();
        var hasher = new ParallelHasher(Runtime.getRuntime().availableProcessors())) {
      long started = System.nanoTime();
      Importer.Imported imported;
      try (ProgressLine line = commands.terminal().progress("importing " + name)) {
        imported = new Importer(home, hasher).importTree(request, new LineProgress(line));
      }
      report(imported, (System.nanoTime() - started) / 1e9);
    }
    return ExitCode.OK.status();
  }

  private void report(Importer.Imported imported, double seconds) {
    Release release = imported.envelope().release();
    commands
        .terminal()
        .out()
        .printf(
            "%s %s: %d files, %s (%s new) in %.1f s, tree %s, %s%n",
            release.name(),
            release.version(),
            imported.files(),
            ProgressLine.size(imported.bytes()),
            ProgressLine.size(imported.newBytes()),
            seconds,
            release.tree(),
            imported.envelope().trust());
  }

  private record LineProgress(ProgressLine line) implements Importer.Progress {
    @Override
    public void started(int files, long bytes) {
      line.total(files, bytes);
    }

    @Override
    public void copied(long bytes) {
      line.addBytes(bytes);
    }

    @Override
    public void finishedFile() {
      line.addFile();
    }
  }
}
