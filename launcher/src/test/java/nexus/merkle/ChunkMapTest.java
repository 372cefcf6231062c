package nexus.merkle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ChunkMapTest {

  private static final Path DOCUMENT = Path.of("..", "docs", "formats", "chunk-map.md");
  private static final int SIZE_OFFSET = 8;
  private static final int HEADER_LENGTH = 16;
  private static final int CHUNK_LENGTH = 48;

  static LongStream seeds() {
    return Seeds.fixedAndFresh(30);
  }

  @Test
  void theDocumentsTestVectorHolds() throws Exception {
    byte[] content = new byte[524_289];
    for (int offset = 0; offset < content.length; offset++) {
      content[offset] = (byte) (offset % 251);
    }
    HashResult.Hashed hashed = hash(content);

    assertThat(hashed.entry().verity().hex()).isEqualTo(documented("verity"));
    assertThat(hashed.entry().xxh3().hex()).isEqualTo(documented("xxh3"));
    assertThat(HexFormat.of().formatHex(hashed.map().encode())).isEqualTo(documented("map"));
    assertThat(ChunkMap.decode(HexFormat.of().parseHex(documented("map")))).isEqualTo(hashed.map());
  }

  private static String documented(String name) throws Exception {
    return Files.readAllLines(DOCUMENT).stream()
        .filter(line -> line.startsWith(name + " "))
        .map(line -> line.substring(name.length()).replace(" ", ""))
        .collect(Collectors.joining());
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void isReadAsItWasWritten(long seed) throws Exception {
    HashResult.Hashed hashed = hashRandom(seed);
    byte[] bytes = hashed.map().encode();

    assertThat(ChunkMap.decode(bytes)).isEqualTo(hashed.map());
    assertThat(bytes).hasSize(ChunkMap.encodedLength(hashed.entry().size()));
    hashed.map().verify(hashed.entry().verity());
  }

  @Test
  void ofAnEmptyFileIsAHeader() throws Exception {
    ChunkMap map = hash(new byte[0]).map();

    assertThat(map.chunks()).isEmpty();
    assertThat(map.encode()).hasSize(HEADER_LENGTH);
    assertThat(ChunkMap.decode(map.encode())).isEqualTo(map);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void anyFlippedBitThatTheDigestCoversIsDetected(long seed) throws Exception {
    HashResult.Hashed hashed = hashRandom(seed);
    byte[] bytes = hashed.map().encode();
    for (int bit = 0; bit < 8 * bytes.length; bit++) {
      if (isXxh3(bit / 8)) {
        continue;
      }
      byte[] forged = bytes.clone();
      forged[bit / 8] ^= (byte) (1 << bit % 8);
      assertThatExceptionOfType(MerkleException.class)
          .as("bit %d", bit)
          .isThrownBy(() -> ChunkMap.decode(forged).verify(hashed.entry().verity()));
    }
  }

  private static boolean isXxh3(int index) {
    return index >= HEADER_LENGTH && (index - HEADER_LENGTH) % CHUNK_LENGTH >= Digest.LENGTH;
  }

  /** Not a wish but a limit, which the document warns of. */
  @Test
  void aForgedXxh3ValueIsNotDetected() throws Exception {
    HashResult.Hashed hashed = hash(new byte[10]);
    ChunkMap.Chunk chunk = hashed.map().chunks().getFirst();

    new ChunkMap(10, List.of(new ChunkMap.Chunk(chunk.block(), new Xxh3(0, 0))))
        .verify(hashed.entry().verity());
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void swappedChunksAreDetected(long seed) throws Exception {
    Random random = new Random(seed);
    HashResult.Hashed hashed = hash(Seeds.bytes(random, 2 << 20));
    List<ChunkMap.Chunk> chunks = new ArrayList<>(hashed.map().chunks());
    int first = random.nextInt(3);
    ChunkMap.Chunk moved = chunks.remove(first);
    chunks.add(first + 1, moved);

    assertThatExceptionOfType(MerkleException.ForgedChunkMap.class)
        .isThrownBy(
            () -> new ChunkMap(hashed.entry().size(), chunks).verify(hashed.entry().verity()))
        .satisfies(
            e -> {
              assertThat(e.expected()).isEqualTo(hashed.entry().verity());
              assertThat(e.found()).isNotEqualTo(e.expected());
              assertThat(e.getMessage()).contains(e.expected().hex(), e.found().hex());
            });
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void anyOtherLengthIsRefused(long seed) throws Exception {
    byte[] bytes = hashRandom(seed).map().encode();
    for (int length = 0; length < bytes.length + 2 * CHUNK_LENGTH; length++) {
      if (length != bytes.length) {
        byte[] other = Arrays.copyOf(bytes, length);
        assertThatExceptionOfType(MerkleException.MalformedChunkMap.class)
            .as("%d bytes", length)
            .isThrownBy(() -> ChunkMap.decode(other));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      longs = {-1, Long.MIN_VALUE, Long.MAX_VALUE, (1L << 40) + 1, 1L << 40, 524_288, 1L << 32})
  void aSizeThatItsOwnLengthDoesNotFitIsRefusedBeforeAnythingIsAllocated(long size)
      throws Exception {
    byte[] bytes = hash(new byte[0]).map().encode();
    ByteBuffer.wrap(bytes).putLong(SIZE_OFFSET, size);

    assertThatExceptionOfType(MerkleException.MalformedChunkMap.class)
        .isThrownBy(() -> ChunkMap.decode(bytes))
        .withMessageContaining(Long.toUnsignedString(size) + " bytes");
  }

  @Test
  void anotherFormatOrVersionIsRefusedByName() throws Exception {
    byte[] bytes = hash(new byte[0]).map().encode();

    assertThatExceptionOfType(MerkleException.MalformedChunkMap.class)
        .isThrownBy(() -> ChunkMap.decode(ByteBuffer.allocate(16).putInt(0x7f454c46).array()))
        .withMessage("chunk map starts with 0x7f454c46, expected 0x4e58434d");
    ByteBuffer.wrap(bytes).putInt(4, 2);
    assertThatExceptionOfType(MerkleException.MalformedChunkMap.class)
        .isThrownBy(() -> ChunkMap.decode(bytes))
        .withMessage("chunk map has version 2, expected 1");
  }

  @Test
  void hasOneChunkForEach512KiB() {
    ChunkMap.Chunk chunk = new ChunkMap.Chunk(Digest.ZERO, new Xxh3(0, 0));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ChunkMap(524_289, List.of(chunk)))
        .withMessage("a file of 524289 bytes has 2 chunks, not 1");
  }

  private static HashResult.Hashed hashRandom(long seed) throws Exception {
    Random random = new Random(seed);
    return hash(Seeds.bytes(random, Seeds.size(random, 4 << 20)));
  }

  private static HashResult.Hashed hash(byte[] content) throws Exception {
    try (ParallelHasher hasher = new ParallelHasher(1)) {
      return hasher.hash(FakeFile.source(content), content.length);
    }
  }
}
