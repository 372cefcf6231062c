package nexus.fetch;

import nexus.merkle.ChunkMap;
import nexus.merkle.Digest;
import nexus.merkle.MerkleException;

/** The names of a mirror's files (docs/formats/mirror.md). */
final class MirrorLayout {
  static final String OBJECTS = "objects";
  static final String MAPS = "maps";
  static final String TREES = "trees";

  private static final int PREFIX_DIGITS = 2;

  private MirrorLayout() {}

  /** Returns {@code kind/ab/<62 hex>}. */
  static String path(String kind, Digest digest) {
    String hex = digest.hex();
    return kind + "/" + hex.substring(0, PREFIX_DIGITS) + "/" + hex.substring(PREFIX_DIGITS);
  }

  /** Returns the map in {@code bytes}, if it is one of a file of this size. */
  static ChunkMap decodeMap(String address, byte[] bytes, long size)
      throws FetchException.BadAnswer {
    try {
      ChunkMap map = ChunkMap.decode(bytes);
      if (map.size() == size) {
        return map;
      }
      throw new FetchException.BadAnswer(
          address, "is the map of a file of " + map.size() + " bytes, expected " + size);
    } catch (MerkleException.MalformedChunkMap e) {
      throw new FetchException.BadAnswer(address, "is no chunk map: " + e.getMessage());
    }
  }
}
