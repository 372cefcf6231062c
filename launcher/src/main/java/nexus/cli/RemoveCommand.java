package nexus.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import nexus.cas.NexusHome;
import nexus.fetch.ProgressLine;
import nexus.install.Remover;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code nexus remove}. */
@Command(
    name = "remove",
    description = "Remove apps, and the files that no other app needs.",
    mixinStandardHelpOptions = true,
    usageHelpAutoWidth = true)
final class RemoveCommand implements Callable<Integer> {
  private final Commands commands;

  @Parameters(arity = "1..*", paramLabel = "APP", description = "Names of the apps.")
  private List<String> apps = new ArrayList<>();

  RemoveCommand(Commands commands) {
    this.commands = commands;
  }

  @Override
  public Integer call() throws IOException {
    try (NexusHome home = commands.home()) {
      var remover = new Remover(home);
      for (String app : apps) {
        long freed = remover.remove(app);
        commands.terminal().out().println("removed " + app + ", freed " + ProgressLine.size(freed));
      }
    }
    return ExitCode.OK.status();
  }
}
