package nexus.merkle;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.concurrent.CancellationException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Hands the steps of all batches to workers, one batch after the other in turn, so that a short one
 * does not wait for the end of a long one.
 *
 * <p>One lock guards all batches. No step, no open or close, and no listener runs under it; the
 * caller's iterators do.
 */
final class WorkQueue {

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();

  // Mutable state, guarded by the lock.
  private final Deque<Batch<?, ?>> batches = new ArrayDeque<>();
  private boolean closed;

  /**
   * Returns when all files of a new batch have been dealt with, and nothing of it is in use any
   * more.
   *
   * @throws InterruptedException if the calling thread was interrupted; files without a result by
   *     then get none
   */
  <F extends FileToHash, R> void run(
      Iterator<? extends F> files,
      Function<F, FileInProgress<F, R>> start,
      ParallelHasher.Listener<? super F, ? super R> listener)
      throws InterruptedException {
    Batch<F, R> batch = new Batch<>(files, start, listener, lock.newCondition());
    @Nullable InterruptedException interrupted = null;
    lock.lock();
    try {
      if (closed) {
        throw new IllegalStateException("the hasher is closed");
      }
      batches.addLast(batch);
      work.signalAll();
      while (!batch.isDone()) {
        batch.done.await();
      }
    } catch (InterruptedException e) {
      interrupted = e;
    } finally {
      lock.unlock();
    }
    if (interrupted != null) {
      stop(batch, null);
      awaitWorkers(batch);
      throw interrupted;
    }
    rethrow(batch.failure());
  }

  private void awaitWorkers(Batch<?, ?> batch) {
    lock.lock();
    try {
      while (!batch.isDone()) {
        batch.done.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  private static void rethrow(@Nullable Throwable failure) {
    switch (failure) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(failure);
    }
  }

  /** Waits for a claim; returns null once the queue is closed and nothing is left to be done. */
  Batch.@Nullable Claim<?, ?> take() {
    lock.lock();
    try {
      while (true) {
        Batch.Claim<?, ?> claim = poll();
        if (claim != null || closed) {
          return claim;
        }
        work.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  private Batch.@Nullable Claim<?, ?> poll() {
    for (Iterator<Batch<?, ?>> all = batches.iterator(); all.hasNext(); ) {
      Batch<?, ?> batch = all.next();
      try {
        Batch.Claim<?, ?> claim = batch.claim();
        if (claim != null) {
          if (batches.size() > 1) {
            all.remove();
            batches.addLast(batch);
          }
          return claim;
        }
      } catch (RuntimeException | Error e) {
        // The caller's iterator or file failed. No new claim now; older ones end on their own.
        batch.stop(e);
      }
      if (batch.isDone()) {
        all.remove();
        batch.done.signalAll();
      }
    }
    return null;
  }

  /** Lets other workers help with a file that has just been opened. */
  <F extends FileToHash, R> void share(Batch<F, R> batch, FileInProgress<F, R> file) {
    lock.lock();
    try {
      batch.share(file);
      work.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Gives a claim back, and returns whether it was the last one on its file. */
  boolean giveBack(FileInProgress<?, ?> file) {
    lock.lock();
    try {
      file.pending--;
      return file.pending == 0;
    } finally {
      lock.unlock();
    }
  }

  /** Counts a file as done with, after its last claim was given back and it was closed. */
  void finished(Batch<?, ?> batch) {
    lock.lock();
    try {
      batch.finished();
      endIfDone(batch);
    } finally {
      lock.unlock();
    }
  }

  /** Ends a batch early; its caller gets {@code cause}, unless that is null. */
  void stop(Batch<?, ?> batch, @Nullable Throwable cause) {
    lock.lock();
    try {
      batch.stop(cause);
      endIfDone(batch);
      // Some worker has to close the files that none is at.
      work.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void endIfDone(Batch<?, ?> batch) {
    if (batch.isDone()) {
      batches.remove(batch);
      batch.done.signalAll();
    }
  }

  /** Ends all batches early and lets the workers go. */
  void close() {
    lock.lock();
    try {
      if (!closed) {
        closed = true;
        for (Batch<?, ?> batch : batches) {
          batch.stop(new CancellationException("the hasher was closed"));
        }
        work.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }
}
