package nexus.cas;

import java.nio.ByteBuffer;
import nexus.linux.FileCalls;
import nexus.linux.OwnedFd;
import nexus.linux.SyscallException;
import nexus.merkle.FsVerity;
import nexus.merkle.OpenSource;

/** The bytes of an open file; closing it closes the descriptor. */
public final class FileSource implements OpenSource {
  // JNA lends the memory of direct buffers only, and making one costs more than reading a small
  // file.
  static final ThreadLocal<ByteBuffer> BUFFER =
      ThreadLocal.withInitial(() -> ByteBuffer.allocateDirect(FsVerity.CHUNK_SIZE));

  private final OwnedFd fd;

  /** Takes over the descriptor. */
  public FileSource(OwnedFd fd) {
    this.fd = fd;
  }

  @Override
  public int read(long offset, byte[] buffer, int length) throws SyscallException {
    ByteBuffer direct = BUFFER.get();
    int filled = 0;
    while (filled < length) {
      direct.clear().limit(Math.min(direct.capacity(), length - filled));
      int count = FileCalls.pread(fd, direct, offset + filled);
      if (count == 0) {
        break;
      }
      direct.flip().get(buffer, filled, count);
      filled += count;
    }
    return filled;
  }

  @Override
  public void close() {
    fd.close();
  }
}
