package nexus.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.SocketCalls;

/** The launcher's side of the conversation with the client; docs/formats/launch-protocol.md. */
public final class LaunchReply {
  private static final int STDOUT = 1;
  private static final int STDERR = 2;
  private static final int EXIT = 3;
  private static final int EXEC = 4;
  private static final int AGAIN = 5;

  private final OwnedFd socket;

  /** Lends the socket. */
  public LaunchReply(OwnedFd socket) {
    this.socket = socket;
  }

  /** Has the client write to the user's standard output. */
  public void stdout(String text) throws IOException {
    send(STDOUT, text.getBytes(StandardCharsets.UTF_8), List.of());
  }

  /** Has the client write to the user's standard error. */
  public void stderr(String text) throws IOException {
    send(STDERR, text.getBytes(StandardCharsets.UTF_8), List.of());
  }

  /** Ends the client with this status, nothing having been started. */
  public void exit(int status) throws IOException {
    send(EXIT, ByteBuffer.allocate(Integer.BYTES).putInt(status).array(), List.of());
  }

  /** Ends the client with a sentence and the status of a launcher that failed. */
  public void fail(String sentence) throws IOException {
    refuse(sentence, LaunchException.Status.FAILED);
  }

  /** Ends the client with a sentence and a status. */
  void refuse(String sentence, LaunchException.Status status) throws IOException {
    stderr("nexus: " + sentence + "\n");
    exit(status.code());
  }

  /** Tells the client that nothing was started and this launcher is ending; it may ask another. */
  public void again() throws IOException {
    send(AGAIN, new byte[0], List.of());
  }

  /**
   * What the client becomes.
   *
   * @param cloneFlags {@code CLONE_NEW*} bits to be unshared by the client
   * @param path of the program, inside the mount namespace
   * @param directories where to start, by preference
   */
  record Program(
      int cloneFlags,
      LinuxPath path,
      List<byte[]> arguments,
      List<byte[]> environment,
      List<LinuxPath> directories) {
    private byte[] encode() {
      byte[] program = path.bytes();
      List<byte[]> starts = directories.stream().map(LinuxPath::bytes).toList();
      int length =
          Integer.BYTES + size(program) + size(arguments) + size(environment) + size(starts);
      ByteBuffer out = ByteBuffer.allocate(length).putInt(cloneFlags);
      put(out, program);
      put(out, arguments);
      put(out, environment);
      put(out, starts);
      return out.array();
    }

    private static int size(byte[] string) {
      return Integer.BYTES + string.length + 1;
    }

    private static int size(List<byte[]> strings) {
      return Integer.BYTES + strings.stream().mapToInt(Program::size).sum();
    }

    private static void put(ByteBuffer out, byte[] string) {
      out.putInt(string.length).put(string).put((byte) 0);
    }

    private static void put(ByteBuffer out, List<byte[]> strings) {
      out.putInt(strings.size());
      strings.forEach(string -> put(out, string));
    }
  }

  /**
   * Has the client become the app.
   *
   * @param executable leased, opened inside the mount namespace
   * @param checkout held by the client for as long as the app runs
   */
  void exec(MountNamespace namespace, OwnedFd executable, OwnedFd checkout, Program program)
      throws IOException {
    send(
        EXEC,
        program.encode(),
        List.of(namespace.userNamespace(), namespace.mountNamespace(), executable, checkout));
  }

  private void send(int type, byte[] body, List<OwnedFd> descriptors) throws IOException {
    byte[] frame =
        ByteBuffer.allocate(2 * Integer.BYTES + body.length)
            .putInt(type)
            .putInt(body.length)
            .put(body)
            .array();
    int sent = SocketCalls.sendmsg(socket, frame, descriptors);
    while (sent < frame.length) {
      sent += SocketCalls.sendmsg(socket, Arrays.copyOfRange(frame, sent, frame.length), List.of());
    }
  }
}
