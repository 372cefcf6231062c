package nexus.fetch;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;
import nexus.cas.FileSource;
import nexus.cas.Gate;
import nexus.cas.NexusHome;
import nexus.cas.ObjectId;
import nexus.cas.ObjectStore;
import nexus.cas.StoreException;
import nexus.cas.TreeEntry;
import nexus.cas.TreeManifest;
import nexus.cas.TreeStore;
import nexus.linux.Errno;
import nexus.linux.LinuxPath;
import nexus.linux.SyscallException;
import nexus.merkle.ChunkHasher;
import nexus.merkle.ChunkMap;
import nexus.merkle.Digest;
import nexus.merkle.FsVerity;
import nexus.merkle.MerkleEntry;
import nexus.merkle.Xxh3;

/**
 * Writes mirrors: folders that a {@code file:} address leads to, or that any web server can serve
 * (docs/formats/mirror.md).
 *
 * <p>Every object is verified while it is copied. A tree's manifest is written last: a mirror that
 * has it has the whole tree.
 */
public final class MirrorExport {
  private final ObjectStore objects;
  private final TreeStore trees;
  private final LongConsumer progress;
  private final ChunkHasher hasher = new ChunkHasher();
  private final byte[] buffer = new byte[FsVerity.CHUNK_SIZE];
  private final ByteBuffer direct = ByteBuffer.allocateDirect(FsVerity.CHUNK_SIZE);

  // Mutable state of one export
  private int written;
  private int present;
  private long bytes;

  /**
   * What an export did.
   *
   * @param written how many files are new
   * @param present how many files were there already, and were left as they are
   * @param bytes of the objects that are new
   * @param refused a sentence for each object or tree that is not exported, because it is missing
   *     or tainted here
   */
  public record Summary(int written, int present, long bytes, List<String> refused) {
    public Summary {
      refused = List.copyOf(refused);
    }
  }

  /**
   * Exports nothing yet. For use by one thread at a time.
   *
   * @param progress told of bytes as they are copied, or found to be there
   */
  public MirrorExport(NexusHome home, LongConsumer progress) {
    this.objects = new ObjectStore(home);
    this.trees = new TreeStore(home);
    this.progress = progress;
  }

  /**
   * Writes what these trees consist of to a folder, which is made if its parent exists. Files that
   * are there are left as they are.
   *
   * @param folder absolute
   * @throws FetchException.NotExported if the folder cannot be written
   */
  public Summary export(List<Digest> wanted, LinuxPath folder) throws IOException {
    written = 0;
    present = 0;
    bytes = 0;
    var refused = new LinkedHashSet<String>();
    try (ExportFolder out = ExportFolder.open(folder)) {
      Set<Digest> good = new HashSet<>();
      for (Digest tree : wanted) {
        export(tree, out, good, refused);
      }
      out.sync();
    } catch (SyscallException e) {
      throw new FetchException.NotExported(
          folder.toString(),
          e.is(Errno.ENOSPC, Errno.EDQUOT)
              ? "has no room left: " + e.reason() + "; free some and run the same command again"
              : "cannot be written: " + e.getMessage());
    }
    return new Summary(written, present, bytes, List.copyOf(refused));
  }

  private void export(Digest tree, ExportFolder out, Set<Digest> good, Set<String> refused)
      throws SyscallException {
    byte[] encoded;
    TreeManifest manifest;
    try {
      encoded = trees.encoded(tree);
      manifest = TreeManifest.decode("tree " + tree, encoded);
    } catch (StoreException e) {
      refused.add("tree " + tree + " is not exported: " + e.getMessage());
      return;
    }
    boolean whole = true;
    for (TreeEntry.RegularFile file : manifest.files()) {
      Digest object = file.content().verity();
      if (good.contains(object)) {
        continue;
      }
      if (export(file, out)) {
        good.add(object);
      } else {
        whole = false;
        refused.add(
            "object "
                + object
                + " is not exported: it is missing or tainted here; heal "
                + file.path()
                + " first");
      }
    }
    if (whole) {
      count(out.put(MirrorLayout.TREES, tree, encoded));
    }
  }

  private void count(boolean isNew) {
    if (isNew) {
      written++;
    } else {
      present++;
    }
  }

  /** Returns whether the mirror has the object now. */
  private boolean export(TreeEntry.RegularFile file, ExportFolder out) throws SyscallException {
    MerkleEntry content = file.content();
    boolean oneChunk = FsVerity.chunkCount(content.size()) <= 1;
    if (out.has(MirrorLayout.OBJECTS, content.verity(), content.size())
        && (oneChunk
            || out.has(
                MirrorLayout.MAPS, content.verity(), ChunkMap.encodedLength(content.size())))) {
      present += oneChunk ? 1 : 2;
      progress.accept(content.size());
      return true;
    }
    return copy(file.object(), content, out) || copy(file.object().twin(), content, out);
  }

  private boolean copy(ObjectId id, MerkleEntry content, ExportFolder out) throws SyscallException {
    Optional<Gate.Opened> opened;
    try {
      opened = objects.open(id);
    } catch (StoreException e) {
      return false;
    }
    if (opened.isEmpty()) {
      return false;
    }
    try (Gate.Opened from = opened.get();
        ExportFolder.Partial to = out.create()) {
      Optional<ChunkMap> map = copy(new FileSource(from.fd()), content.size(), to);
      if (map.isEmpty()
          || !FsVerity.digest(content.size(), map.get().digests()).equals(id.digest())) {
        return false;
      }
      to.place(MirrorLayout.OBJECTS, id.digest());
      written++;
      bytes += content.size();
      if (map.get().chunks().size() > 1) {
        count(out.put(MirrorLayout.MAPS, id.digest(), map.get().encode()));
      }
      return true;
    }
  }

  /** Copies a file and returns the chunk map of what was copied; empty if it is too short. */
  private Optional<ChunkMap> copy(FileSource from, long size, ExportFolder.Partial to)
      throws SyscallException {
    var chunks = new ArrayList<ChunkMap.Chunk>();
    for (int chunk = 0; chunk < FsVerity.chunkCount(size); chunk++) {
      int length = FsVerity.chunkLength(size, chunk);
      long offset = FsVerity.chunkOffset(chunk);
      if (!read(from, offset, length)) {
        return Optional.empty();
      }
      chunks.add(new ChunkMap.Chunk(hasher.hash(buffer, length, size), Xxh3.of(buffer, length)));
      to.write(direct.clear().put(buffer, 0, length).flip(), offset);
      progress.accept(length);
    }
    return Optional.of(new ChunkMap(size, chunks));
  }

  private boolean read(FileSource from, long offset, int length) {
    try {
      return from.read(offset, buffer, length) == length;
    } catch (SyscallException e) {
      // A sector that the disk does not give back is a taint like any other.
      return false;
    }
  }
}
