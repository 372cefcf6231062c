package nexus.merkle;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A file in memory that counts how often it is opened and closed. */
class FakeFile implements FileToVerify {

  /** The bytes that are there, which a test may damage. */
  final byte[] content;

  final AtomicInteger opened = new AtomicInteger();
  final AtomicInteger closed = new AtomicInteger();

  private final long size;
  private final Digest expected;
  private final @Nullable ChunkMap map;

  FakeFile(byte[] content, long size, Digest expected, @Nullable ChunkMap map) {
    this.content = content;
    this.size = size;
    this.expected = expected;
    this.map = map;
  }

  /** A file that is as it should be, and has no chunk map. */
  static FakeFile intact(byte[] content) {
    return new FakeFile(content, content.length, ReferenceVerity.digest(content), null);
  }

  static ByteSource source(byte[] content) {
    return (offset, buffer, length) -> {
      int available = Math.clamp(content.length - offset, 0, length);
      if (available > 0) {
        System.arraycopy(content, (int) offset, buffer, 0, available);
      }
      return available;
    };
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public Digest expected() {
    return expected;
  }

  @Override
  public Optional<ChunkMap> chunkMap() throws IOException, MerkleException {
    return Optional.ofNullable(map);
  }

  /** Reads from the open file; tests override it to make it fail or wait. */
  int read(long offset, byte[] buffer, int length) throws IOException {
    return source(content).read(offset, buffer, length);
  }

  @Override
  public OpenSource open() throws IOException {
    opened.incrementAndGet();
    return new OpenSource() {
      @Override
      public int read(long offset, byte[] buffer, int length) throws IOException {
        return FakeFile.this.read(offset, buffer, length);
      }

      @Override
      public void close() {
        closed.incrementAndGet();
      }
    };
  }
}
