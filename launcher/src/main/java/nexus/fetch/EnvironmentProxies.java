package nexus.fetch;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The proxies that the environment names, read as curl reads them: {@code http_proxy}, {@code
 * https_proxy} and {@code HTTPS_PROXY}, {@code no_proxy} and {@code NO_PROXY}. (Not {@code
 * HTTP_PROXY}, which a web server sets from a request's {@code Proxy:} header.)
 */
final class EnvironmentProxies extends ProxySelector {
  private static final int DEFAULT_PORT = 1080;

  private final @Nullable InetSocketAddress http;
  private final @Nullable InetSocketAddress https;
  private final List<String> exceptions;

  EnvironmentProxies(Map<String, String> environment) throws FetchException.BadSetting {
    this.http = proxy(environment, "http_proxy");
    this.https = proxy(environment, "https_proxy", "HTTPS_PROXY");
    this.exceptions =
        Arrays.stream(first(environment, "no_proxy", "NO_PROXY").split(",", -1))
            .map(exception -> exception.strip().toLowerCase(Locale.ROOT))
            .filter(exception -> !exception.isEmpty())
            .toList();
  }

  private static String first(Map<String, String> environment, String... names) {
    for (String name : names) {
      String value = environment.get(name);
      if (value != null && !value.isEmpty()) {
        return value;
      }
    }
    return "";
  }

  private static @Nullable InetSocketAddress proxy(Map<String, String> environment, String... names)
      throws FetchException.BadSetting {
    String value = first(environment, names);
    if (value.isEmpty()) {
      return null;
    }
    // The value may hold a password: no message repeats it.
    String variable = "environment variable " + names[0];
    URI uri;
    try {
      uri = new URI(value.contains("://") ? value : "http://" + value);
    } catch (URISyntaxException e) {
      throw new FetchException.BadSetting(variable, "is no URL; write it like http://host:port");
    }
    if (uri.getRawUserInfo() != null) {
      throw new FetchException.BadSetting(
          variable, "has a user name in it, and Nexus uses proxies without credentials only");
    }
    if (!"http".equalsIgnoreCase(uri.getScheme()) || uri.getHost() == null) {
      throw new FetchException.BadSetting(
          variable, "is no address of an HTTP proxy; write it like http://host:port");
    }
    return InetSocketAddress.createUnresolved(
        uri.getHost(), uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort());
  }

  @Override
  public List<Proxy> select(URI uri) {
    InetSocketAddress proxy = "https".equalsIgnoreCase(uri.getScheme()) ? https : http;
    if (proxy == null || isException(uri)) {
      return List.of(Proxy.NO_PROXY);
    }
    return List.of(new Proxy(Proxy.Type.HTTP, proxy));
  }

  /** Returns whether a request for this address goes there directly. */
  boolean isDirect(URI uri) {
    return select(uri).contains(Proxy.NO_PROXY);
  }

  private boolean isException(URI uri) {
    String host = uri.getHost().toLowerCase(Locale.ROOT);
    for (String exception : exceptions) {
      String name = exception;
      int colon = name.lastIndexOf(':');
      if (colon >= 0 && colon == name.indexOf(':')) {
        if (!name.substring(colon + 1).equals(Integer.toString(uri.getPort()))) {
          continue;
        }
        name = name.substring(0, colon);
      }
      name = name.startsWith(".") ? name.substring(1) : name;
      if (name.equals("*") || host.equals(name) || host.endsWith("." + name)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void connectFailed(URI uri, SocketAddress address, IOException failure) {
    // There is one proxy for an address, so there is nothing to be learned from that.
  }
}
