package nexus.heal;

import java.io.IOException;
import java.time.InstantSource;
import java.util.Map;
import nexus.cas.NexusHome;
import nexus.fetch.FetchLimits;
import nexus.fetch.Fetcher;
import nexus.fetch.MirrorList;
import nexus.linux.LinuxPath;
import nexus.merkle.ParallelHasher;

/** A {@link Healer} with the user's mirrors, whose connections end when it is closed. */
public final class MirroredHealer implements AutoCloseable {
  private final Fetcher fetcher;
  private final Healer healer;

  /**
   * Reads the list of mirrors; connects to none before it is needed.
   *
   * @param config the user's configuration folder
   * @param environment for the proxies, as {@link System#getenv()} gives it
   * @throws IOException if the list of mirrors or a proxy setting cannot be used
   */
  public MirroredHealer(
      NexusHome home,
      ParallelHasher hasher,
      LinuxPath config,
      Map<String, String> environment,
      HealProgress progress)
      throws IOException {
    var mirrors = new MirrorList(config).mirrors();
    fetcher = new Fetcher(FetchLimits.DEFAULT, environment);
    healer = new Healer(home, hasher, fetcher.mirrors(mirrors), InstantSource.system(), progress);
  }

  /** Lends the healer. */
  public Healer healer() {
    return healer;
  }

  @Override
  public void close() {
    fetcher.close();
  }
}
