package nexus.merkle;

import java.io.IOException;

/**
 * Bytes that can be read at any offset, by several threads at once.
 *
 * <p>Its end is where a read comes back short; nothing else tells how long it is.
 */
@FunctionalInterface
public interface ByteSource {

  /**
   * Reads bytes from {@code offset} on into the start of {@code buffer}.
   *
   * @param offset first byte to read, 0 or more; may lie at or beyond the end
   * @param length number of bytes wanted, at most {@code buffer.length}
   * @return number of bytes read: {@code length}, or fewer (0 included, never negative) only where
   *     the source ends
   */
  int read(long offset, byte[] buffer, int length) throws IOException;

  /** Returns this source in a form whose {@code close()} leaves it open. */
  default OpenSource lent() {
    ByteSource lender = this;
    return new OpenSource() {
      @Override
      public int read(long offset, byte[] buffer, int length) throws IOException {
        return lender.read(offset, buffer, length);
      }

      @Override
      public void close() {}
    };
  }
}
