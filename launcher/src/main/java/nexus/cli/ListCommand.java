package nexus.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.Callable;
import nexus.cas.NexusHome;
import nexus.install.InstalledApps;
import nexus.install.InstalledApps.Listed;
import nexus.trust.Release;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code nexus list}. */
@Command(
    name = "list",
    description = "List the installed apps.",
    mixinStandardHelpOptions = true,
    usageHelpAutoWidth = true)
final class ListCommand implements Callable<Integer> {
  private final Commands commands;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  ListCommand(Commands commands) {
    this.commands = commands;
  }

  @Override
  public Integer call() throws IOException {
    List<Listed> apps;
    try (NexusHome home = commands.home()) {
      apps = new InstalledApps(home).list();
    }
    if (json) {
      try (JsonGenerator out = Json.generator(commands.terminal().out())) {
        out.writeStartArray();
        for (Listed app : apps) {
          switch (app) {
            case Listed.Installed installed -> Json.write(out, installed.envelope());
            case Listed.Broken broken -> {
              out.writeStartObject();
              out.writeStringField("name", broken.name());
              out.writeStringField("error", broken.why());
              out.writeEndObject();
            }
          }
        }
        out.writeEndArray();
      }
    } else {
      int width = apps.stream().mapToInt(app -> app.name().length()).max().orElse(0);
      for (Listed app : apps) {
        switch (app) {
          case Listed.Installed installed -> {
            Release release = installed.envelope().release();
            commands
                .terminal()
                .out()
                .printf(
                    "%-" + Math.max(width, 1) + "s  %s  %s%n",
                    release.name(),
                    release.version(),
                    installed.envelope().trust());
          }
          case Listed.Broken broken -> commands.terminal().say(broken.why());
        }
      }
    }
    return apps.stream().anyMatch(Listed.Broken.class::isInstance)
        ? ExitCode.FAILURE.status()
        : ExitCode.OK.status();
  }
}
