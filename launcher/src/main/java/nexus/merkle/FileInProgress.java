package nexus.merkle;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One file while it is read: by one worker if it has one chunk, by any number otherwise.
 *
 * <p>Each claim on it (see {@link WorkQueue}) stands for one chunk. Workers write their results
 * without a lock, each chunk to a place of its own; giving the claim back to the queue makes them
 * visible to the worker that gives back the last one and calls {@link #result}.
 *
 * @param <F> the caller's file
 * @param <R> what is found out about it
 */
abstract sealed class FileInProgress<F extends FileToHash, R> permits FileHashing, FileVerifying {

  final F file;
  final long size;

  /** The file's chunk digests; those of chunks that could not be read are left zero. */
  final byte[] digests;

  private final int chunks;

  // Mutable state. Set by the worker that opens the file, before any other knows of it.
  private @Nullable OpenSource source;

  // Mutable state, written by any worker.
  private volatile @Nullable IOException failure;
  private final AtomicInteger readableChunks;
  private volatile boolean longer;

  /** Mutable state, guarded by the queue's lock: claims that no worker has taken yet. */
  int unclaimed;

  /** Mutable state, guarded by the queue's lock: claims that have not been given back yet. */
  int pending = 1;

  FileInProgress(F file) {
    this.file = file;
    size = file.size();
    chunks = FsVerity.chunkCount(size);
    digests = new byte[chunks * Digest.LENGTH];
    readableChunks = new AtomicInteger(chunks);
  }

  /** Number of chunks; 0 for an empty file, which takes one claim like a file of one chunk. */
  final int chunks() {
    return chunks;
  }

  final boolean isOpen() {
    return source != null;
  }

  /** Opens the file and returns true, or notes why that failed and returns false. */
  final boolean open() {
    try {
      source = file.open();
      return true;
    } catch (IOException e) {
      failure = e;
      return false;
    }
  }

  /** Closes what {@link #open} opened, if it did. */
  final void close() {
    if (source != null) {
      try {
        source.close();
      } catch (IOException e) {
        // All that was wanted of the source has been read, and nothing was written to it.
      }
    }
  }

  /** Does the work of one claim, and returns the number of bytes that were read. */
  final int step(HashWorker worker) {
    if (failure != null) {
      return 0;
    }
    try {
      if (source == null) {
        throw new IllegalStateException("step before open");
      }
      return step(worker, source);
    } catch (IOException e) {
      failure = e;
      return 0;
    }
  }

  /** Reads and hashes the chunk whose turn it is, and returns the number of bytes read. */
  abstract int step(HashWorker worker, OpenSource from) throws IOException;

  /** Returns what came of it, called once, after all steps. */
  abstract R result(HashWorker worker);

  /**
   * Reads a chunk into the worker's buffer.
   *
   * @return its length in bytes, or 0 if it is not there as a whole, or the file has no chunks
   */
  final int read(HashWorker worker, OpenSource from, int chunk) throws IOException {
    int length = chunks == 0 ? 0 : FsVerity.chunkLength(size, chunk);
    int wanted = chunk >= chunks - 1 ? length + 1 : length;
    int found = from.read(FsVerity.chunkOffset(chunk), worker.buffer, wanted);
    if (found < 0 || found > wanted) {
      throw new IllegalStateException("a source read " + found + " of " + wanted + " bytes");
    }
    if (found < length) {
      readableChunks.accumulateAndGet(chunk, Math::min);
      return 0;
    }
    if (found > length) {
      longer = true;
    }
    return length;
  }

  final @Nullable IOException failure() {
    return failure;
  }

  /** Number of chunks, from the first on, that the file is long enough for. */
  final int readableChunks() {
    return readableChunks.get();
  }

  final Length length() {
    if (readableChunks() < chunks) {
      return Length.SHORT;
    }
    return longer ? Length.LONG : Length.EXACT;
  }
}
