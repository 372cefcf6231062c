package nexus.merkle;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The files of one call, taken from the caller's iterator one by one as workers become free.
 *
 * <p>All methods but {@link #report} and {@link #isStopped} are called under the queue's lock.
 */
final class Batch<F extends FileToHash, R> {

  private final Iterator<? extends F> files;
  private final Function<F, FileInProgress<F, R>> start;
  private final ParallelHasher.Listener<? super F, ? super R> listener;
  private final ReentrantLock reporting = new ReentrantLock();

  /** Signalled when {@link #isDone} becomes true. */
  final Condition done;

  // Mutable state, guarded by the queue's lock.
  private final Deque<FileInProgress<F, R>> shared = new ArrayDeque<>();
  private boolean exhausted;
  private int unfinished;
  private @Nullable Throwable failure;

  // Mutable state, written under the queue's lock.
  private volatile boolean stopped;

  Batch(
      Iterator<? extends F> files,
      Function<F, FileInProgress<F, R>> start,
      ParallelHasher.Listener<? super F, ? super R> listener,
      Condition done) {
    this.files = files;
    this.start = start;
    this.listener = listener;
    this.done = done;
  }

  /**
   * Returns a file that needs a worker, or null if there is none at the moment: first the chunks of
   * files that are open, in order, then the next file.
   */
  @Nullable Claim<F, R> claim() {
    FileInProgress<F, R> open = shared.peekFirst();
    if (open != null) {
      open.unclaimed--;
      if (open.unclaimed == 0) {
        shared.removeFirst();
      }
      return new Claim<>(this, open);
    }
    if (stopped || exhausted) {
      return null;
    }
    if (!files.hasNext()) {
      exhausted = true;
      return null;
    }
    FileInProgress<F, R> file = start.apply(files.next());
    unfinished++;
    return new Claim<>(this, file);
  }

  /** Lets other workers claim chunks of a file that has just been opened. */
  void share(FileInProgress<F, R> file) {
    if (!stopped) {
      file.unclaimed = file.chunks() - 1;
      file.pending += file.unclaimed;
      shared.addLast(file);
    }
  }

  /**
   * Stops handing out work, but for one claim on each file that is open for sharing: it makes sure
   * that a worker comes by to close the file. The first cause counts.
   */
  void stop(@Nullable Throwable cause) {
    if (!stopped) {
      stopped = true;
      failure = cause;
    }
    for (FileInProgress<F, R> file : shared) {
      file.pending -= file.unclaimed - 1;
      file.unclaimed = 1;
    }
  }

  /** Counts a file as done with, after it has been closed. */
  void finished() {
    unfinished--;
  }

  boolean isDone() {
    return (stopped || exhausted) && unfinished == 0;
  }

  boolean isStopped() {
    return stopped;
  }

  @Nullable Throwable failure() {
    return failure;
  }

  /** Tells the listener, one worker at a time, unless the batch has been stopped meanwhile. */
  void report(long bytes, F file, @Nullable R result) {
    reporting.lock();
    try {
      if (!stopped && bytes > 0) {
        listener.progress(bytes);
      }
      if (!stopped && result != null) {
        listener.finished(file, result);
      }
    } finally {
      reporting.unlock();
    }
  }

  /** The right and the duty of one worker to do one step of a file. */
  record Claim<F extends FileToHash, R>(Batch<F, R> batch, FileInProgress<F, R> file) {}
}
