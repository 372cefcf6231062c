package nexus.it;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A web server on the loopback interface that serves a folder with ranges, well or badly. */
final class MirrorServer implements AutoCloseable {
  /** How it serves. */
  enum Manner {
    HONEST,
    /** Every byte is another one. */
    LIES,
    /** Answers, but without the last half. */
    CUTS_OFF,
    /** Never answers. */
    STALLS,
    /** Sends ten times the bytes that it announced, or was asked for. */
    FLOODS,
    /** Has nothing. */
    IS_EMPTY,
    /** Sends the reader to a file of the reader's machine. */
    REDIRECTS,
    /** Ignores ranges and sends the whole file. */
    IGNORES_RANGES,
  }

  private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d+)");

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final Path folder;
  private final Manner manner;

  MirrorServer(Path folder, Manner manner) throws IOException {
    this.folder = folder;
    this.manner = manner;
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.setExecutor(threads);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/mirror";
  }

  /** Returns what was asked for, as {@code path range}, in order. */
  List<String> requests() {
    return List.copyOf(requests);
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath().replaceFirst("^/mirror/", "");
    String range = exchange.getRequestHeaders().getFirst("Range");
    requests.add(path + (range == null ? "" : " " + range));
    try (exchange) {
      Path file = folder.resolve(path);
      if (manner == Manner.REDIRECTS) {
        exchange.getResponseHeaders().set("Location", "file:///etc/passwd");
        exchange.sendResponseHeaders(302, -1);
      } else if (manner == Manner.IS_EMPTY || !Files.isRegularFile(file)) {
        exchange.sendResponseHeaders(404, -1);
      } else {
        send(exchange, Files.readAllBytes(file), range);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void send(HttpExchange exchange, byte[] whole, String range)
      throws IOException, InterruptedException {
    byte[] body = whole;
    int status = 200;
    Matcher wanted = RANGE.matcher(range == null ? "" : range);
    if (wanted.matches() && manner != Manner.IGNORES_RANGES) {
      int first = Integer.parseInt(wanted.group(1));
      int last = Math.min(Integer.parseInt(wanted.group(2)), whole.length - 1);
      body = Arrays.copyOfRange(whole, first, last + 1);
      status = 206;
      exchange
          .getResponseHeaders()
          .set("Content-Range", "bytes " + first + "-" + last + "/" + whole.length);
    }
    if (manner == Manner.STALLS) {
      closed.await();
      return;
    }
    if (manner == Manner.LIES) {
      for (int i = 0; i < body.length; i++) {
        body[i] ^= 0x55;
      }
    }
    // 0 is a body of unknown length, in chunks: it can have any length without breaking HTTP.
    exchange.sendResponseHeaders(status, manner == Manner.FLOODS ? 0 : body.length);
    OutputStream out = exchange.getResponseBody();
    switch (manner) {
      case CUTS_OFF -> out.write(body, 0, body.length / 2);
      case FLOODS -> {
        for (int i = 0; i < 10; i++) {
          out.write(body);
        }
      }
      default -> out.write(body);
    }
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
