package nexus.merkle;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CancellationException;

/**
 * Hashes many files, and the chunks of large ones, on a fixed number of threads.
 *
 * <p>Files are taken from the caller's iterator in its order, and the chunks of each file in the
 * file's, so that storage sees forward reads; results come in any order. At most one chunk per
 * thread is in memory, and of each call at most one file per thread is open.
 *
 * <p>May be used by several threads at once: their calls take turns at each chunk or small file, so
 * that a short call does not wait for the end of a long one. The iterators are advanced on worker
 * threads, all under one lock: they must not do slow work, and leave the opening of a file to
 * {@link FileToHash#open}. Nothing that is called from here may call this hasher.
 *
 * <p>A runtime exception or error out of the caller's own code (iterator, file, source, listener)
 * ends the call early and is thrown by it.
 */
public final class ParallelHasher implements AutoCloseable {

  /**
   * Takes the results of one call.
   *
   * <p>Called on worker threads, but never by two at a time, and not after the call has returned.
   *
   * @param <F> the caller's file
   * @param <R> what is found out about a file
   */
  @FunctionalInterface
  public interface Listener<F, R> {

    /** Takes the result of one file, exactly once for each, after the file was closed. */
    void finished(F file, R result);

    /** Notes that {@code bytes} more bytes, of whatever file, have been read and hashed. */
    default void progress(long bytes) {}
  }

  private final WorkQueue queue = new WorkQueue();
  private final List<Thread> threads = new ArrayList<>();

  /**
   * Starts the threads, daemons named {@code nexus-hash-1} and so on.
   *
   * @param threads how many, 1 or more
   */
  public ParallelHasher(int threads) {
    if (threads < 1) {
      throw new IllegalArgumentException(threads + " threads");
    }
    for (int number = 1; number <= threads; number++) {
      this.threads.add(Thread.ofPlatform().daemon().name("nexus-hash-" + number).start(this::work));
    }
  }

  /**
   * Compares files with their digests.
   *
   * <p>Each gets its verdict, whatever becomes of the others.
   *
   * @throws InterruptedException if the calling thread is interrupted: reads that are under way are
   *     waited for, nothing else is started, and files without a verdict by then get none
   * @throws CancellationException if the hasher is closed meanwhile
   */
  public <F extends FileToVerify> void verify(
      Iterator<? extends F> files, Listener<? super F, ? super Verdict> listener)
      throws InterruptedException {
    queue.<F, Verdict>run(files, FileVerifying::new, listener);
  }

  /**
   * Learns the Merkle entries and chunk maps of files, each in one pass over its bytes.
   *
   * <p>The reads of one file do not overlap, go strictly forward, and see each byte exactly once,
   * so a source may copy what passes through it. The last one asks for a byte more than there
   * should be.
   *
   * @throws InterruptedException as for {@link #verify}
   * @throws CancellationException if the hasher is closed meanwhile
   */
  public <F extends FileToHash> void hash(
      Iterator<? extends F> files, Listener<? super F, ? super HashResult> listener)
      throws InterruptedException {
    queue.<F, HashResult>run(files, FileHashing::new, listener);
  }

  /**
   * Learns the Merkle entry and chunk map of one file, on all threads if it is large.
   *
   * @param source stays open
   * @param size of the source in bytes, 0 to {@link FsVerity#MAX_SIZE}
   * @throws MerkleException.WrongSize if the source has another size
   */
  public HashResult.Hashed hash(ByteSource source, long size)
      throws IOException, MerkleException.WrongSize, InterruptedException {
    List<HashResult> results = new ArrayList<>();
    FileToHash file = new GivenSource(source, FsVerity.checkedSize(size));
    hash(Collections.singleton(file).iterator(), (_, result) -> results.add(result));
    return switch (results.getFirst()) {
      case HashResult.Hashed hashed -> hashed;
      case HashResult.WrongSize(Length length) -> throw new MerkleException.WrongSize(size, length);
      case HashResult.Unreadable(IOException cause) -> throw cause;
    };
  }

  private record GivenSource(ByteSource source, long size) implements FileToHash {
    @Override
    public OpenSource open() {
      return source.lent();
    }
  }

  private void work() {
    HashWorker worker = new HashWorker();
    for (Batch.Claim<?, ?> claim = queue.take(); claim != null; claim = queue.take()) {
      work(claim, worker);
    }
  }

  private <F extends FileToHash, R> void work(Batch.Claim<F, R> claim, HashWorker worker) {
    Batch<F, R> batch = claim.batch();
    FileInProgress<F, R> file = claim.file();
    boolean alone = file.chunks() <= 1;
    long bytes = 0;
    try {
      if (!batch.isStopped()) {
        if (!file.isOpen() && file.open() && !alone) {
          queue.share(batch, file);
        }
        bytes = file.step(worker);
        if (!alone) {
          // Before the claim is given back, because the call may return once all are.
          batch.report(bytes, file.file, null);
          bytes = 0;
        }
      }
    } catch (RuntimeException | Error e) {
      queue.stop(batch, e);
    }
    if (alone || queue.giveBack(file)) {
      finish(batch, file, worker, bytes);
    }
  }

  private <F extends FileToHash, R> void finish(
      Batch<F, R> batch, FileInProgress<F, R> file, HashWorker worker, long bytes) {
    try {
      file.close();
      if (!batch.isStopped()) {
        batch.report(bytes, file.file, file.result(worker));
      }
    } catch (RuntimeException | Error e) {
      queue.stop(batch, e);
    } finally {
      queue.finished(batch);
    }
  }

  /** Ends calls that are under way, and returns when all threads have ended. */
  @Override
  public void close() {
    queue.close();
    boolean interrupted = false;
    for (Thread thread : threads) {
      while (true) {
        try {
          thread.join();
          break;
        } catch (InterruptedException e) {
          // Their current steps are short, and the sources they read are the caller's to close.
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
