package nexus.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nexus completion}. */
@Command(
    name = "completion",
    description = {
      "Print the completion script of a shell.",
      "To use it: source <(nexus completion bash)"
    },
    mixinStandardHelpOptions = true,
    usageHelpAutoWidth = true)
final class CompletionCommand implements Callable<Integer> {
  /** The shells. */
  enum Shell {
    BASH,
    ZSH
  }

  private final Commands commands;

  @Parameters(paramLabel = "bash|zsh", description = "The shell.")
  private Shell shell = Shell.BASH;

  @Spec private CommandSpec spec = CommandSpec.create();

  CompletionCommand(Commands commands) {
    this.commands = commands;
  }

  @Override
  public Integer call() {
    CommandLine root = spec.root().commandLine();
    String script = AutoComplete.bash(root.getCommandName(), root);
    commands
        .terminal()
        .out()
        .print(
            switch (shell) {
              case BASH -> script;
              // The script loads bashcompinit itself, which wants this first.
              case ZSH -> "autoload -U +X compinit && compinit\n" + script;
            });
    return ExitCode.OK.status();
  }
}
