package nexus.heal;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import nexus.cas.FileSource;
import nexus.cas.Gate;
import nexus.cas.TreeEntry;
import nexus.cas.TreeStore;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.SyscallException;
import nexus.merkle.ChunkMap;
import nexus.merkle.Digest;
import nexus.merkle.FileToVerify;
import nexus.merkle.HashResult;
import nexus.merkle.MerkleException;
import nexus.merkle.OpenSource;
import nexus.merkle.ParallelHasher;
import nexus.merkle.Verdict;

/** Looks again at files that somebody found tainted. */
final class Verification {
  private final TreeStore trees;
  private final ParallelHasher hasher;

  /** Lends the hasher. */
  Verification(TreeStore trees, ParallelHasher hasher) {
    this.trees = trees;
    this.hasher = hasher;
  }

  /** Returns what there is to be said of the bytes of each of these files. */
  Map<LinuxPath, Verdict> files(OwnedFd checkout, List<TreeEntry.RegularFile> files)
      throws InterruptedException {
    var verdicts = new HashMap<LinuxPath, Verdict>();
    var all = new ArrayList<InCheckout>();
    files.forEach(file -> all.add(new InCheckout(checkout, file)));
    hasher.verify(all.iterator(), (file, verdict) -> verdicts.put(file.entry.path(), verdict));
    return verdicts;
  }

  /** Returns whether an open file has the bytes of an object of this size. */
  boolean isGood(FileSource source, Digest object, long size) throws InterruptedException {
    var verdicts = new ArrayList<Verdict>();
    hasher.verify(
        List.of(new Given(source, object, size)).iterator(), (_, verdict) -> verdicts.add(verdict));
    return verdicts.getFirst() instanceof Verdict.Good;
  }

  /** Returns what an open file of this size holds; empty if it cannot be read, or is of another. */
  Optional<HashResult.Hashed> hash(FileSource source, long size) throws InterruptedException {
    try {
      return Optional.of(hasher.hash(source, size));
    } catch (IOException | MerkleException.WrongSize e) {
      return Optional.empty();
    }
  }

  private final class InCheckout implements FileToVerify {
    private final OwnedFd checkout;
    private final TreeEntry.RegularFile entry;

    InCheckout(OwnedFd checkout, TreeEntry.RegularFile entry) {
      this.checkout = checkout;
      this.entry = entry;
    }

    @Override
    public long size() {
      return entry.content().size();
    }

    @Override
    public Digest expected() {
      return entry.content().verity();
    }

    @Override
    public OpenSource open() throws IOException {
      return new FileSource(Gate.open(checkout, entry.path()).fd());
    }

    @Override
    public Optional<ChunkMap> chunkMap() throws SyscallException {
      return trees.map(expected(), size());
    }
  }

  private record Given(FileSource source, Digest expected, long size) implements FileToVerify {
    @Override
    public OpenSource open() {
      return source.lent();
    }

    @Override
    public Optional<ChunkMap> chunkMap() {
      return Optional.empty();
    }
  }
}
