package nexus.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import nexus.agent.Agent;
import nexus.linux.OwnedFd;
import nexus.run.LaunchServer;
import picocli.CommandLine;

/** The program that the client starts. */
public final class Main {
  /**
   * How the client asks for the answer to one launch, on the socket that it passes as this
   * descriptor.
   */
  private static final String LAUNCH = "launch";

  /**
   * How the client asks for an agent, on the listening socket that it passes as this descriptor.
   * {@code agent --help} is for people and another thing.
   */
  private static final String AGENT = "agent";

  private static final String IDLE_EXIT = "--idle-exit=";
  private static final Duration DEFAULT_IDLE_EXIT = Duration.ofMinutes(15);
  private static final int SOCKET = 3;

  private Main() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    if (Arrays.equals(arguments, new String[] {LAUNCH})) {
      try (OwnedFd socket = OwnedFd.inherited(SOCKET, "client")) {
        LaunchServer.serveOnce(socket);
      }
      return;
    }
    if (isAgent(arguments)) {
      Agent.run(OwnedFd.inherited(SOCKET, "clients"), settings(arguments));
      return;
    }
    System.exit(commandLine(new Terminal()).execute(arguments));
  }

  private static boolean isAgent(String[] arguments) {
    return arguments.length > 0
        && arguments[0].equals(AGENT)
        && (arguments.length == 1 || (arguments.length == 2 && arguments[1].startsWith(IDLE_EXIT)));
  }

  private static Agent.Settings settings(String[] arguments) {
    Duration idleExit =
        arguments.length == 1
            ? DEFAULT_IDLE_EXIT
            : Duration.ofSeconds(
                Math.max(1, Long.parseLong(arguments[1].substring(IDLE_EXIT.length()))));
    return new Agent.Settings(System.getProperty("nexus.build", ""), Version.text(), idleExit);
  }

  /** Returns the parser and runner of all commands. */
  static CommandLine commandLine(Terminal terminal) {
    var commandLine =
        new CommandLine(new NexusCommand(), new Commands(terminal))
            .setOut(new PrintWriter(terminal.out(), true, StandardCharsets.UTF_8))
            .setErr(new PrintWriter(terminal.err(), true, StandardCharsets.UTF_8))
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setParameterExceptionHandler(
                (e, _) -> {
                  terminal.say(
                      e.getMessage()
                          + "; see "
                          + e.getCommandLine().getCommandSpec().qualifiedName()
                          + " --help");
                  return ExitCode.USAGE.status();
                })
            .setExecutionExceptionHandler(
                (e, _, _) -> {
                  terminal.say(Failure.sentence(e));
                  return ExitCode.FAILURE.status();
                });
    return commandLine;
  }
}
