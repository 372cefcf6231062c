package nexus.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import nexus.cas.Folders;
import nexus.cas.NexusHome;
import nexus.install.InstalledApps;
import nexus.install.InstalledApps.Listed;
import nexus.merkle.ParallelHasher;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code nexus verify}. */
@Command(
    name = "verify",
    description = "Verify every file of installed apps, and heal what is tainted.",
    footer =
        "Exit status: 0 if all is good, or healed; 1 if something is tainted; 2 for wrong usage.",
    mixinStandardHelpOptions = true,
    usageHelpAutoWidth = true)
final class VerifyCommand implements Callable<Integer> {
  private final Commands commands;

  /** Either some apps or all of them. */
  static final class Which {
    @Parameters(arity = "1..*", paramLabel = "APP", description = "Names of the apps.")
    private List<String> apps = new ArrayList<>();

    @Option(names = "--all", required = true, description = "Verify all apps.")
    private boolean all;
  }

  @ArgGroup(multiplicity = "1")
  private Which which = new Which();

  @Option(names = "--heal", description = "Heal what is tainted.")
  private boolean heal;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  VerifyCommand(Commands commands) {
    this.commands = commands;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Folders folders = commands.folders();
    List<AppVerification.Result> results = new ArrayList<>();
    try (NexusHome home = NexusHome.open(folders.nexusHome());
        var hasher = new ParallelHasher(Runtime.getRuntime().availableProcessors())) {
      var verification =
          new AppVerification(home, hasher, folders.config(), commands.terminal(), heal);
      for (Listed app : chosen(new InstalledApps(home))) {
        AppVerification.Result result = verification.verify(app);
        results.add(result);
        if (!json) {
          result.print(commands.terminal().out());
        }
      }
    }
    if (json) {
      try (JsonGenerator out = Json.generator(commands.terminal().out())) {
        out.writeStartArray();
        for (AppVerification.Result result : results) {
          result.write(out);
        }
        out.writeEndArray();
      }
    }
    return results.stream().allMatch(AppVerification.Result::isGood)
        ? ExitCode.OK.status()
        : ExitCode.FAILURE.status();
  }

  private List<Listed> chosen(InstalledApps installed) throws IOException {
    if (which.all) {
      return installed.list();
    }
    List<Listed> chosen = new ArrayList<>();
    for (String app : which.apps) {
      chosen.add(installed.look(app));
    }
    return chosen;
  }
}
