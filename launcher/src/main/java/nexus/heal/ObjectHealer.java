package nexus.heal;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import nexus.cas.CheckoutUses;
import nexus.cas.FileSource;
import nexus.cas.Gate;
import nexus.cas.LocalChunks;
import nexus.cas.NexusHome;
import nexus.cas.ObjectId;
import nexus.cas.ObjectStore;
import nexus.cas.Quarantine;
import nexus.cas.Staging;
import nexus.cas.StoreException;
import nexus.cas.TreeEntry;
import nexus.cas.TreeStore;
import nexus.fetch.FetchException;
import nexus.fetch.Mirror;
import nexus.linux.Errno;
import nexus.linux.Stat;
import nexus.linux.SyscallException;
import nexus.merkle.ChunkMap;
import nexus.merkle.Digest;
import nexus.merkle.FsVerity;
import nexus.merkle.HashResult;
import nexus.merkle.ParallelHasher;
import org.jspecify.annotations.Nullable;

/**
 * Makes one object good: leaves it if it is, else puts a new file together and renames it over the
 * old one, which goes to quarantine.
 */
final class ObjectHealer {
  private final NexusHome home;
  private final ObjectStore objects;
  private final TreeStore trees;
  private final LocalCopies copies;
  private final BelievedMaps believedMaps;
  private final WholeFiles wholeFiles;
  private final Verification verification;
  private final MirrorPool mirrors;
  private final Quarantine quarantine;
  private final HealProgress progress;

  /**
   * What became of an object.
   *
   * @param result {@code AlreadyGood} if it was good, and nothing was done
   * @param replaced the inode that had the object's name before, if that is another now
   */
  record Outcome(HealReport.Result result, Optional<Stat.FileId> replaced) {}

  ObjectHealer(
      NexusHome home,
      ParallelHasher hasher,
      MirrorPool mirrors,
      Quarantine quarantine,
      HealProgress progress) {
    this.home = home;
    this.objects = new ObjectStore(home);
    this.trees = new TreeStore(home);
    this.copies = new LocalCopies(home);
    this.verification = new Verification(trees, hasher);
    this.believedMaps = new BelievedMaps(trees, verification, mirrors);
    this.wholeFiles = new WholeFiles(verification, mirrors, progress);
    this.mirrors = mirrors;
    this.quarantine = quarantine;
    this.progress = progress;
  }

  /**
   * Heals the object of a file.
   *
   * @param uses where else its bytes may be
   */
  Outcome heal(TreeEntry.RegularFile file, List<CheckoutUses.Use> uses)
      throws InterruptedException {
    var reasons = new ArrayList<String>();
    try {
      State state = state(file);
      if (state == State.GOOD) {
        return new Outcome(new HealReport.AlreadyGood(), Optional.empty());
      }
      try (Staging.StagedFile staged = home.staging().createFile()) {
        HealReport.Healed healed = assemble(file, uses, staged, reasons);
        if (healed != null) {
          return place(file, staged, healed, state, reasons);
        }
      }
      reasons.add(mirrors.advice());
    } catch (SyscallException e) {
      reasons.add(
          e.is(Errno.ENOSPC, Errno.EDQUOT)
              ? home.path()
                  + " has no room for "
                  + file.content().size()
                  + " bytes: "
                  + e.reason()
                  + "; free some and try again"
              : home.path() + " cannot be written: " + e.getMessage());
    } catch (IOException e) {
      reasons.add(String.valueOf(e.getMessage()));
    }
    return new Outcome(new HealReport.NotHealed(reasons), Optional.empty());
  }

  private enum State {
    GOOD,
    GOOD_BYTES_WRONG_MODE,
    BAD
  }

  private State state(TreeEntry.RegularFile file) throws InterruptedException {
    ObjectId id = file.object();
    try (Gate.Opened opened = objects.open(id).orElse(null)) {
      if (opened == null
          || !verification.isGood(
              new FileSource(opened.fd()), id.digest(), file.content().size())) {
        return State.BAD;
      }
      return opened.stat().permissions() == id.permissions()
          ? State.GOOD
          : State.GOOD_BYTES_WRONG_MODE;
    } catch (StoreException | SyscallException e) {
      return State.BAD;
    }
  }

  /** Fills the staged file; returns null if that did not succeed, for reasons added. */
  private HealReport.@Nullable Healed assemble(
      TreeEntry.RegularFile file,
      List<CheckoutUses.Use> uses,
      Staging.StagedFile staged,
      List<String> reasons)
      throws IOException, InterruptedException {
    List<Candidate> candidates = copies.of(file.object(), uses);
    try {
      Optional<ChunkMap> map = believedMaps.find(file.content(), candidates, reasons);
      return map.isPresent()
          ? assemble(file, map.get(), candidates, staged, reasons)
          : wholeFiles.fetch(file, staged, reasons);
    } finally {
      candidates.forEach(Candidate::close);
    }
  }

  private HealReport.@Nullable Healed assemble(
      TreeEntry.RegularFile file,
      ChunkMap map,
      List<Candidate> candidates,
      Staging.StagedFile staged,
      List<String> reasons)
      throws IOException, InterruptedException {
    var assembly = new Assembly(file.content().verity(), file.path(), map, staged, progress);
    for (Candidate each : candidates) {
      assembly.takeFrom(each);
    }
    takeFromOtherObjects(assembly);
    for (Mirror mirror : mirrors.worthAsking(reasons)) {
      if (assembly.wanted().isEmpty()) {
        break;
      }
      try {
        assembly.fetchFrom(
            mirror,
            sentence -> {
              reasons.add(sentence);
              mirrors.complain(sentence);
            });
      } catch (FetchException e) {
        mirrors.failed(mirror, e, reasons);
      }
    }
    return assembly.wanted().isEmpty() ? assembly.result() : null;
  }

  private void takeFromOtherObjects(Assembly assembly) throws IOException {
    if (assembly.wanted().isEmpty()) {
      return;
    }
    Set<Digest> digests = new HashSet<>();
    assembly.wanted().forEach(chunk -> digests.add(assembly.expected(chunk)));
    Map<Digest, List<LocalChunks.Place>> places = new LocalChunks(home).find(digests);
    for (int chunk : List.copyOf(assembly.wanted())) {
      for (LocalChunks.Place place : places.getOrDefault(assembly.expected(chunk), List.of())) {
        for (Candidate object : copies.of(place.object())) {
          try (object) {
            if (assembly.wanted().contains(chunk)) {
              assembly.take(chunk, object, FsVerity.chunkOffset(place.chunk()));
            }
          }
        }
      }
    }
  }

  private Outcome place(
      TreeEntry.RegularFile file,
      Staging.StagedFile staged,
      HealReport.Healed healed,
      State before,
      List<String> reasons)
      throws IOException, InterruptedException {
    ObjectId id = file.object();
    long size = file.content().size();
    Optional<HashResult.Hashed> hashed = verification.hash(new FileSource(staged.fd()), size);
    if (hashed.isEmpty() || !hashed.get().entry().verity().equals(id.digest())) {
      reasons.add(
          "what was put together from good chunks does not verify, which only a fault of this"
              + " machine's memory or disk explains; check them and try again");
      return new Outcome(new HealReport.NotHealed(reasons), Optional.empty());
    }
    staged.sync();
    staged.finish(id.permissions());
    String label = id.digest().hex();
    if (size > FsVerity.CHUNK_SIZE
        && !trees.map(id.digest(), size).equals(Optional.of(hashed.get().map()))) {
      // The map that was kept is missing, forged, or its XXH3 values are damaged.
      ObjectPlace.prepare(
          trees.mapDirectory(), TreeStore.mapPath(id.digest()), false, label, quarantine);
      trees.putMap(id.digest(), hashed.get().map());
    }
    Stat old =
        ObjectPlace.prepare(
            objects.directory(), ObjectStore.path(id), before == State.BAD, label, quarantine);
    objects.place(staged, id);
    ObjectPlace.sync(objects.directory(), ObjectStore.path(id));
    return new Outcome(healed, Optional.ofNullable(old).map(Stat::id));
  }
}
