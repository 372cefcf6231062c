package nexus.merkle;

/**
 * What a tree manifest says about the bytes of a file.
 *
 * @param size in bytes, 0 to {@link FsVerity#MAX_SIZE}
 * @param verity the fs-verity digest, which decides whether bytes are the right ones
 * @param xxh3 of the whole content, which finds damage quickly but vouches for nothing
 */
public record MerkleEntry(long size, Digest verity, Xxh3 xxh3) {
  public MerkleEntry {
    FsVerity.checkedSize(size);
  }
}
