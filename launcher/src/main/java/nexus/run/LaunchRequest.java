package nexus.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import nexus.linux.FileCalls;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;

/**
 * What a client asks for; docs/formats/launch-protocol.md. Arguments and variables are bytes, which
 * the app gets as they were.
 *
 * @param build identity of the installation that the client belongs to
 * @param terminal whether the user's standard error is a terminal
 * @param columns width of that terminal, 0 if unknown
 * @param directory the user's working directory, empty if there is none
 * @param arguments what follows {@code nexus run}
 * @param environment {@code NAME=value} strings in the user's order
 */
public record LaunchRequest(
    Kind kind,
    String build,
    boolean terminal,
    int columns,
    LinuxPath directory,
    List<byte[]> arguments,
    List<byte[]> environment) {
  private static final int MAGIC = 0x4e585251;
  private static final int VERSION = 2;
  private static final int MAX_BYTES = 16 << 20;
  private static final int HEADER_BYTES = 12;
  private static final int BUFFER = 1 << 16;
  private static final int MIN_STRING_BYTES = 5;
  private static final int TERMINAL = 1;

  /** What is asked for. */
  public enum Kind {
    LAUNCH(1),
    STATUS(2),
    STOP(3);

    private final int number;

    Kind(int number) {
      this.number = number;
    }

    private static Kind of(int number) throws IOException {
      for (Kind kind : values()) {
        if (kind.number == number) {
          return kind;
        }
      }
      throw new IOException("the client asks for the unknown kind " + number);
    }
  }

  /** The client speaks another version of the protocol. */
  public static final class AnotherVersion extends IOException {
    private static final long serialVersionUID = 1;

    private AnotherVersion() {
      super("the client speaks another protocol; it is of another version");
    }
  }

  /**
   * Reads a request off the socket.
   *
   * @param patience how long the whole of it may take; a single wait for the peer ends by the
   *     socket's own timeout
   */
  public static LaunchRequest read(OwnedFd socket, Duration patience) throws IOException {
    long deadline = System.nanoTime() + patience.toNanos();
    ByteBuffer header = readFully(socket, HEADER_BYTES, deadline);
    if (header.getInt() != MAGIC || header.getInt() != VERSION) {
      throw new AnotherVersion();
    }
    int length = header.getInt();
    if (length < 0 || length > MAX_BYTES) {
      throw new IOException("arguments and environment are longer than 16 MiB");
    }
    ByteBuffer in = readFully(socket, length, deadline);
    need(in, Integer.BYTES);
    Kind kind = Kind.of(in.getInt());
    String build = new String(string(in), StandardCharsets.UTF_8);
    need(in, 2 * Integer.BYTES);
    int flags = in.getInt();
    int columns = in.getInt();
    var request =
        new LaunchRequest(
            kind,
            build,
            (flags & TERMINAL) != 0,
            columns,
            LinuxPath.of(string(in)),
            strings(in),
            strings(in));
    if (in.hasRemaining()) {
      throw new IOException("the client's request has bytes behind its end");
    }
    return request;
  }

  private static ByteBuffer readFully(OwnedFd socket, int length, long deadline)
      throws IOException {
    // Grows as bytes arrive: an announcement alone costs nothing.
    byte[] bytes = new byte[Math.min(length, BUFFER)];
    int filled = 0;
    while (filled < length) {
      if (System.nanoTime() - deadline > 0) {
        throw new IOException("the client takes too long to say what it wants");
      }
      byte[] part = new byte[Math.min(length - filled, BUFFER)];
      int count = FileCalls.read(socket, part);
      if (count == 0) {
        throw new IOException("the client has gone");
      }
      if (filled + count > bytes.length) {
        bytes = Arrays.copyOf(bytes, Math.min(length, Math.max(2 * bytes.length, filled + count)));
      }
      System.arraycopy(part, 0, bytes, filled, count);
      filled += count;
    }
    return ByteBuffer.wrap(bytes, 0, length);
  }

  private static List<byte[]> strings(ByteBuffer in) throws IOException {
    need(in, Integer.BYTES);
    int count = in.getInt();
    if (count < 0 || count > in.remaining() / MIN_STRING_BYTES) {
      throw new IOException("the client's request announces more strings than it has");
    }
    List<byte[]> strings = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      strings.add(string(in));
    }
    return List.copyOf(strings);
  }

  private static byte[] string(ByteBuffer in) throws IOException {
    need(in, Integer.BYTES);
    int length = in.getInt();
    if (length < 0) {
      throw new IOException("the client's request has a string of negative length");
    }
    need(in, length + 1L);
    byte[] string = new byte[length];
    in.get(string);
    if (in.get() != 0) {
      throw new IOException("the client's request has a string without its NUL");
    }
    for (byte b : string) {
      if (b == 0) {
        throw new IOException("the client's request has a string with a NUL in it");
      }
    }
    return string;
  }

  private static void need(ByteBuffer in, long bytes) throws IOException {
    if (in.remaining() < bytes) {
      throw new IOException("the client's request is truncated");
    }
  }

  /** Returns the arguments as text. */
  public List<String> words() {
    return arguments.stream().map(word -> new String(word, StandardCharsets.UTF_8)).toList();
  }

  /**
   * Returns the variables as text, for the launcher's own use; the first of equal names counts, as
   * in getenv(3).
   */
  Map<String, String> variables() {
    Map<String, String> variables = new HashMap<>();
    for (byte[] variable : environment) {
      String text = new String(variable, StandardCharsets.UTF_8);
      int equals = text.indexOf('=');
      if (equals > 0) {
        variables.putIfAbsent(text.substring(0, equals), text.substring(equals + 1));
      }
    }
    return variables;
  }
}
