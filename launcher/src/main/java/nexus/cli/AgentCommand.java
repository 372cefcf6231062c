package nexus.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code nexus agent}: its words and their help. What they do is done by the client, in C, which
 * has no need of a JVM to speak with one that runs.
 */
@Command(
    name = "agent",
    description = "Control the resident launcher, which makes launches fast.",
    mixinStandardHelpOptions = true,
    usageHelpAutoWidth = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      AgentCommand.Start.class,
      AgentCommand.Stop.class,
      AgentCommand.Status.class,
      AgentCommand.Restart.class
    })
final class AgentCommand {
  /** {@code nexus agent start}. */
  @Command(
      name = "start",
      description = "Start the agent if there is none. A launch does that, too.",
      mixinStandardHelpOptions = true,
      usageHelpAutoWidth = true)
  static final class Start {
    @SuppressWarnings("UnusedVariable") // Read by whoever reads the help.
    @Option(
        names = "--idle-exit",
        paramLabel = "SECONDS",
        description = "End after so long without a launch. Default: 900.")
    private int idleExit = 900;
  }

  /** {@code nexus agent stop}. */
  @Command(
      name = "stop",
      description = "Have the agent finish its launches and end. Running apps go on.",
      mixinStandardHelpOptions = true,
      usageHelpAutoWidth = true)
  static final class Stop {}

  /** {@code nexus agent status}. */
  @Command(
      name = "status",
      description = "Say whether there is an agent, and how it is.",
      mixinStandardHelpOptions = true,
      usageHelpAutoWidth = true)
  static final class Status {
    @SuppressWarnings("UnusedVariable") // Read by whoever reads the help.
    @Option(names = "--json", description = "Print JSON.")
    private boolean json;
  }

  /** {@code nexus agent restart}. */
  @Command(
      name = "restart",
      description = "Stop the agent and start another.",
      mixinStandardHelpOptions = true,
      usageHelpAutoWidth = true)
  static final class Restart {
    @SuppressWarnings("UnusedVariable") // Read by whoever reads the help.
    @Option(
        names = "--idle-exit",
        paramLabel = "SECONDS",
        description = "End after so long without a launch. Default: 900.")
    private int idleExit = 900;
  }
}
