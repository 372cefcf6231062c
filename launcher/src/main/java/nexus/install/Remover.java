package nexus.install;

import java.io.IOException;
import java.util.HashSet;
import java.util.Set;
import nexus.cas.NexusHome;
import nexus.cas.StoreException;
import nexus.cas.StoreLock;
import nexus.cas.Sweeper;
import nexus.install.InstalledApps.Listed;
import nexus.merkle.Digest;
import nexus.trust.Release;

/** Removes apps: the record first, which ends their existence, then what no other app needs. */
public final class Remover {
  private final NexusHome home;
  private final InstalledApps apps;

  public Remover(NexusHome home) {
    this.home = home;
    this.apps = new InstalledApps(home);
  }

  /**
   * Removes an app. One that is running goes on; its files are swept by the removal that comes
   * after its end.
   *
   * @return bytes that were freed
   * @throws NoSuchAppException if there is none
   * @throws StoreException if another app's record or manifest cannot be read: the app is removed,
   *     but nothing is freed
   */
  public long remove(String name) throws IOException {
    Release.checkName(name);
    try (StoreLock _ = home.lock()) {
      if (!apps.exists(name)) {
        throw new NoSuchAppException(name);
      }
      apps.remove(name);
      Set<Digest> trees = new HashSet<>();
      for (Listed app : apps.list()) {
        switch (app) {
          case Listed.Installed installed -> trees.add(installed.envelope().release().tree());
          case Listed.Broken broken ->
              throw new IOException("removed " + name + ", but freed nothing, as " + broken.why());
        }
      }
      return new Sweeper(home).sweep(trees);
    }
  }
}
