package nexus.merkle;

import com.dynatrace.hash4j.hashing.HashStream128;
import com.dynatrace.hash4j.hashing.Hashing;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Reads a file to learn its Merkle entry and its chunk map.
 *
 * <p>XXH3 of the whole file has to see the bytes in order, so one worker at a time reads a chunk
 * and adds it; the slower part, SHA-256, runs outside that lock.
 */
final class FileHashing<F extends FileToHash> extends FileInProgress<F, HashResult> {

  private final Xxh3[] chunkXxh3;
  private final ReentrantLock inOrder = new ReentrantLock();

  /** Null if there are no two chunks: the only chunk of a file has the value that the whole has. */
  private final @Nullable HashStream128 wholeXxh3;

  /** Mutable state, guarded by {@link #inOrder}. */
  private int next;

  FileHashing(F file) {
    super(file);
    chunkXxh3 = new Xxh3[chunks()];
    wholeXxh3 = chunks() > 1 ? Hashing.xxh3_128().hashStream() : null;
  }

  @Override
  int step(HashWorker worker, OpenSource from) throws IOException {
    int chunk;
    int length;
    inOrder.lock();
    try {
      chunk = next++;
      length = read(worker, from, chunk);
      if (wholeXxh3 != null) {
        wholeXxh3.putBytes(worker.buffer, 0, length);
      }
    } finally {
      inOrder.unlock();
    }
    if (length > 0) {
      chunkXxh3[chunk] = Xxh3.of(worker.buffer, length);
      worker.hasher.hash(worker.buffer, 0, length, size, digests, chunk * Digest.LENGTH);
    }
    return length;
  }

  @Override
  HashResult result(HashWorker worker) {
    IOException failure = failure();
    if (failure != null) {
      return new HashResult.Unreadable(failure);
    }
    if (length() != Length.EXACT) {
      return new HashResult.WrongSize(length());
    }
    ChunkDigests chunkDigests = ChunkDigests.owning(digests);
    List<ChunkMap.Chunk> map = new ArrayList<>(chunks());
    for (int chunk = 0; chunk < chunks(); chunk++) {
      map.add(new ChunkMap.Chunk(chunkDigests.get(chunk), chunkXxh3[chunk]));
    }
    Digest digest = worker.hasher.file(size, chunkDigests);
    return new HashResult.Hashed(new MerkleEntry(size, digest, xxh3()), new ChunkMap(size, map));
  }

  private Xxh3 xxh3() {
    if (wholeXxh3 != null) {
      return Xxh3.of(wholeXxh3.get());
    }
    return chunks() == 0 ? Xxh3.of(new byte[0], 0) : chunkXxh3[0];
  }
}
