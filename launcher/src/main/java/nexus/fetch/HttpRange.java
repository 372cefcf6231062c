package nexus.fetch;

/** A part of what a web server sends. */
final class HttpRange implements MirrorRange {
  private static final int SKIP_BYTES = 64 << 10;

  private final String address;
  private final HttpBody body;
  private final long length;

  private final boolean lastOfAnswer;

  // Mutable state
  private long at;

  /**
   * Takes over the body.
   *
   * @param lastOfAnswer whether the answer should end with the part
   */
  HttpRange(String address, HttpBody body, long length, boolean lastOfAnswer) {
    this.address = address;
    this.body = body;
    this.length = length;
    this.lastOfAnswer = lastOfAnswer;
  }

  /** Reads past what precedes the part. */
  void skip(long bytes) throws FetchException, InterruptedException {
    byte[] buffer = new byte[SKIP_BYTES];
    for (long left = bytes; left > 0; ) {
      int count = (int) Math.min(left, buffer.length);
      readFully(buffer, count);
      left -= count;
    }
  }

  @Override
  public void read(byte[] buffer, int count) throws FetchException, InterruptedException {
    if (count > length - at) {
      throw new IllegalArgumentException(count + " bytes of " + (length - at) + " that are left");
    }
    readFully(buffer, count);
    at += count;
  }

  private void readFully(byte[] buffer, int count) throws FetchException, InterruptedException {
    int found = body.read(buffer, 0, count);
    if (found < count) {
      throw new FetchException.BadAnswer(
          address, "ends early: expected " + (length - at - found) + " more bytes");
    }
  }

  @Override
  public void end() throws FetchException, InterruptedException {
    // What follows the part in the answer of a server without ranges is not read.
    if (lastOfAnswer && body.read(new byte[1], 0, 1) > 0) {
      throw new FetchException.BadAnswer(
          address, "sends more than the " + length + " bytes that it was asked for");
    }
  }

  @Override
  public void close() {
    body.close();
  }
}
