package nexus.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The resident agent: one for each user and store, whatever happens to it or to its clients. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AgentTest {
  private static final Pattern PID = Pattern.compile("\"pid\" : (\\d+)");
  private static final Pattern BUILD = Pattern.compile("\"build\" : \"([^\"]*)\"");
  private static final int MAGIC = 0x4e585251;
  private static final int LAUNCH = 1;

  private Nexus nexus;

  @BeforeAll
  void install(@TempDir Path folder) throws IOException, InterruptedException {
    nexus = Nexus.of(User.ordinary(), folder);
    nexus.installScript("sh", "#!/bin/sh\nscript=$1\nshift\neval \"$script\"\n");
    nexus.installScript("quick", "#!/bin/sh\n");
  }

  @AfterAll
  void stop() throws IOException, InterruptedException {
    nexus.run("agent", "stop");
  }

  @Test
  void launchesAtTheSameTimeAllSucceed() throws IOException, InterruptedException {
    var running = new ArrayList<Nexus.Running>();
    for (int i = 0; i < 100; i++) {
      running.add(nexus.start("run", "sh", "exit " + i));
    }
    for (int i = 0; i < 100; i++) {
      Outcome outcome = running.get(i).end();
      assertThat(outcome.status()).as(outcome::toString).isEqualTo(i);
    }
  }

  @Test
  void clientsThatStartAtTheSameTimeGetOneAgent() throws IOException, InterruptedException {
    nexus.run("agent", "stop");
    var running = new ArrayList<Nexus.Running>();
    for (int i = 0; i < 8; i++) {
      running.add(nexus.start("run", "quick"));
    }
    for (Nexus.Running each : running) {
      Outcome outcome = each.end();
      assertThat(outcome.status()).as(outcome::toString).isZero();
    }
    assertThat(listeners()).hasSize(1);
    assertThat(field(Pattern.compile("\"launches\" : (\\d+)"))).isEqualTo("8");
  }

  @Test
  void killedAgentIsReplacedAndAppsGoOn() throws IOException, InterruptedException {
    Nexus.Running app = nexus.start("run", "sh", "trap 'exit 3' TERM; echo up; sleep 60 & wait");
    app.awaitOut("up");
    long killed = pid();
    assertThat(new ProcessBuilder("kill", "-KILL", "" + killed).start().waitFor()).isZero();
    assertThat(nexus.launch("quick").status()).isZero();
    assertThat(pid()).isNotEqualTo(killed);
    assertThat(app.isAlive()).isTrue();
    app.terminate();
    assertThat(app.end().status()).isEqualTo(3);
  }

  @Test
  void startStatusRestartAndStopSayWhatTheyDid() throws IOException, InterruptedException {
    nexus.run("agent", "stop");
    assertThat(nexus.run("agent", "status").status()).isEqualTo(1);
    assertThat(nexus.run("agent", "stop").status()).as("nothing to stop is no failure").isZero();
    assertThat(nexus.run("agent", "start").status()).isZero();
    long first = pid();
    assertThat(nexus.run("agent", "start").status()).isZero();
    assertThat(pid()).as("still the same").isEqualTo(first);
    assertThat(nexus.run("agent", "restart").status()).isZero();
    assertThat(pid()).isNotEqualTo(first);
    Outcome text = nexus.run("agent", "status");
    assertThat(text.status()).isZero();
    assertThat(text.out()).contains("process " + pid(), "launches", "memory");
    assertThat(nexus.run("agent", "stop").status()).isZero();
    assertThat(nexus.run("agent", "status", "--json").status()).isEqualTo(1);
    await("nobody listens", () -> listeners().isEmpty());
  }

  @Test
  void agentThatNobodyAsksEnds() throws IOException, InterruptedException {
    nexus.run("agent", "stop");
    assertThat(nexus.run("agent", "start", "--idle-exit", "1").status()).isZero();
    long idle = pid();
    await("the idle agent has ended", () -> !isAlive(idle));
    assertThat(listeners()).isEmpty();
    assertThat(nexus.launch("quick").status()).isZero();
  }

  @Test
  void agentIsToldToEndBySigterm() throws IOException, InterruptedException {
    assertThat(nexus.launch("quick").status()).isZero();
    long told = pid();
    assertThat(new ProcessBuilder("kill", "-TERM", "" + told).start().waitFor()).isZero();
    await("the agent has ended", () -> !isAlive(told));
    assertThat(listeners()).isEmpty();
    assertThat(nexus.launch("quick").status()).isZero();
  }

  @Test
  void agentOutlivesTheSessionThatStartedIt() throws IOException, InterruptedException {
    assertThat(nexus.launch("quick").status()).isZero();
    long agent = pid();
    for (String signal : List.of("-HUP", "-INT")) {
      assertThat(new ProcessBuilder("kill", signal, "" + agent).start().waitFor()).isZero();
    }
    assertThat(nexus.launch("quick").status()).isZero();
    assertThat(pid()).isEqualTo(agent);
  }

  @Test
  void agentOfAReplacedInstallationGivesWay(@TempDir Path folder)
      throws IOException, InterruptedException {
    Path copy = folder.resolve("nexus");
    command("cp", "-a", nexus.program().resolve("../..").normalize().toString(), copy.toString());
    command("chmod", "a+rx", folder.toString());
    List<String> run = List.of(copy.resolve("bin/nexus").toString(), "run", "quick");
    assertThat(nexus.command(run).status()).isZero();
    long old = pid();
    assertThat(nexus.command(run).status()).isZero();
    assertThat(pid()).as("the same installation").isEqualTo(old);

    Files.setLastModifiedTime(
        copy.resolve("lib/nexus.jar"), FileTime.from(Instant.now().plusSeconds(7)));
    Outcome upgraded = nexus.command(run);
    assertThat(upgraded.status()).as(upgraded::toString).isZero();
    assertThat(pid()).isNotEqualTo(old);
    await("the old agent has ended", () -> !isAlive(old));
    assertThat(listeners()).hasSize(1);
  }

  @Test
  void anotherUserIsNotAnswered() throws IOException, InterruptedException {
    Needs.root(); // Nobody else gets through the folder's permissions.
    assertThat(nexus.launch("quick").status()).isZero();
    byte[] request = request("true");
    try (SocketChannel channel = connect()) {
      assertThat(answer(channel, request)).isEmpty();
    } catch (IOException e) {
      // The agent hung up before it was asked.
      assertThat(e.getMessage()).containsAnyOf("Broken pipe", "Connection reset");
    }
  }

  @Test
  void clientsMayDieAtAnyMoment() throws IOException, InterruptedException {
    assertThat(nexus.launch("quick").status()).isZero();
    long agent = pid();
    for (int i = 0; i < 40; i++) {
      Nexus.Running client = nexus.start("run", "quick");
      TimeUnit.MICROSECONDS.sleep(250L * i);
      client.kill();
      client.end();
    }
    if (!User.isRoot()) {
      byte[] request = request("true");
      for (int bytes = 0; bytes <= request.length; bytes += Math.max(1, request.length / 20)) {
        try (SocketChannel channel = connect()) {
          channel.write(ByteBuffer.wrap(request, 0, bytes));
        }
      }
    }
    assertThat(nexus.launch("quick").status()).isZero();
    assertThat(pid()).isEqualTo(agent);
    await("nothing is left under way", () -> status().contains("\"launchesUnderWay\" : 0"));
  }

  @Test
  void appsDoNotSeeTheAgent() throws IOException, InterruptedException {
    String runtime = socket().resolveSibling("").normalize().toString();
    String shared = "/tmp/nexus-" + uid();
    Outcome inside =
        nexus.launch("sh", "ls -A " + runtime + " " + shared + "; touch " + shared + "/x 2>&1");
    assertThat(inside.outLines())
        .as(inside::toString)
        .filteredOn(line -> !line.isEmpty() && !line.endsWith(":"))
        .singleElement()
        .asString()
        .contains("Read-only");
  }

  @Test
  void appsDoNotSeeTheAgentOfAUserWithoutRuntimeDirectory()
      throws IOException, InterruptedException {
    Nexus bare = nexus.without("XDG_RUNTIME_DIR");
    String shared = "/tmp/nexus-" + uid();
    try {
      Outcome inside = bare.launch("sh", "ls -A " + shared + "; mv " + shared + " /tmp/other 2>&1");
      assertThat(inside.outLines())
          .as(inside::toString)
          .singleElement()
          .asString()
          .startsWith("mv: ");
      assertThat(bare.run("agent", "status").status()).isZero();
    } finally {
      bare.run("agent", "stop");
    }
  }

  @Test
  void storeThatWasMadeAnewIsTheOneThatCounts() throws IOException, InterruptedException {
    Nexus other = nexus.with("NEXUS_HOME", nexus.home().resolve("anew").toString());
    try {
      other.installScript("app", "#!/bin/sh\necho first\n");
      assertThat(other.launch("app").out()).isEqualTo("first\n");
      command("rm", "-rf", other.store().toString());
      assertThat(other.launch("app").status()).isEqualTo(127);
      other.installScript("app", "#!/bin/sh\necho second\n");
      assertThat(other.launch("app").out()).isEqualTo("second\n");
      other.installScript("app", "#!/bin/sh\necho third\n");
      assertThat(other.launch("app").out()).isEqualTo("third\n");
    } finally {
      other.run("agent", "stop");
    }
  }

  @Test
  void manyLaunchesLeaveNothingBehind() throws IOException, InterruptedException {
    launch(30);
    Path process = Path.of("/proc/" + pid());
    List<String> before = traces(process);
    launch(300);
    await("as before: " + before, () -> traces(process).equals(before));
    assertThat(Path.of("/proc/" + pid())).as("still the same").isEqualTo(process);
  }

  private void launch(int times) throws IOException, InterruptedException {
    Outcome outcome =
        nexus.shell(
            "n=0; while [ $n -lt $1 ]; do \"$NEXUS\" run quick || exit 9; n=$((n+1)); done",
            "" + times);
    assertThat(outcome.status()).as(outcome::toString).isZero();
  }

  /** What a process holds on to: its own threads, its mounts, and if we may see them its files. */
  private static List<String> traces(Path process) throws IOException {
    var traces = new ArrayList<String>();
    try (Stream<Path> threads = Files.list(process.resolve("task"))) {
      for (Path thread : threads.toList()) {
        String name = Files.readString(thread.resolve("comm")).strip();
        if (name.startsWith("nexus-")) {
          traces.add(name);
        }
      }
    }
    traces.sort(null);
    if (User.isRoot()) {
      traces.add(Files.readAllLines(process.resolve("mountinfo")).size() + " mounts");
      try (Stream<Path> files = Files.list(process.resolve("fd"))) {
        traces.add(files.count() + " descriptors");
      }
    }
    return traces;
  }

  private String status() throws IOException, InterruptedException {
    Outcome outcome = nexus.run("agent", "status", "--json");
    assertThat(outcome.status()).as(outcome::toString).isZero();
    return outcome.out();
  }

  private String field(Pattern pattern) throws IOException, InterruptedException {
    Matcher matcher = pattern.matcher(status());
    assertThat(matcher.find()).isTrue();
    return matcher.group(1);
  }

  private long pid() throws IOException, InterruptedException {
    return Long.parseLong(field(PID));
  }

  private int uid() throws IOException, InterruptedException {
    return Integer.parseInt(nexus.command(List.of("id", "-u")).out().strip());
  }

  /** One that has ended and that nobody has asked for yet does not count. */
  private static boolean isAlive(long pid) throws IOException {
    Path status = Path.of("/proc/" + pid + "/status");
    return Files.exists(status) && !Files.readString(status).contains("State:\tZ");
  }

  /** The sockets of this user's folder that somebody listens on. */
  private List<String> listeners() throws IOException {
    String folder = nexus.home().resolveSibling("runtime").resolve("nexus") + "/";
    return Files.readAllLines(Path.of("/proc/net/unix")).stream()
        .filter(line -> line.contains(" 00010000 ") && line.contains(folder))
        .toList();
  }

  private Path socket() throws IOException, InterruptedException {
    assertThat(nexus.launch("quick").status()).isZero();
    String line = listeners().getFirst();
    return Path.of(line.substring(line.indexOf('/')));
  }

  private SocketChannel connect() throws IOException, InterruptedException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    channel.connect(UnixDomainSocketAddress.of(socket()));
    return channel;
  }

  private static byte[] answer(SocketChannel channel, byte[] request) {
    var bytes = new ByteArrayOutputStream();
    ByteBuffer buffer = ByteBuffer.allocate(4096);
    try {
      channel.write(ByteBuffer.wrap(request));
      while (channel.read(buffer.clear()) >= 0) {
        bytes.write(buffer.array(), 0, buffer.position());
      }
    } catch (IOException e) {
      // Closed before the request was written, or with it unread.
    }
    return bytes.toByteArray();
  }

  /** A request to launch, as docs/formats/launch-protocol.md has it. */
  private byte[] request(String app) throws IOException, InterruptedException {
    var body = new ByteArrayOutputStream();
    var out = new DataOutputStream(body);
    out.writeInt(LAUNCH);
    string(out, field(BUILD));
    out.writeInt(0);
    out.writeInt(0);
    string(out, "/");
    out.writeInt(1);
    string(out, app);
    out.writeInt(1);
    string(out, "HOME=" + nexus.home());
    var request = new ByteArrayOutputStream();
    out = new DataOutputStream(request);
    out.writeInt(MAGIC);
    out.writeInt(2);
    out.writeInt(body.size());
    body.writeTo(out);
    return request.toByteArray();
  }

  private static void string(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
    out.writeByte(0);
  }

  private static void command(String... command) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }

  private static void await(String what, Callable<Boolean> condition)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    boolean so = false;
    while (!so) {
      assertThat(System.nanoTime()).as(what).isLessThan(deadline);
      try {
        so = condition.call();
      } catch (IOException | InterruptedException | RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new AssertionError(e);
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }
}
