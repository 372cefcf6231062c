package nexus.heal;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import nexus.cas.Staging;
import nexus.fetch.FetchException;
import nexus.fetch.Mirror;
import nexus.fetch.MirrorRange;
import nexus.linux.LinuxPath;
import nexus.merkle.ChunkHasher;
import nexus.merkle.ChunkMap;
import nexus.merkle.Digest;
import nexus.merkle.FsVerity;
import nexus.merkle.Xxh3;

/**
 * One object while it is put together in staging from chunks, each verified with a chunk map that
 * was, before it is written. Holds one chunk in memory.
 */
final class Assembly {
  private final Digest object;
  private final LinuxPath path;
  private final ChunkMap map;
  private final Staging.StagedFile file;
  private final HealProgress progress;
  private final ChunkHasher hasher = new ChunkHasher();
  private final byte[] buffer = new byte[FsVerity.CHUNK_SIZE];

  // Mutable state
  private final TreeSet<Integer> wanted = new TreeSet<>();
  private final Set<String> sources = new LinkedHashSet<>();
  private int chunksReplaced;
  private long bytesFetched;

  /**
   * Lends the file.
   *
   * @param map verified
   * @param path for which it is healed, to tell of
   */
  Assembly(
      Digest object, LinuxPath path, ChunkMap map, Staging.StagedFile file, HealProgress progress) {
    this.object = object;
    this.path = path;
    this.map = map;
    this.file = file;
    this.progress = progress;
    for (int chunk = 0; chunk < map.chunks().size(); chunk++) {
      wanted.add(chunk);
    }
  }

  /** Returns the chunks that no source had yet. */
  Set<Integer> wanted() {
    return wanted;
  }

  /** Returns where the bytes are from that took the place of others. */
  HealReport.Healed result() {
    return new HealReport.Healed(
        sources.isEmpty() ? HealReport.THIS_STORE : String.join(" and ", sources),
        chunksReplaced,
        bytesFetched);
  }

  /** Returns the digest of a wanted chunk. */
  Digest expected(int chunk) {
    return map.chunks().get(chunk).block();
  }

  /** Takes all wanted chunks that a local file of the same content has. */
  void takeFrom(Candidate same) throws IOException {
    for (int chunk : List.copyOf(wanted)) {
      take(chunk, same, FsVerity.chunkOffset(chunk));
    }
  }

  /** Takes a wanted chunk from wherever in a local file it may be. */
  void take(int chunk, Candidate from, long offset) throws IOException {
    int length = FsVerity.chunkLength(map.size(), chunk);
    if (from.read(offset, buffer, length) && isGood(chunk, length)) {
      write(chunk, length);
      if (!from.isCopy()) {
        replaced(HealReport.THIS_STORE);
      }
    }
  }

  /**
   * Fetches the wanted chunks, adjacent ones with one request. What is good is kept, whatever
   * becomes of the rest.
   *
   * @param complaints gets a sentence for each chunk that came wrong
   * @throws FetchException if the mirror failed
   */
  void fetchFrom(Mirror mirror, Consumer<String> complaints)
      throws FetchException, IOException, InterruptedException {
    progress.fetching(path, mirror.url(), wanted.size(), bytes(wanted));
    for (List<Integer> run : runs(wanted)) {
      long offset = FsVerity.chunkOffset(run.getFirst());
      try (MirrorRange range = mirror.object(object, map.size(), offset, bytes(run))) {
        for (int chunk : run) {
          int length = FsVerity.chunkLength(map.size(), chunk);
          range.read(buffer, length);
          bytesFetched += length;
          progress.fetched(mirror.url(), length);
          if (isGood(chunk, length)) {
            write(chunk, length);
            replaced(mirror.url().toString());
          } else {
            complaints.accept(
                mirror.url() + " sent " + damage(chunk, length) + " for object " + object);
          }
        }
        range.end();
      }
    }
  }

  private void replaced(String source) {
    sources.add(source);
    chunksReplaced++;
  }

  private long bytes(Iterable<Integer> chunks) {
    long bytes = 0;
    for (int chunk : chunks) {
      bytes += FsVerity.chunkLength(map.size(), chunk);
    }
    return bytes;
  }

  /** Returns runs of consecutive numbers. */
  static List<List<Integer>> runs(Set<Integer> ascending) {
    var runs = new ArrayList<List<Integer>>();
    for (int chunk : ascending) {
      if (runs.isEmpty() || runs.getLast().getLast() != chunk - 1) {
        runs.add(new ArrayList<>());
      }
      runs.getLast().add(chunk);
    }
    return runs;
  }

  private boolean isGood(int chunk, int length) {
    // Not XXH3: the values in a map are covered by nothing, so they can neither say that bytes are
    // good nor that good ones are bad.
    return hasher.hash(buffer, length, map.size()).equals(expected(chunk));
  }

  private String damage(int chunk, int length) {
    return Xxh3.of(buffer, length).equals(map.chunks().get(chunk).xxh3())
        ? "a forged chunk " + chunk + " (its XXH3 is right and its SHA-256 is not)"
        : "a damaged chunk " + chunk;
  }

  private void write(int chunk, int length) throws IOException {
    file.write(buffer, length, FsVerity.chunkOffset(chunk));
    wanted.remove(chunk);
  }
}
