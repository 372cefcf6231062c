package nexus.cas;

import java.util.Optional;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.SyscallException;
import nexus.merkle.ChunkMap;
import nexus.merkle.Digest;
import nexus.merkle.FsVerity;
import nexus.merkle.MerkleException;

/** Tree manifests and chunk maps. Both are verified whenever they are read. */
public final class TreeStore {
  private final NexusHome home;

  public TreeStore(NexusHome home) {
    this.home = home;
  }

  /**
   * Makes the folders that manifests and maps are renamed into. The caller holds the {@link
   * StoreLock}.
   */
  public void prepare() throws SyscallException {
    Fanout.makeFolders(home.trees());
    Fanout.makeFolders(home.maps());
  }

  /** Returns the digest that names a manifest: the fs-verity digest of its encoding. */
  public static Digest digest(byte[] encoded) {
    return FsVerity.digest(encoded);
  }

  /** Keeps a manifest durably, in the place of what had its name before, and returns its digest. */
  public Digest put(TreeManifest manifest) throws StoreException, SyscallException {
    byte[] encoded = manifest.encode();
    Digest digest = digest(encoded);
    home.staging().replace(home.trees(), Fanout.path(digest, ""), encoded);
    return digest;
  }

  /** Returns the encoding of the manifest with this digest. */
  public byte[] encoded(Digest digest) throws StoreException, SyscallException {
    byte[] encoded = Gate.read(home.trees(), Fanout.path(digest, ""), TreeManifest.MAX_BYTES);
    if (!digest(encoded).equals(digest)) {
      throw new StoreException.Malformed(name(digest), "does not have the digest that names it");
    }
    return encoded;
  }

  /** Returns the manifest with this digest. */
  public TreeManifest get(Digest digest) throws StoreException, SyscallException {
    return TreeManifest.decode(name(digest), encoded(digest));
  }

  /**
   * Keeps a chunk map, durable with the next {@link NexusHome#sync}. A file of one chunk needs
   * none: its digest says it all.
   */
  public void putMap(Digest object, ChunkMap map) throws SyscallException {
    if (map.chunks().size() > 1) {
      try (Staging.StagedFile file = home.staging().createFile()) {
        byte[] encoded = map.encode();
        file.write(encoded, encoded.length, 0);
        file.rename(home.maps(), Fanout.path(object, ""));
      }
    }
  }

  /**
   * Returns the chunk map of an object, verified; empty if there is none, or none that can be
   * believed.
   *
   * @param size of the object, in bytes
   */
  public Optional<ChunkMap> map(Digest object, long size) throws SyscallException {
    try {
      ChunkMap map =
          ChunkMap.decode(Gate.read(home.maps(), mapPath(object), ChunkMap.encodedLength(size)));
      map.verify(object);
      return Optional.of(map);
    } catch (StoreException | MerkleException e) {
      return Optional.empty();
    }
  }

  /** Returns the path of an object's chunk map below {@link #mapDirectory}. */
  public static LinuxPath mapPath(Digest object) {
    return Fanout.path(object, "");
  }

  /** Lends {@code cas/trees}, below which {@link #treePath} leads to a manifest. */
  public OwnedFd treeDirectory() {
    return home.trees();
  }

  /** Lends {@code cas/maps}, below which {@link #mapPath} leads to a chunk map. */
  public OwnedFd mapDirectory() {
    return home.maps();
  }

  /** Returns a manifest's path below {@link #treeDirectory}. */
  public static LinuxPath treePath(Digest tree) {
    return Fanout.path(tree, "");
  }

  private String name(Digest digest) {
    return home.trees().description() + "/" + Fanout.path(digest, "");
  }
}
