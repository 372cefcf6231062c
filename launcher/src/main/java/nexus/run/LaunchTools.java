package nexus.run;

import java.util.concurrent.Semaphore;
import nexus.merkle.ParallelHasher;

/** What launches share for as long as their launcher lives. May be used by several threads. */
public final class LaunchTools implements AutoCloseable {
  private final ParallelHasher hasher;
  private final KeptHome homes = new KeptHome();
  private final Semaphore turns;

  /**
   * Starts the threads that hash.
   *
   * @param concurrent how many launches may verify and build at the same time; more wait. Healing,
   *     which may wait for a mirror, does not count
   */
  public LaunchTools(int concurrent) {
    this.hasher = new ParallelHasher(Runtime.getRuntime().availableProcessors());
    this.turns = new Semaphore(concurrent, true);
  }

  /** Lends the hasher. */
  ParallelHasher hasher() {
    return hasher;
  }

  /** Lends what keeps the store open. */
  KeptHome homes() {
    return homes;
  }

  /** Waits until a launch may work. */
  Turn turn() throws InterruptedException {
    return new Turn(turns);
  }

  @Override
  public void close() {
    homes.close();
    hasher.close();
  }
}
