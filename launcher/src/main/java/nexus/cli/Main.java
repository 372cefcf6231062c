package nexus.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
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

  private static final int LAUNCH_SOCKET = 3;

  private Main() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    if (Arrays.equals(arguments, new String[] {LAUNCH})) {
      try (OwnedFd socket = OwnedFd.inherited(LAUNCH_SOCKET, "client")) {
        LaunchServer.serve(socket);
      }
      return;
    }
    System.exit(commandLine(new Terminal()).execute(arguments));
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
