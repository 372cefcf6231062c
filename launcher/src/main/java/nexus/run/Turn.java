package nexus.run;

import java.util.concurrent.Semaphore;

/**
 * The right of a launch to keep the machine busy, which some have at a time while the others wait.
 * Belongs to one thread.
 */
final class Turn implements AutoCloseable {
  private final Semaphore turns;

  // Mutable state
  private boolean held;

  /** Waits for its turn. */
  Turn(Semaphore turns) throws InterruptedException {
    this.turns = turns;
    resume();
  }

  /** Lets another launch work while this one waits for something outside. */
  void pause() {
    if (held) {
      held = false;
      turns.release();
    }
  }

  /** Waits for its turn again. */
  void resume() throws InterruptedException {
    if (!held) {
      turns.acquire();
      held = true;
    }
  }

  @Override
  public void close() {
    pause();
  }
}
