package nexus.fetch;

/** Consecutive bytes of an object, as a mirror gives them. Closing it early is allowed. */
public sealed interface MirrorRange extends AutoCloseable permits FileRange, HttpRange {
  /**
   * Reads the next {@code length} bytes into the start of {@code buffer}: all of them, or it fails.
   *
   * @param length what was read before included, no more than was asked for
   */
  void read(byte[] buffer, int length) throws FetchException, InterruptedException;

  /**
   * Checks, when all bytes that were asked for have been read, that no more come.
   *
   * @throws FetchException.BadAnswer if more come
   */
  void end() throws FetchException, InterruptedException;

  @Override
  void close();
}
