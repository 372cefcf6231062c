package nexus.fetch;

import nexus.cas.FileSource;
import nexus.linux.OwnedFd;
import nexus.linux.SyscallException;

/** A part of a mirror's file. */
final class FileRange implements MirrorRange {
  private final String address;
  private final FileSource source;
  private final long end;

  // Mutable state
  private long at;

  /** Takes over the descriptor. */
  FileRange(String address, OwnedFd fd, long offset, long length) {
    this.address = address;
    this.source = new FileSource(fd);
    this.at = offset;
    this.end = offset + length;
  }

  @Override
  public void read(byte[] buffer, int length) throws FetchException {
    if (length > end - at) {
      throw new IllegalArgumentException(length + " bytes of " + (end - at) + " that are left");
    }
    try {
      if (source.read(at, buffer, length) < length) {
        throw new FetchException.BadAnswer(address, "was truncated while it was read");
      }
    } catch (SyscallException e) {
      throw new FetchException.BadAnswer(address, "cannot be read: " + e.reason());
    }
    at += length;
  }

  @Override
  public void end() {
    // A file's length was compared when it was opened.
  }

  @Override
  public void close() {
    source.close();
  }
}
