package nexus.cas;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import nexus.linux.DirectoryEntry;
import nexus.linux.Errno;
import nexus.linux.FileCalls;
import nexus.linux.FileType;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.SyscallException;
import nexus.merkle.Digest;
import nexus.merkle.FsVerity;
import nexus.merkle.MerkleException;
import nexus.merkle.Xxh3;

/**
 * Finds chunks in other objects of this store, by reading all chunk maps once. The maps are not
 * believed: a place that is found is one to look at, and what is read there is to be verified.
 */
public final class LocalChunks {
  /** How many places are noted for one chunk. */
  private static final int MAX_PLACES = 4;

  /** Whatever a file says of itself, no map has more. */
  private static final int MAX_CHUNKS = FsVerity.chunkCount(FsVerity.MAX_SIZE);

  private static final int HEADER_BYTES = 16;
  private static final int RECORD_BYTES = Digest.LENGTH + Xxh3.LENGTH;
  private static final int BUFFER_BYTES = 1024 * RECORD_BYTES;

  private final OwnedFd maps;

  /**
   * Where a chunk may be.
   *
   * @param object an object of either mode
   * @param chunk its index there
   */
  public record Place(Digest object, int chunk) {}

  public LocalChunks(NexusHome home) {
    this.maps = home.maps();
  }

  /**
   * Returns the places of chunks with these digests; chunks that are nowhere are left out. One
   * buffer of 48 KiB is all the memory that a map takes, however long it is.
   */
  public Map<Digest, List<Place>> find(Set<Digest> wanted) throws SyscallException {
    var found = new HashMap<Digest, List<Place>>();
    ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES);
    byte[] chunkDigest = new byte[Digest.LENGTH];
    for (DirectoryEntry folder : NexusHome.list(maps)) {
      try (OwnedFd open = NexusHome.openDirectory(maps, folder.name())) {
        for (DirectoryEntry map : FileCalls.getdents64(open)) {
          if (map.type() == FileType.REGULAR || map.type() == FileType.UNKNOWN) {
            scan(open, folder.name(), map.name(), wanted, buffer, chunkDigest, found);
          }
        }
      } catch (SyscallException e) {
        if (!e.is(Errno.ENOTDIR, Errno.ELOOP, Errno.ENOENT, Errno.EACCES)) {
          throw e;
        }
      }
    }
    return found;
  }

  private static void scan(
      OwnedFd folder,
      LinuxPath prefix,
      LinuxPath name,
      Set<Digest> wanted,
      ByteBuffer buffer,
      byte[] chunkDigest,
      Map<Digest, List<Place>> found) {
    try (Gate.Opened map = Gate.open(folder, name)) {
      Digest object = Digest.parse(prefix.toString() + name);
      long offset = HEADER_BYTES;
      int chunk = 0;
      while (chunk < MAX_CHUNKS && fill(map.fd(), buffer, offset)) {
        while (buffer.remaining() >= RECORD_BYTES) {
          buffer.get(buffer.position(), chunkDigest);
          buffer.position(buffer.position() + RECORD_BYTES);
          Digest digest = Digest.read(chunkDigest, 0);
          if (wanted.contains(digest)) {
            List<Place> places = found.computeIfAbsent(digest, _ -> new ArrayList<>());
            if (places.size() < MAX_PLACES) {
              places.add(new Place(object, chunk));
            }
          }
          chunk++;
        }
        offset += BUFFER_BYTES;
      }
    } catch (MerkleException.MalformedHash | StoreException | SyscallException e) {
      // Not a map, or one that the disk does not give back: other maps may know the chunk.
    }
  }

  private static boolean fill(OwnedFd map, ByteBuffer buffer, long offset) throws SyscallException {
    buffer.clear();
    while (buffer.hasRemaining() && FileCalls.pread(map, buffer, offset + buffer.position()) > 0) {
      // Until the buffer is full or the map at its end.
    }
    buffer.flip();
    return buffer.remaining() >= RECORD_BYTES;
  }
}
