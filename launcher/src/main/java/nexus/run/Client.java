package nexus.run;

import static nexus.linux.Constants.POLLHUP;

import java.util.concurrent.atomic.AtomicLong;
import nexus.linux.OwnedFd;
import nexus.linux.SocketCalls;
import nexus.linux.SyscallException;

/** Notices that the client of a launch has gone, so that nothing more is done for it. */
final class Client {
  /** Thrown out of work that nobody waits for any more. */
  static final class GoneException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private GoneException() {
      super("the client has gone", null, false, false);
    }
  }

  private static final long INTERVAL_NANOS = 100_000_000;

  private final OwnedFd socket;

  // Mutable state
  private final AtomicLong asked = new AtomicLong(System.nanoTime());

  /** Lends the socket. */
  Client(OwnedFd socket) {
    this.socket = socket;
  }

  /** Throws if the client has gone. */
  void requirePresent() {
    if (isGone()) {
      throw new GoneException();
    }
  }

  /** {@link #requirePresent}, but asks the kernel at most every tenth of a second. */
  void requirePresentNowAndThen() {
    long now = System.nanoTime();
    long before = asked.get();
    if (now - before >= INTERVAL_NANOS && asked.compareAndSet(before, now)) {
      requirePresent();
    }
  }

  private boolean isGone() {
    try {
      return (SocketCalls.poll(socket, 0, 0) & POLLHUP) != 0;
    } catch (SyscallException e) {
      return true;
    }
  }
}
