package nexus.agent;

import static nexus.linux.Constants.O_RDONLY;
import static nexus.linux.Constants.SIGHUP;
import static nexus.linux.Constants.SIGINT;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import nexus.linux.FileCalls;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.ProcessCalls;
import nexus.linux.SocketCalls;
import nexus.linux.SyscallException;
import nexus.run.LaunchReply;
import nexus.run.LaunchRequest;
import nexus.run.LaunchServer;
import nexus.run.LaunchTools;

/**
 * Answers clients until it is told to stop, has had nothing to launch for long enough, or meets a
 * client of another installation, for which it gives way. What is under way by then is finished.
 */
public final class Agent {
  /** How long a client may take to say what it wants, or to take what it is sent. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /** More clients wait in the backlog of the socket. */
  private static final int MAX_CONNECTIONS = 256;

  /** How often an agent that nobody asks looks whether anybody could. */
  private static final Duration LOOK_AROUND = Duration.ofSeconds(30);

  private static final int LAUNCHES_PER_PROCESSOR = 4;
  private static final LinuxPath MEMORY = LinuxPath.of("/proc/self/statm");
  private static final int PAGE_BYTES = 4096;

  private final Settings settings;
  private final ListeningSocket socket;
  private final LaunchServer server;
  private final Activity activity = new Activity();
  private final Semaphore connections = new Semaphore(MAX_CONNECTIONS);
  private final long started = System.nanoTime();

  /**
   * What the agent is told at its start.
   *
   * @param build identity of the installation that it runs, as clients send it
   * @param version for people
   * @param idleExit how long there may be nothing to launch before it ends
   */
  public record Settings(String build, String version, Duration idleExit) {}

  private Agent(Settings settings, ListeningSocket socket, LaunchServer server) {
    this.settings = settings;
    this.socket = socket;
    this.server = server;
  }

  /**
   * Is the agent, until it ends.
   *
   * @param listener on which clients connect; taken over
   */
  public static void run(OwnedFd listener, Settings settings)
      throws IOException, InterruptedException {
    ProcessCalls.setNotDumpable();
    // The end of the session in which somebody happened to start it is nothing to the agent.
    ProcessCalls.ignore(SIGHUP);
    ProcessCalls.ignore(SIGINT);
    int processors = Runtime.getRuntime().availableProcessors();
    try (ListeningSocket socket = ListeningSocket.of(listener);
        var tools = new LaunchTools(LAUNCHES_PER_PROCESSOR * processors)) {
      var agent = new Agent(settings, socket, new LaunchServer(tools));
      // SIGTERM: the JVM waits for this before it ends.
      Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(agent::finish));
      agent.listen();
      // At once, and not when all is done: who is in the backlog is to ask another agent.
      socket.hangUp();
      agent.finish();
    }
  }

  private void finish() {
    socket.leave();
    activity.awaitNone();
  }

  private void listen() throws SyscallException, InterruptedException {
    while (!socket.isLeft()) {
      Duration left = settings.idleExit.minus(activity.idle());
      if (!left.isPositive()) {
        return;
      }
      connections.acquire();
      // A millisecond more, so that the time is up when it is over.
      OwnedFd connection =
          socket.accept((int) Math.min(left.toMillis() + 1, LOOK_AROUND.toMillis()));
      if (connection == null) {
        connections.release();
        if (!socket.isReachable()) {
          return;
        }
      } else {
        activity.connected();
        Thread.ofPlatform().name("nexus-client").start(() -> serve(connection));
      }
    }
  }

  private void serve(OwnedFd connection) {
    try (connection) {
      if (SocketCalls.peerUid(connection) == ProcessCalls.geteuid()) {
        SocketCalls.setTimeouts(connection, PATIENCE);
        answer(connection);
      }
    } catch (IOException e) {
      // The client has gone; it knows why.
    } catch (InterruptedException e) {
      // Nobody interrupts these threads.
      throw new IllegalStateException(e);
    } finally {
      connections.release();
      activity.disconnected();
    }
  }

  private void answer(OwnedFd connection) throws IOException, InterruptedException {
    var reply = new LaunchReply(connection);
    try {
      LaunchRequest request = LaunchRequest.read(connection, PATIENCE);
      switch (request.kind()) {
        case LAUNCH -> launch(request, connection, reply);
        case STATUS -> {
          reply.stdout(request.words().contains("--json") ? status().json() : status().text());
          reply.exit(0);
        }
        case STOP -> {
          socket.leave();
          reply.exit(0);
        }
      }
    } catch (LaunchRequest.AnotherVersion | LinkageError e) {
      // Of another installation, or ours was replaced while it ran and its classes with it.
      giveWay(reply);
    } catch (SyscallException e) {
      throw e;
    } catch (IOException | RuntimeException | Error e) {
      reply.fail("the agent failed: " + e.getMessage());
    }
  }

  private void launch(LaunchRequest request, OwnedFd connection, LaunchReply reply)
      throws IOException, InterruptedException {
    if (!request.build().equals(settings.build)) {
      giveWay(reply);
      return;
    }
    activity.launching();
    try {
      server.launch(request, connection);
    } finally {
      activity.launched();
    }
  }

  /** Leaves before it answers, so that the client finds the place free. */
  private void giveWay(LaunchReply reply) throws IOException {
    socket.leave();
    reply.again();
  }

  private AgentStatus status() throws IOException {
    return new AgentStatus(
        ProcessCalls.getpid(),
        settings.version,
        settings.build,
        Duration.ofNanos(System.nanoTime() - started),
        settings.idleExit,
        activity.launches(),
        activity.underWay(),
        residentBytes());
  }

  /** Returns what proc(5) says: the second number is the resident pages. */
  private static long residentBytes() throws IOException {
    byte[] buffer = new byte[256];
    try (OwnedFd file = FileCalls.openat2(OwnedFd.CWD, MEMORY, O_RDONLY, 0, 0)) {
      int count = FileCalls.read(file, buffer);
      String text = new String(buffer, 0, count, StandardCharsets.US_ASCII);
      int start = text.indexOf(' ') + 1;
      return Long.parseLong(text, start, text.indexOf(' ', start), 10) * PAGE_BYTES;
    }
  }
}
