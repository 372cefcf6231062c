package nexus.merkle;

import java.io.IOException;

/**
 * A file that is to be read once from beginning to end.
 *
 * <p>The caller's own type implements it and comes back with the result, so it is the place for a
 * path or whatever else the caller knows the file by.
 */
public interface FileToHash {

  /** Returns the size that the file should have, in bytes, 0 to {@link FsVerity#MAX_SIZE}. */
  long size();

  /**
   * Opens the file.
   *
   * <p>Called once, on a worker thread, when the file's turn comes, so that few of many files are
   * open at a time; what it returns is read by several threads and closed once by one of them. A
   * file that is open already and is to remain so returns {@link ByteSource#lent()}.
   */
  OpenSource open() throws IOException;
}
