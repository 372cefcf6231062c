package nexus.run;

import java.util.ArrayList;
import java.util.List;
import nexus.cas.TreeVerifier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The command line of {@code nexus run}. */
@Command(
    name = "run",
    description = "Verify an app, heal it if needed, and start it in its sandbox.",
    mixinStandardHelpOptions = true,
    usageHelpAutoWidth = true)
public final class RunOptions {
  /** What to do about a tainted app. */
  enum OnTaint {
    HEAL,
    REFUSE
  }

  @Option(
      names = "--no-agent",
      description = "Use a launcher of its own, which ends with the launch. There is no other yet.")
  boolean noAgent;

  @Option(
      names = "--verify",
      paramLabel = "tree|exec",
      description =
          "What is verified before the start: every file and the shape of the tree, or the shape and"
              + " whatever can be executed. Default: tree.")
  TreeVerifier.Scope scope = TreeVerifier.Scope.TREE;

  @Option(
      names = "--on-taint",
      paramLabel = "heal|refuse",
      description = "Whether a tainted file is healed or the start refused. Default: heal.")
  OnTaint onTaint = OnTaint.HEAL;

  @Parameters(index = "0", paramLabel = "APP", description = "Name of the app.")
  String app = "";

  @Parameters(
      index = "1..*",
      arity = "0..*",
      paramLabel = "ARGS",
      description = "Arguments of the app, as they are; -- in front of them is left out.")
  List<String> arguments = new ArrayList<>();

  /** Returns a parser into {@code options}. */
  static CommandLine commandLine(RunOptions options) {
    return new CommandLine(options)
        .setCommandName("nexus run")
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setStopAtPositional(true);
  }

  /**
   * Returns the app's arguments as the bytes that the user gave.
   *
   * @param words the whole command line that these options were parsed from
   */
  List<byte[]> appArguments(List<byte[]> words) {
    int from = words.size() - arguments.size();
    if (!arguments.isEmpty() && arguments.getFirst().equals("--")) {
      from++;
    }
    return words.subList(from, words.size());
  }
}
