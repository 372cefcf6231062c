package nexus.fetch;

import static nexus.linux.Constants.O_DIRECTORY;
import static nexus.linux.Constants.O_RDONLY;

import java.util.function.LongFunction;
import nexus.cas.Gate;
import nexus.cas.StoreException;
import nexus.cas.TreeManifest;
import nexus.linux.FileCalls;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.SyscallException;
import nexus.merkle.ChunkMap;
import nexus.merkle.Digest;

/**
 * A mirror in a folder, which may be on a stick that anybody wrote: read through the store's own
 * gate, so that neither a fifo nor a symbolic link in it does harm.
 */
final class FileMirror implements Mirror {
  private final MirrorUrl url;

  FileMirror(MirrorUrl url) {
    this.url = url;
  }

  @Override
  public MirrorUrl url() {
    return url;
  }

  @Override
  public MirrorRange object(Digest object, long size, long offset, long length)
      throws FetchException {
    String path = MirrorLayout.path(MirrorLayout.OBJECTS, object);
    Gate.Opened file = open(path);
    if (file.stat().size() != size) {
      file.close();
      throw new FetchException.BadAnswer(
          address(path), "has " + file.stat().size() + " bytes, expected " + size);
    }
    return new FileRange(address(path), file.fd(), offset, length);
  }

  @Override
  public ChunkMap map(Digest object, long size) throws FetchException {
    String path = MirrorLayout.path(MirrorLayout.MAPS, object);
    int expected = ChunkMap.encodedLength(size);
    byte[] bytes =
        whole(path, found -> found == expected ? "" : "has " + found + " bytes, not " + expected);
    return MirrorLayout.decodeMap(address(path), bytes, size);
  }

  @Override
  public byte[] tree(Digest tree) throws FetchException {
    return whole(
        MirrorLayout.path(MirrorLayout.TREES, tree),
        found ->
            found <= TreeManifest.MAX_BYTES
                ? ""
                : "has " + found + " bytes, more than a tree manifest may have");
  }

  /**
   * Reads a whole file.
   *
   * @param problem tells from a file's size what is wrong with it, before anything is allocated
   */
  private byte[] whole(String path, LongFunction<String> problem) throws FetchException {
    try (Gate.Opened file = open(path)) {
      long size = file.stat().size();
      String wrong = problem.apply(size);
      if (!wrong.isEmpty()) {
        throw new FetchException.BadAnswer(address(path), wrong);
      }
      byte[] bytes = new byte[(int) size];
      var range = new FileRange(address(path), file.fd(), 0, size);
      range.read(bytes, bytes.length);
      return bytes;
    }
  }

  private Gate.Opened open(String path) throws FetchException {
    OwnedFd folder;
    try {
      folder = FileCalls.openat2(OwnedFd.CWD, url.folder(), O_RDONLY | O_DIRECTORY, 0, 0);
    } catch (SyscallException e) {
      throw new FetchException.Unreachable(
          url.toString(), "cannot be opened: " + e.reason() + "; is it mounted?");
    }
    try (folder) {
      return Gate.open(folder, LinuxPath.of(path));
    } catch (StoreException.Missing e) {
      throw new FetchException.Absent(address(path), "does not exist");
    } catch (StoreException e) {
      throw new FetchException.BadAnswer(address(path), "is not a regular file");
    } catch (SyscallException e) {
      throw new FetchException.BadAnswer(address(path), "cannot be opened: " + e.reason());
    }
  }

  private String address(String path) {
    return url + (url.toString().endsWith("/") ? "" : "/") + path;
  }

  /** Returns the address. */
  @Override
  public String toString() {
    return url.toString();
  }
}
