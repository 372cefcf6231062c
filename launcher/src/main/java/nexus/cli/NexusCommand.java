package nexus.cli;

import nexus.run.RunOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;

/** {@code nexus}. */
@Command(
    name = "nexus",
    description = "Runs applications whose every byte has been verified.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    usageHelpAutoWidth = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      RunOptions.class,
      AgentCommand.class,
      ImportCommand.class,
      ListCommand.class,
      InfoCommand.class,
      VerifyCommand.class,
      MirrorCommand.class,
      RemoveCommand.class,
      CompletionCommand.class,
      HelpCommand.class
    })
final class NexusCommand {}
