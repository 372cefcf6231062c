package nexus.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import nexus.cas.NexusHome;
import nexus.fetch.MirrorExport;
import nexus.fetch.MirrorList;
import nexus.fetch.MirrorUrl;
import nexus.fetch.ProgressLine;
import nexus.install.InstalledApps;
import nexus.install.InstalledApps.Listed;
import nexus.linux.LinuxPath;
import nexus.merkle.Digest;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code nexus mirror}. */
@Command(
    name = "mirror",
    description = "Say where good bytes come from, and offer them to others.",
    mixinStandardHelpOptions = true,
    usageHelpAutoWidth = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = MirrorCommand.Export.class)
final class MirrorCommand {
  private final Commands commands;

  MirrorCommand(Commands commands) {
    this.commands = commands;
  }

  private MirrorList list() throws IOException {
    return new MirrorList(commands.folders().config());
  }

  @Command(
      name = "add",
      description = "Ask this mirror, after those that are there already.",
      mixinStandardHelpOptions = true,
      usageHelpAutoWidth = true)
  int add(
      @Parameters(paramLabel = "URL", description = "Address: file:, http: or https:.") String url)
      throws IOException {
    MirrorUrl mirror = MirrorUrl.parse(url);
    commands.terminal().out().println((list().add(mirror) ? "added " : "already there: ") + mirror);
    return ExitCode.OK.status();
  }

  @Command(
      name = "remove",
      description = "Ask this mirror no more.",
      mixinStandardHelpOptions = true,
      usageHelpAutoWidth = true)
  int remove(@Parameters(paramLabel = "URL", description = "Address, as listed.") String url)
      throws IOException {
    MirrorUrl mirror = MirrorUrl.parse(url);
    if (!list().remove(mirror)) {
      throw new IOException(
          "there is no mirror " + mirror + "; nexus mirror list shows those there are");
    }
    commands.terminal().out().println("removed " + mirror);
    return ExitCode.OK.status();
  }

  @Command(
      name = "list",
      description = "List the mirrors in the order in which they are asked.",
      mixinStandardHelpOptions = true,
      usageHelpAutoWidth = true)
  int list(@Option(names = "--json", description = "Print JSON.") boolean json) throws IOException {
    List<MirrorUrl> mirrors = list().mirrors();
    PrintStream out = commands.terminal().out();
    if (json) {
      try (var generator = Json.generator(out)) {
        generator.writeStartArray();
        for (MirrorUrl mirror : mirrors) {
          generator.writeString(mirror.toString());
        }
        generator.writeEndArray();
      }
    } else {
      mirrors.forEach(out::println);
    }
    return ExitCode.OK.status();
  }

  /** {@code nexus mirror export}. */
  @Command(
      name = "export",
      description = "Write a mirror of installed apps to a folder that any web server can serve.",
      mixinStandardHelpOptions = true,
      usageHelpAutoWidth = true)
  static final class Export implements Callable<Integer> {
    private final Commands commands;

    @Parameters(index = "0", paramLabel = "DIR", description = "The folder; made if need be.")
    private String folder = "";

    @Parameters(
        index = "1..*",
        arity = "0..*",
        paramLabel = "APP",
        description = "Names of the apps. Default: all.")
    private List<String> apps = new ArrayList<>();

    Export(Commands commands) {
      this.commands = commands;
    }

    @Override
    public Integer call() throws IOException {
      LinuxPath target = LinuxPath.of(Path.of(folder).toAbsolutePath().normalize().toString());
      try (NexusHome home = commands.home()) {
        MirrorExport.Summary summary;
        try (ProgressLine line = commands.terminal().progress("exporting")) {
          summary =
              new MirrorExport(home, line::addBytes).export(trees(new InstalledApps(home)), target);
        }
        summary.refused().forEach(commands.terminal()::say);
        commands
            .terminal()
            .out()
            .printf(
                "%s: %d files new (%s), %d there already%n",
                target, summary.written(), ProgressLine.size(summary.bytes()), summary.present());
        return summary.refused().isEmpty() ? ExitCode.OK.status() : ExitCode.FAILURE.status();
      }
    }

    private List<Digest> trees(InstalledApps installed) throws IOException {
      List<Digest> trees = new ArrayList<>();
      if (apps.isEmpty()) {
        for (Listed app : installed.list()) {
          switch (app) {
            case Listed.Installed good -> trees.add(good.envelope().release().tree());
            case Listed.Broken broken -> throw new IOException(broken.why());
          }
        }
      }
      for (String app : apps) {
        trees.add(installed.get(app).release().tree());
      }
      return trees;
    }
  }
}
