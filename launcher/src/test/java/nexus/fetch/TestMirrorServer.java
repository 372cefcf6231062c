package nexus.fetch;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BinaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A well-behaved web server on the loopback interface that serves a folder, with ranges. */
public final class TestMirrorServer implements AutoCloseable {
  private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d+)");

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final Path folder;
  private final boolean ranges;
  private final List<String> requests = new CopyOnWriteArrayList<>();

  /** Starts to serve. */
  public TestMirrorServer(Path folder, boolean ranges) throws IOException {
    this.folder = folder;
    this.ranges = ranges;
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", this::answer);
    server.setExecutor(threads);
    server.start();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      String range = exchange.getRequestHeaders().getFirst("Range");
      requests.add(path.substring(1) + (range == null ? "" : " " + range));
      Path file = folder.resolve(path.substring(1));
      if (!Files.isRegularFile(file)) {
        exchange.sendResponseHeaders(404, -1);
        return;
      }
      byte[] content = Files.readAllBytes(file);
      int status = 200;
      if (ranges && range != null) {
        Matcher matcher = RANGE.matcher(range);
        if (!matcher.matches() || Long.parseLong(matcher.group(1)) >= content.length) {
          exchange.sendResponseHeaders(416, -1);
          return;
        }
        int from = Integer.parseInt(matcher.group(1));
        int to = Math.min(Integer.parseInt(matcher.group(2)), content.length - 1);
        exchange
            .getResponseHeaders()
            .set("Content-Range", "bytes " + from + "-" + to + "/" + content.length);
        content = Arrays.copyOfRange(content, from, to + 1);
        status = 206;
      }
      exchange.sendResponseHeaders(status, content.length == 0 ? -1 : content.length);
      exchange.getResponseBody().write(content);
    }
  }

  /** Returns what was asked for, in order: paths, and ranges where one was given. */
  public List<String> requests() {
    return List.copyOf(requests);
  }

  /** Returns the ranges of objects that were asked for, joined. */
  public String ranges() {
    return requests.stream()
        .filter(request -> request.startsWith("objects/"))
        .map(request -> request.replaceFirst("[^ ]* ?", ""))
        .reduce("", joined(" "));
  }

  private static BinaryOperator<String> joined(String separator) {
    return (a, b) -> a.isEmpty() ? b : a + separator + b;
  }

  /** Returns the address. */
  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
