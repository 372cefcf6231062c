package nexus.run;

import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;
import nexus.cas.NexusHome;
import nexus.linux.LinuxPath;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the store open between launches. Each launch gets what its path leads to at that moment: a
 * store that was moved away or made anew is opened again.
 */
final class KeptHome implements AutoCloseable {
  private final ReentrantLock lock = new ReentrantLock();

  // Mutable state, guarded by the lock.
  private @Nullable Kept kept;

  /** An open store; closed once it is neither kept nor in use. */
  private static final class Kept {
    final LinuxPath path;
    final NexusHome home;

    // Mutable state, guarded by the lock.
    int holders = 1;

    Kept(LinuxPath path, NexusHome home) {
      this.path = path;
      this.home = home;
    }
  }

  /** The right to use the store until this is closed. */
  final class Use implements AutoCloseable {
    private final Kept used;

    private Use(Kept used) {
      this.used = used;
    }

    /** Lends the store. */
    NexusHome home() {
      return used.home;
    }

    @Override
    public void close() {
      lock.lock();
      try {
        leave(used);
      } finally {
        lock.unlock();
      }
    }
  }

  /** Opens the store, or returns the one that is open. */
  Use open(LinuxPath path) throws IOException {
    lock.lock();
    try {
      Kept current = kept;
      if (current == null || !current.path.equals(path) || !current.home.isStillAt(path)) {
        forget();
        current = new Kept(path, NexusHome.open(path));
        kept = current;
      }
      current.holders++;
      return new Use(current);
    } finally {
      lock.unlock();
    }
  }

  private void forget() {
    if (kept != null) {
      leave(kept);
      kept = null;
    }
  }

  private static void leave(Kept left) {
    left.holders--;
    if (left.holders == 0) {
      left.home.close();
    }
  }

  /** Lets go of the store; who uses it keeps it to the end of the use. */
  @Override
  public void close() {
    lock.lock();
    try {
      forget();
    } finally {
      lock.unlock();
    }
  }
}
