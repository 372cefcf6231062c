package nexus.run;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import nexus.cas.Folders;
import nexus.linux.OwnedFd;
import nexus.linux.ProcessCalls;
import nexus.linux.SyscallException;
import nexus.policy.PolicyException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** Answers a client: reads its request, and sends what it becomes or why it does not. */
public final class LaunchServer {
  private static final int USAGE = 2;
  private static final String PREFIX = "nexus: ";

  private LaunchServer() {}

  /**
   * Serves one client.
   *
   * @param socket connected to the client; lent
   * @throws IOException if the client cannot be told how it ended
   */
  public static void serve(OwnedFd socket) throws IOException, InterruptedException {
    ProcessCalls.setNotDumpable();
    var reply = new LaunchReply(socket);
    try {
      LaunchRequest request = LaunchRequest.read(socket);
      Optional<RunOptions> options = parse(request, reply);
      if (options.isPresent()) {
        Map<String, String> environment = request.variables();
        Folders folders = Folders.of(environment, Optional::empty);
        new Launch(request, options.get(), folders, reply).run();
      }
    } catch (LaunchException e) {
      refuse(reply, e.getMessage(), e.status());
    } catch (SyscallException e) {
      refuse(reply, e.sentence(), LaunchException.Status.FAILED);
    } catch (IOException | MountNamespaceException | PolicyException e) {
      refuse(reply, e.getMessage(), LaunchException.Status.FAILED);
    }
  }

  private static void refuse(
      LaunchReply reply, @Nullable String message, LaunchException.Status status)
      throws IOException {
    reply.stderr(PREFIX + message + "\n");
    reply.exit(status.code());
  }

  /** Returns the options, or answers with help or a usage error and returns nothing. */
  private static Optional<RunOptions> parse(LaunchRequest request, LaunchReply reply)
      throws IOException {
    List<String> words =
        request.arguments().stream().map(word -> new String(word, StandardCharsets.UTF_8)).toList();
    Optional<RunOptions> parsed = RunOptions.parse(words);
    if (parsed.isPresent()) {
      return parsed;
    }
    var options = new RunOptions();
    CommandLine commandLine = RunOptions.commandLine(options);
    try {
      commandLine.parseArgs(words.toArray(String[]::new));
    } catch (CommandLine.ParameterException e) {
      reply.stderr(PREFIX + e.getMessage() + "; see nexus run --help\n");
      reply.exit(USAGE);
      return Optional.empty();
    }
    if (commandLine.isUsageHelpRequested()) {
      reply.stdout(commandLine.getUsageMessage());
      reply.exit(0);
      return Optional.empty();
    }
    return Optional.of(options);
  }
}
