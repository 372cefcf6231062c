package nexus.heal;

import nexus.cas.FileSource;
import nexus.linux.SyscallException;

/**
 * An open file of this store that may have some of the wanted bytes; closed by whoever opened it.
 *
 * @param source its bytes, of which none is believed
 * @param isCopy whether it should have been the very file that is healed: what is right in it does
 *     not count as replaced
 */
record Candidate(FileSource source, boolean isCopy) implements AutoCloseable {
  /** Reads a chunk; returns false where the file ends or the disk does not give it back. */
  boolean read(long offset, byte[] buffer, int length) {
    try {
      return source.read(offset, buffer, length) == length;
    } catch (SyscallException e) {
      return false;
    }
  }

  @Override
  public void close() {
    source.close();
  }
}
