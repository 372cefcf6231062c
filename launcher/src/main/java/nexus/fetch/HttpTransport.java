package nexus.fetch;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.util.Locale;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Sends GET requests, and follows redirects itself: few, to http and https alone, never from https
 * to http, and never from a public host into the machine or its link-local network.
 */
final class HttpTransport implements AutoCloseable {
  private static final int MAX_SHOWN = 200;

  private final FetchLimits limits;
  private final EnvironmentProxies proxies;

  // Mutable state: made with the first request, as that takes longer than most commands.
  private @Nullable HttpClient client;

  HttpTransport(FetchLimits limits, EnvironmentProxies proxies) {
    this.limits = limits;
    this.proxies = proxies;
  }

  /**
   * Asks for a file.
   *
   * @param range value of the {@code Range} header, empty for none
   * @return with a body that the caller closes
   */
  HttpResponse<HttpBody> get(URI address, String range)
      throws FetchException, InterruptedException {
    URI at = address;
    for (int redirects = 0; ; redirects++) {
      HttpResponse<HttpBody> response = send(address, at, range);
      if (!isRedirect(response.statusCode())) {
        return response;
      }
      response.body().close();
      if (redirects == limits.maxRedirects()) {
        throw new FetchException.BadAnswer(
            address.toString(),
            "redirects more than "
                + limits.maxRedirects()
                + " times; use the mirror's own address");
      }
      at = redirect(address, at, response.headers().firstValue("Location").orElse(""));
    }
  }

  private static boolean isRedirect(int status) {
    return switch (status) {
      case 301, 302, 303, 307, 308 -> true;
      default -> false;
    };
  }

  private HttpResponse<HttpBody> send(URI address, URI at, String range)
      throws FetchException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(at)
            .timeout(limits.connect().plus(limits.stall()))
            .header("Accept-Encoding", "identity")
            .header("User-Agent", "nexus");
    if (!range.isEmpty()) {
      request.header("Range", range);
    }
    try {
      HttpResponse<HttpBody> response =
          client().send(request.build(), _ -> new HttpBody(address.toString(), limits));
      String encoding = response.headers().firstValue("Content-Encoding").orElse("identity");
      if (!encoding.equalsIgnoreCase("identity")) {
        response.body().close();
        throw new FetchException.BadAnswer(
            address.toString(), "is sent with the encoding " + shown(encoding) + ", unasked");
      }
      return response;
    } catch (FetchException e) {
      throw e;
    } catch (HttpConnectTimeoutException e) {
      throw unreachable(address, "cannot be reached within " + limits.connect().toMillis() + " ms");
    } catch (HttpTimeoutException e) {
      throw unreachable(
          address,
          "has not begun to answer within "
              + limits.connect().plus(limits.stall()).toMillis()
              + " ms");
    } catch (SSLException e) {
      throw unreachable(address, "cannot be reached securely: " + reason(e));
    } catch (IOException e) {
      throw unreachable(address, "cannot be reached: " + reason(e));
    }
  }

  private static FetchException unreachable(URI address, String why) {
    return new FetchException.Unreachable(address.toString(), why);
  }

  private HttpClient client() {
    HttpClient present = client;
    if (present == null) {
      present =
          HttpClient.newBuilder()
              .version(HttpClient.Version.HTTP_1_1)
              .followRedirects(HttpClient.Redirect.NEVER)
              .connectTimeout(limits.connect())
              .proxy(proxies)
              .build();
      client = present;
    }
    return present;
  }

  private URI redirect(URI address, URI from, String location) throws FetchException.BadAnswer {
    URI to;
    try {
      if (location.isEmpty()) {
        throw refused(address, location, "which is nowhere");
      }
      to = from.resolve(new URI(location));
    } catch (URISyntaxException e) {
      throw refused(address, location, "which is no URL");
    }
    String scheme = to.getScheme() == null ? "" : to.getScheme().toLowerCase(Locale.ROOT);
    if ((!scheme.equals("http") && !scheme.equals("https")) || to.getHost() == null) {
      throw refused(address, location, "which is no http or https address");
    }
    if (from.getScheme().equals("https") && scheme.equals("http")) {
      throw refused(address, location, "which is not encrypted");
    }
    if (to.getRawUserInfo() != null) {
      throw refused(address, location, "which has a user name in it");
    }
    // A mirror must not have us ask what only this machine or its neighbours can be asked. With a
    // proxy it is the proxy that asks.
    if (proxies.isDirect(to) && isNear(to.getHost()) && !isNear(from.getHost())) {
      throw refused(address, location, "which is an address of this machine or its own network");
    }
    return to;
  }

  private static FetchException.BadAnswer refused(URI address, String location, String why) {
    return new FetchException.BadAnswer(
        address.toString(), "redirects to \"" + shown(location) + "\", " + why);
  }

  private static boolean isNear(String host) {
    try {
      for (InetAddress each : InetAddress.getAllByName(host)) {
        if (each.isLoopbackAddress() || each.isLinkLocalAddress() || each.isAnyLocalAddress()) {
          return true;
        }
      }
      return false;
    } catch (UnknownHostException e) {
      // The request will say so.
      return false;
    }
  }

  /** Returns why the client failed, in words. */
  static String reason(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof UnresolvedAddressException || cause instanceof UnknownHostException) {
        return "no such host";
      }
    }
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      String message = cause.getMessage();
      if (message != null && !message.isBlank()) {
        return shown(message);
      }
    }
    return failure instanceof java.net.ConnectException
        ? "connection refused"
        : failure.getClass().getSimpleName();
  }

  /** Returns what a mirror said, short and in printable characters. */
  static String shown(String text) {
    var shown = new StringBuilder();
    text.codePoints()
        .limit(MAX_SHOWN)
        .forEach(c -> shown.appendCodePoint(Character.isISOControl(c) ? '?' : c));
    return shown.toString();
  }

  @Override
  public void close() {
    HttpClient present = client;
    if (present != null) {
      present.shutdownNow();
    }
  }
}
