package nexus.fetch;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Opens mirrors. Connections and limits are shared by all mirrors that one fetcher opened; closing
 * it ends them.
 */
public final class Fetcher implements AutoCloseable {
  private final HttpTransport transport;

  /**
   * Reads the proxies from the environment; nothing is connected before something is fetched.
   *
   * @param environment as {@link System#getenv()} gives it
   */
  public Fetcher(FetchLimits limits, Map<String, String> environment)
      throws FetchException.BadSetting {
    this.transport = new HttpTransport(limits, new EnvironmentProxies(environment));
  }

  /** Returns the mirror at an address. Whether there is one shows when something is read. */
  public Mirror mirror(MirrorUrl url) {
    return url.isFile() ? new FileMirror(url) : new HttpMirror(url, transport);
  }

  /** Returns the mirrors at these addresses, in their order. */
  public List<Mirror> mirrors(List<MirrorUrl> urls) {
    var mirrors = new ArrayList<Mirror>();
    urls.forEach(url -> mirrors.add(mirror(url)));
    return List.copyOf(mirrors);
  }

  @Override
  public void close() {
    transport.close();
  }
}
