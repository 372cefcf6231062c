package nexus.merkle;

/** What one worker thread owns: room for one chunk, and a hasher. */
final class HashWorker {

  /** One byte longer than a chunk, so that a read of a file's last chunk shows if more follows. */
  final byte[] buffer = new byte[FsVerity.CHUNK_SIZE + 1];

  final ChunkHasher hasher = new ChunkHasher();
}
