package nexus.run;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import nexus.cas.FileSource;
import nexus.cas.TreeEntry;
import nexus.linux.OwnedFd;
import nexus.merkle.ChunkMap;
import nexus.merkle.Digest;
import nexus.merkle.FileToVerify;
import nexus.merkle.OpenSource;
import nexus.merkle.ParallelHasher;
import nexus.merkle.Verdict;

/** The private copy of a program, which is verified where it lies. */
final class VerifiedCopy implements FileToVerify {
  private final OwnedFd copy;
  private final TreeEntry.RegularFile program;

  private VerifiedCopy(OwnedFd copy, TreeEntry.RegularFile program) {
    this.copy = copy;
    this.program = program;
  }

  /** Returns whether the copy has the bytes that the manifest says. */
  static boolean isCopyOf(OwnedFd copy, TreeEntry.RegularFile program, ParallelHasher hasher)
      throws InterruptedException {
    List<Verdict> verdicts = new ArrayList<>();
    hasher.verify(
        Collections.singleton(new VerifiedCopy(copy, program)).iterator(),
        (_, verdict) -> verdicts.add(verdict));
    return verdicts.getFirst() instanceof Verdict.Good;
  }

  @Override
  public long size() {
    return program.content().size();
  }

  @Override
  public Digest expected() {
    return program.content().verity();
  }

  @Override
  public OpenSource open() throws IOException {
    return new FileSource(copy).lent();
  }

  @Override
  public Optional<ChunkMap> chunkMap() {
    return Optional.empty();
  }
}
