package nexus.demo;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A web server for static files, as simple as one with ranges can be: a folder on a free port of
 * the loopback interface. Prints its address, then a line for each request: the path, the range,
 * the status and how many bytes were sent.
 */
final class WebServer {
  private static final Pattern RANGE = Pattern.compile("bytes=(\\d{1,18})-(\\d{1,18})");
  private static final int BUFFER_BYTES = 64 << 10;

  private final Path folder;

  private WebServer(Path folder) {
    this.folder = folder;
  }

  public static void main(String[] arguments) throws IOException {
    var server = new WebServer(Path.of(arguments[0]).toRealPath());
    HttpServer http =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    http.createContext("/", server::answer);
    http.start();
    System.out.println("http://127.0.0.1:" + http.getAddress().getPort() + "/");
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      Path file = folder.resolve(exchange.getRequestURI().getPath().substring(1)).normalize();
      String range =
          Objects.requireNonNullElse(exchange.getRequestHeaders().getFirst("Range"), "whole");
      long sent = 0;
      int status = 404;
      if (file.startsWith(folder) && Files.isRegularFile(file)) {
        Matcher part = RANGE.matcher(range);
        status = part.matches() ? 206 : 200;
        sent = send(exchange, status, file, part);
      } else {
        exchange.sendResponseHeaders(status, -1);
      }
      System.out.printf(
          "GET %s, %s: %d, %d bytes%n", exchange.getRequestURI(), range, status, sent);
    }
  }

  private static long send(HttpExchange exchange, int status, Path file, Matcher part)
      throws IOException {
    try (FileChannel in = FileChannel.open(file)) {
      long from = status == 206 ? Long.parseLong(part.group(1)) : 0;
      long to = status == 206 ? Long.parseLong(part.group(2)) + 1 : in.size();
      if (status == 206) {
        exchange
            .getResponseHeaders()
            .set("Content-Range", "bytes " + from + "-" + (to - 1) + "/" + in.size());
      }
      // Of this class alone 0 means that the length is unknown.
      exchange.sendResponseHeaders(status, to > from ? to - from : -1);
      try (OutputStream body = exchange.getResponseBody();
          WritableByteChannel out = Channels.newChannel(body)) {
        copy(in.position(from), to - from, out);
      }
      return to - from;
    }
  }

  private static void copy(FileChannel in, long bytes, WritableByteChannel out) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    for (long left = bytes; left > 0; ) {
      int count = in.read(buffer.clear().limit((int) Math.min(left, BUFFER_BYTES)));
      if (count < 0) {
        throw new IOException("the file ends " + left + " bytes early");
      }
      out.write(buffer.flip());
      left -= count;
    }
  }
}
