package nexus.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintStream;
import java.util.concurrent.Callable;
import nexus.cas.NexusHome;
import nexus.cas.TreeManifest;
import nexus.cas.TreeStore;
import nexus.fetch.ProgressLine;
import nexus.install.InstalledApps;
import nexus.trust.Release;
import nexus.trust.ReleaseEnvelope;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code nexus info}. */
@Command(
    name = "info",
    description = "Show what is known of an installed app.",
    mixinStandardHelpOptions = true,
    usageHelpAutoWidth = true)
final class InfoCommand implements Callable<Integer> {
  private final Commands commands;

  @Parameters(paramLabel = "APP", description = "Name of the app.")
  private String app = "";

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  InfoCommand(Commands commands) {
    this.commands = commands;
  }

  @Override
  public Integer call() throws IOException {
    PrintStream out = commands.terminal().out();
    try (NexusHome home = commands.home()) {
      ReleaseEnvelope envelope = new InstalledApps(home).get(app);
      if (json) {
        try (JsonGenerator generator = Json.generator(out)) {
          Json.write(generator, envelope);
        }
        return ExitCode.OK.status();
      }
      Release release = envelope.release();
      TreeManifest manifest = new TreeStore(home).get(release.tree());
      out.println("name:         " + release.name());
      out.println("version:      " + release.version());
      out.println("sequence:     " + release.sequence());
      out.println("architecture: " + release.architecture());
      out.println("trust:        " + envelope.trust());
      out.println("tree:         " + release.tree());
      out.println(
          "content:      "
              + manifest.files().size()
              + " files, "
              + ProgressLine.size(manifest.totalBytes()));
      out.println("entrypoint:   " + release.entrypoint());
      release
          .environment()
          .forEach((name, value) -> out.println("environment:  " + name + "=" + value));
    }
    return ExitCode.OK.status();
  }
}
