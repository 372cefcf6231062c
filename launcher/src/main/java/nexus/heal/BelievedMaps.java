package nexus.heal;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import nexus.cas.TreeStore;
import nexus.fetch.FetchException;
import nexus.fetch.Mirror;
import nexus.linux.SyscallException;
import nexus.merkle.ChunkMap;
import nexus.merkle.Digest;
import nexus.merkle.FsVerity;
import nexus.merkle.HashResult;
import nexus.merkle.MerkleEntry;
import nexus.merkle.MerkleException;

/** Finds chunk maps that were verified against the object they are of. */
final class BelievedMaps {
  private final TreeStore trees;
  private final Verification verification;
  private final MirrorPool mirrors;

  BelievedMaps(TreeStore trees, Verification verification, MirrorPool mirrors) {
    this.trees = trees;
    this.verification = verification;
    this.mirrors = mirrors;
  }

  /**
   * Returns the chunk map of a file: the one that is kept, or that of a local file that turns out
   * to be good as a whole, or a mirror's. Empty if there is none, or the file has but one chunk and
   * no local file is good.
   *
   * @param reasons gets a sentence for each mirror that has no good one
   */
  Optional<ChunkMap> find(MerkleEntry content, List<Candidate> candidates, List<String> reasons)
      throws SyscallException, InterruptedException {
    Digest object = content.verity();
    long size = content.size();
    Optional<ChunkMap> kept = trees.map(object, size);
    if (kept.isPresent()) {
      return kept;
    }
    if (size == 0) {
      return Optional.of(new ChunkMap(0, List.of()));
    }
    for (Candidate each : candidates) {
      Optional<HashResult.Hashed> hashed = verification.hash(each.source(), size);
      if (hashed.isPresent() && hashed.get().entry().verity().equals(object)) {
        return Optional.of(hashed.get().map());
      }
    }
    return FsVerity.chunkCount(size) == 1 ? Optional.empty() : fetchMap(object, size, reasons);
  }

  private Optional<ChunkMap> fetchMap(Digest object, long size, List<String> reasons)
      throws InterruptedException {
    for (Mirror mirror : mirrors.worthAsking(new ArrayList<>())) {
      try {
        ChunkMap map = mirror.map(object, size);
        map.verify(object);
        return Optional.of(map);
      } catch (FetchException e) {
        mirrors.failed(mirror, e, reasons);
      } catch (MerkleException.ForgedChunkMap e) {
        String sentence = mirror.url() + " sent a forged chunk map for object " + object;
        reasons.add(sentence);
        mirrors.complain(sentence);
      }
    }
    return Optional.empty();
  }
}
