package nexus.run;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import nexus.cas.Folders;
import nexus.linux.OwnedFd;
import nexus.linux.ProcessCalls;
import nexus.linux.SyscallException;
import nexus.policy.PolicyException;
import picocli.CommandLine;

/**
 * Answers requests to launch an app with what the client becomes or why it does not. The one-shot
 * launcher and the agent differ in how long the tools live, and in nothing else.
 */
public final class LaunchServer {
  private static final int USAGE = 2;

  /** The client of a one-shot launcher is its parent, and has written all of its request. */
  private static final Duration ONE_SHOT_PATIENCE = Duration.ofMinutes(1);

  private final LaunchTools tools;

  /** Lends the tools. */
  public LaunchServer(LaunchTools tools) {
    this.tools = tools;
  }

  /**
   * Serves the one client of a launcher that ends then.
   *
   * @param socket connected to the client; lent
   * @throws IOException if the client cannot be told how it ended
   */
  public static void serveOnce(OwnedFd socket) throws IOException, InterruptedException {
    ProcessCalls.setNotDumpable();
    var reply = new LaunchReply(socket);
    LaunchRequest request;
    try {
      request = LaunchRequest.read(socket, ONE_SHOT_PATIENCE);
      if (request.kind() != LaunchRequest.Kind.LAUNCH) {
        throw new IOException("this launcher only launches");
      }
    } catch (IOException e) {
      reply.fail(String.valueOf(e.getMessage()));
      return;
    }
    try (var tools = new LaunchTools(1)) {
      new LaunchServer(tools).launch(request, socket);
    }
  }

  /**
   * Serves one request to launch. May be called by several threads at once.
   *
   * @param socket that the request came on; lent
   * @throws IOException if the client cannot be told how it ended
   */
  public void launch(LaunchRequest request, OwnedFd socket)
      throws IOException, InterruptedException {
    var reply = new LaunchReply(socket);
    try {
      Optional<RunOptions> options = parse(request, reply);
      if (options.isPresent()) {
        Map<String, String> environment = request.variables();
        Folders folders = Folders.of(environment, Optional::empty);
        new Launch(request, options.get(), folders, reply, tools, new Client(socket)).run();
      }
    } catch (Client.GoneException e) {
      // Nobody is left to be told.
    } catch (LaunchException e) {
      reply.refuse(String.valueOf(e.getMessage()), e.status());
    } catch (SyscallException e) {
      reply.fail(e.sentence());
    } catch (IOException | MountNamespaceException | PolicyException e) {
      reply.fail(String.valueOf(e.getMessage()));
    }
  }

  /** Returns the options, or answers with help or a usage error and returns nothing. */
  private static Optional<RunOptions> parse(LaunchRequest request, LaunchReply reply)
      throws IOException {
    List<String> words = request.words();
    Optional<RunOptions> parsed = RunOptions.parse(words);
    if (parsed.isPresent()) {
      return parsed;
    }
    var options = new RunOptions();
    CommandLine commandLine = RunOptions.commandLine(options);
    try {
      commandLine.parseArgs(words.toArray(String[]::new));
    } catch (CommandLine.ParameterException e) {
      reply.stderr("nexus: " + e.getMessage() + "; see nexus run --help\n");
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
