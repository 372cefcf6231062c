package nexus.agent;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/** Counts what the agent does. May be used by several threads. */
final class Activity {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition none = lock.newCondition();

  // Mutable state, guarded by the lock.
  private int connections;
  private int underWay;
  private long launches;
  private long idleSince = System.nanoTime();

  /** Counts a connection until {@link #disconnected}. */
  void connected() {
    lock.lock();
    try {
      connections++;
    } finally {
      lock.unlock();
    }
  }

  /** Counts a connection off. */
  void disconnected() {
    lock.lock();
    try {
      connections--;
      if (connections == 0) {
        none.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Counts a launch until {@link #launched}. */
  void launching() {
    lock.lock();
    try {
      underWay++;
      launches++;
    } finally {
      lock.unlock();
    }
  }

  /** Counts a launch off. */
  void launched() {
    lock.lock();
    try {
      underWay--;
      idleSince = System.nanoTime();
    } finally {
      lock.unlock();
    }
  }

  /** Returns since when there is no launch; zero while there is one. */
  Duration idle() {
    lock.lock();
    try {
      return underWay > 0 ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - idleSince);
    } finally {
      lock.unlock();
    }
  }

  /** Returns how many launches there were, those under way included. */
  long launches() {
    lock.lock();
    try {
      return launches;
    } finally {
      lock.unlock();
    }
  }

  /** Returns how many launches there are. */
  int underWay() {
    lock.lock();
    try {
      return underWay;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until there is no connection. */
  void awaitNone() {
    lock.lock();
    try {
      while (connections > 0) {
        none.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }
}
