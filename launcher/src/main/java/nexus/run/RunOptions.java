package nexus.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
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
      description = "Use a launcher of its own, which ends with the launch.")
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

  /**
   * Returns what a command line says, or empty if it asks for help or is wrong, which {@link
   * #commandLine} can say better. Does what that does, without its reflection, which takes as long
   * as all else of a launch.
   */
  static Optional<RunOptions> parse(List<String> words) {
    var options = new RunOptions();
    int next = 0;
    while (next < words.size() && words.get(next).startsWith("-")) {
      String word = words.get(next++);
      if (word.equals("--no-agent")) {
        options.noAgent = true;
        continue;
      }
      if (word.equals("--")) {
        break;
      }
      int equals = word.indexOf('=');
      String name = equals < 0 ? word : word.substring(0, equals);
      if (equals < 0 && next == words.size()) {
        return Optional.empty();
      }
      String value = (equals < 0 ? words.get(next++) : word.substring(equals + 1));
      if (!options.set(name, value)) {
        return Optional.empty();
      }
    }
    if (next == words.size() || words.get(next).isEmpty()) {
      return Optional.empty();
    }
    options.app = words.get(next);
    options.arguments = words.subList(next + 1, words.size());
    return Optional.of(options);
  }

  private boolean set(String name, String value) {
    try {
      switch (name) {
        case "--verify" -> scope = TreeVerifier.Scope.valueOf(value.toUpperCase(Locale.ROOT));
        case "--on-taint" -> onTaint = OnTaint.valueOf(value.toUpperCase(Locale.ROOT));
        default -> {
          return false;
        }
      }
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

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
