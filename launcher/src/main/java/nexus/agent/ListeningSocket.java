package nexus.agent;

import static nexus.linux.Constants.LOCK_EX;
import static nexus.linux.Constants.LOCK_NB;
import static nexus.linux.Constants.O_CREAT;
import static nexus.linux.Constants.O_NOFOLLOW;
import static nexus.linux.Constants.O_RDWR;
import static nexus.linux.Constants.POLLIN;

import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import nexus.linux.Errno;
import nexus.linux.FileCalls;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.SocketCalls;
import nexus.linux.Stat;
import nexus.linux.SyscallException;
import org.jspecify.annotations.Nullable;

/**
 * The socket on which clients find the agent. The client that started the agent has bound it,
 * holding the lock file beside it, so that there is one agent however many clients look for it.
 */
final class ListeningSocket implements AutoCloseable {
  private static final LinuxPath SOCKET = LinuxPath.of(".socket");
  private static final LinuxPath LOCK = LinuxPath.of(".lock");
  private static final Duration LOCK_PATIENCE = Duration.ofSeconds(5);
  private static final long LOCK_INTERVAL_MILLIS = 5;
  private static final long RESOURCES_INTERVAL_MILLIS = 100;

  private final OwnedFd listener;
  private final LinuxPath path;
  private final Stat.FileId file;
  private final ReentrantLock leaving = new ReentrantLock();

  // Mutable state
  private volatile boolean left;

  private ListeningSocket(OwnedFd listener, LinuxPath path, Stat.FileId file) {
    this.listener = listener;
    this.path = path;
    this.file = file;
  }

  /** Takes over a descriptor on which somebody has called listen(2). */
  static ListeningSocket of(OwnedFd listener) throws IOException {
    if (!SocketCalls.isListening(listener)) {
      throw new IOException(listener + " does not listen");
    }
    LinuxPath path = SocketCalls.getsockname(listener);
    if (!path.isAbsolute() || !path.toString().endsWith(SOCKET.toString())) {
      throw new IOException(path + " is no place for an agent's socket");
    }
    return new ListeningSocket(listener, path, FileCalls.statx(OwnedFd.CWD, path).id());
  }

  /**
   * Waits for a connection.
   *
   * @param millis how long, at most
   * @return owned by the caller; null if there is none
   */
  @Nullable OwnedFd accept(int millis) throws SyscallException, InterruptedException {
    try {
      if (SocketCalls.poll(listener, POLLIN, millis) == 0 || left) {
        return null;
      }
      return SocketCalls.accept4(listener);
    } catch (SyscallException e) {
      if (e.is(Errno.EMFILE, Errno.ENFILE, Errno.ENOMEM, Errno.ENOBUFS)) {
        // Those who wait keep waiting in the backlog, until launches have given something back.
        TimeUnit.MILLISECONDS.sleep(RESOURCES_INTERVAL_MILLIS);
        return null;
      }
      if (e.is(Errno.ECONNABORTED) || left) {
        return null;
      }
      throw e;
    }
  }

  /** Returns whether {@link #leave} has been called. */
  boolean isLeft() {
    return left;
  }

  /**
   * Gives up the place, so that the next client finds none and starts another agent; wakes {@link
   * #accept}. When it returns, nobody can connect any more.
   */
  void leave() {
    leaving.lock();
    try {
      if (left) {
        return;
      }
      left = true;
      try (OwnedFd _ = locked()) {
        if (isReachable()) {
          FileCalls.unlinkat(OwnedFd.CWD, path, 0);
        }
        SocketCalls.shutdown(listener);
      } catch (SyscallException e) {
        // The folder has gone, or is not ours any more: no client will look for us there.
        shutDown();
      }
    } finally {
      leaving.unlock();
    }
  }

  private void shutDown() {
    try {
      SocketCalls.shutdown(listener);
    } catch (SyscallException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Waits for the lock, but not for a client that was stopped while it held it: without the lock, a
   * client may find a socket that nobody listens on, and then does what it does after a crash.
   */
  private OwnedFd locked() throws SyscallException {
    byte[] name = path.bytes();
    LinuxPath base = LinuxPath.of(Arrays.copyOf(name, name.length - SOCKET.length()));
    LinuxPath lock = base.parent().resolve(base.name() + LOCK.toString());
    OwnedFd file = FileCalls.openat2(OwnedFd.CWD, lock, O_RDWR | O_CREAT | O_NOFOLLOW, 0600, 0);
    long deadline = System.nanoTime() + LOCK_PATIENCE.toNanos();
    while (System.nanoTime() - deadline < 0) {
      try {
        FileCalls.flock(file, LOCK_EX | LOCK_NB);
        return file;
      } catch (SyscallException e) {
        if (!e.is(Errno.EAGAIN)) {
          file.close();
          throw e;
        }
      }
      try {
        TimeUnit.MILLISECONDS.sleep(LOCK_INTERVAL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return file;
      }
    }
    return file;
  }

  /**
   * Returns whether the path still leads here. The folder goes with the session, and what else
   * clears it does not ask either.
   */
  boolean isReachable() {
    try {
      return FileCalls.statx(OwnedFd.CWD, path).id().equals(file);
    } catch (SyscallException e) {
      return false;
    }
  }

  /** Leaves, and sends those away who are still in the backlog. Belongs to who accepts. */
  void hangUp() {
    leave();
    listener.close();
  }

  /** Hangs up. */
  @Override
  public void close() {
    hangUp();
  }
}
