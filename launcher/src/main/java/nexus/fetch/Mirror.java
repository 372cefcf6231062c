package nexus.fetch;

import nexus.merkle.ChunkMap;
import nexus.merkle.Digest;

/**
 * A place that has objects, chunk maps and tree manifests (docs/formats/mirror.md). Nothing that it
 * gives is verified.
 *
 * <p>For use by one thread at a time.
 */
public sealed interface Mirror permits FileMirror, HttpMirror {
  /** Returns the address. */
  MirrorUrl url();

  /**
   * Begins to read a part of an object.
   *
   * @param size of the object, in bytes; an object of another size is refused
   * @param offset of the first byte
   * @param length in bytes, 1 or more
   * @return to be closed by the caller
   */
  MirrorRange object(Digest object, long size, long offset, long length)
      throws FetchException, InterruptedException;

  /**
   * Returns an object's chunk map, well formed but not verified.
   *
   * @param size of the object, in bytes
   */
  ChunkMap map(Digest object, long size) throws FetchException, InterruptedException;

  /**
   * Returns the bytes of a tree manifest, at most {@link nexus.cas.TreeManifest#MAX_BYTES}, neither
   * verified nor decoded.
   */
  byte[] tree(Digest tree) throws FetchException, InterruptedException;
}
