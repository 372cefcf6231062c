package nexus.merkle;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Reads a file to compare it with its digest: SHA-256 alone, because that decides. */
final class FileVerifying<F extends FileToVerify> extends FileInProgress<F, Verdict> {

  private final AtomicInteger next = new AtomicInteger();

  FileVerifying(F file) {
    super(file);
  }

  @Override
  int step(HashWorker worker, OpenSource from) throws IOException {
    int chunk = next.getAndIncrement();
    int length = read(worker, from, chunk);
    if (length > 0) {
      worker.hasher.hash(worker.buffer, 0, length, size, digests, chunk * Digest.LENGTH);
    }
    return length;
  }

  @Override
  Verdict result(HashWorker worker) {
    IOException failure = failure();
    if (failure != null) {
      return new Verdict.Unreadable(failure);
    }
    ChunkDigests found = ChunkDigests.owning(digests);
    @Nullable Digest foundDigest = null;
    if (length() == Length.EXACT) {
      foundDigest = worker.hasher.file(size, found);
      if (foundDigest.equals(file.expected())) {
        return new Verdict.Good();
      }
    }
    try {
      Optional<ChunkMap> map = file.chunkMap();
      if (map.isEmpty()) {
        return new Verdict.TaintedFile(length(), foundDigest, null);
      }
      return new Verdict.TaintedChunks(length(), compare(found, trusted(map.get())));
    } catch (IOException | MerkleException e) {
      return new Verdict.TaintedFile(length(), foundDigest, e);
    }
  }

  private ChunkDigests trusted(ChunkMap map) throws MerkleException {
    map.verify(file.expected());
    // Only for a caller that mistakes a file's size is this not said by the digest already.
    if (map.size() != size) {
      throw new MerkleException.MalformedChunkMap(
          "is of a file of " + map.size() + " bytes, expected " + size);
    }
    return map.digests();
  }

  private List<Verdict.TaintedChunk> compare(ChunkDigests found, ChunkDigests expected) {
    List<Verdict.TaintedChunk> tainted = new ArrayList<>();
    for (int chunk = 0; chunk < chunks(); chunk++) {
      if (chunk >= readableChunks()) {
        tainted.add(new Verdict.TaintedChunk(chunk, expected.get(chunk), null));
      } else if (!found.get(chunk).equals(expected.get(chunk))) {
        tainted.add(new Verdict.TaintedChunk(chunk, expected.get(chunk), found.get(chunk)));
      }
    }
    return tainted;
  }
}
