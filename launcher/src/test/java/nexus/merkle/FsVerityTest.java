package nexus.merkle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class FsVerityTest {

  static LongStream seeds() {
    return Seeds.fixedAndFresh(20);
  }

  @ParameterizedTest(name = "{0} zero bytes")
  @CsvSource({
    "       0, 3d248ca542a24fc62d1c43b916eae5016878e2533c88238480b26128a1f1af95",
    "    4096, babc284ee4ffe7f449377fbf6692715b43aec7bc39c094a95878904d34bac97e",
    "    4097, 093756e4ea9683329106d4a16982682ed182c14bf076463a9e7f97305cbac743",
    "  524288, 2d15bd7832895de85aa3d5bdfb57251e27bbec75ff467408340ab3eba858a2e1",
    // second level
    "  524289, e4143a5705610b7ad2eb85482cfc033c7062a89b9faf9118603f592d53fd10e0",
    // third level
    "67108865, be5993679f703697692cc6ce69e480edc9721baff591795438ae8097275c0687",
  })
  void zerosHaveTheDigestThatTheKernelGivesThem(long size, String expected) {
    assertThat(digestOfZeros(size).hex()).isEqualTo(expected);
  }

  @Test
  void helloWorldHasTheDigestThatTheKernelGivesIt() {
    byte[] content = "hello world".getBytes(StandardCharsets.US_ASCII);

    assertThat(FsVerity.digest(content).hex())
        .isEqualTo("1e2eaa4202d750a41174ee454970b92c1bc2f925b1e35076d8c7d5f56362ba64");
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void isTheFoldOfItsChunks(long seed) {
    Random random = new Random(seed);
    byte[] content = Seeds.bytes(random, Seeds.size(random, 4 << 20));

    assertThat(FsVerity.digest(content)).isEqualTo(ReferenceVerity.digest(content));
  }

  @Test
  void dependsOnEveryChunkDigestOfAFileOfThreeLevels() {
    long size = 130L * 128 * FsVerity.BLOCK_SIZE;
    List<Digest> chunks = new ArrayList<>(Collections.nCopies(130, Digest.ZERO));
    Digest before = FsVerity.digest(size, ChunkDigests.of(chunks));
    for (int chunk = 0; chunk < chunks.size(); chunk++) {
      Digest kept = chunks.set(chunk, before);
      assertThat(FsVerity.digest(size, ChunkDigests.of(chunks))).isNotEqualTo(before);
      chunks.set(chunk, kept);
    }
  }

  @Test
  void zerosAtTheEndAreNotLost() {
    assertThat(FsVerity.digest(new byte[4095])).isNotEqualTo(FsVerity.digest(new byte[4096]));
  }

  @Test
  void theOnlyBlockOfAFileIsItsRootButTheOnlyBlockOfAChunkIsNot() {
    byte[] block = Seeds.bytes(new Random(1), FsVerity.BLOCK_SIZE);
    Digest blockHash = Digest.read(ReferenceVerity.sha256(block), 0);
    byte[] hashBlock = Arrays.copyOf(blockHash.toBytes(), FsVerity.BLOCK_SIZE);
    ChunkHasher hasher = new ChunkHasher();

    assertThat(hasher.hash(block, 4096, 4096)).isEqualTo(blockHash);
    assertThat(hasher.hash(block, 4096, FsVerity.CHUNK_SIZE + 4096))
        .isEqualTo(Digest.read(ReferenceVerity.sha256(hashBlock), 0));
  }

  @Test
  void hashingLeavesTheBufferAndWhatFollowsTheChunkAlone() {
    byte[] buffer = Seeds.bytes(new Random(1), 10_000);
    byte[] before = buffer.clone();
    ChunkHasher hasher = new ChunkHasher();
    Digest digest = hasher.hash(buffer, 5000, 5000);
    assertThat(buffer).isEqualTo(before);

    Arrays.fill(buffer, 5000, 10_000, (byte) 0);

    assertThat(hasher.hash(buffer, 5000, 5000)).isEqualTo(digest);
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "-1, 10", "524289, 600000", "11, 10"})
  void refusesAChunkThatCannotBe(int length, long size) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ChunkHasher().hash(new byte[1 << 20], length, size));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "1, 1",
    "524287, 1",
    "524288, 1",
    "524289, 2",
    "1099511627775, 2097152",
    "1099511627776, 2097152"
  })
  void countsChunks(long size, int count) {
    assertThat(FsVerity.chunkCount(size)).isEqualTo(count);
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, (1L << 40) + 1, Long.MAX_VALUE, Long.MIN_VALUE})
  void refusesASizeThatCannotBe(long size) {
    assertThatIllegalArgumentException().isThrownBy(() -> FsVerity.chunkCount(size));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new MerkleEntry(size, Digest.ZERO, new Xxh3(0, 0)));
  }

  @Test
  void theLastChunkIsAsLongAsTheRest() {
    assertThat(FsVerity.chunkLength(1_048_577, 0)).isEqualTo(524_288);
    assertThat(FsVerity.chunkLength(1_048_577, 2)).isEqualTo(1);
    assertThat(FsVerity.chunkLength(1_048_576, 1)).isEqualTo(524_288);
    assertThat(FsVerity.chunkOffset(2_097_151)).isEqualTo((1L << 40) - 524_288);
    assertThatIllegalArgumentException().isThrownBy(() -> FsVerity.chunkLength(1_048_576, 2));
    assertThatIllegalArgumentException().isThrownBy(() -> FsVerity.chunkLength(1_048_576, -1));
  }

  @Test
  void refusesAnotherNumberOfChunksThanTheSizeHas() {
    ChunkDigests two = ChunkDigests.of(List.of(Digest.ZERO, Digest.ZERO));

    assertThatIllegalArgumentException()
        .isThrownBy(() -> FsVerity.digest(524_288, two))
        .withMessage("a file of 524288 bytes has 1 chunks, not 2");
  }

  private static Digest digestOfZeros(long size) {
    ChunkHasher hasher = new ChunkHasher();
    byte[] zeros = new byte[FsVerity.CHUNK_SIZE];
    List<Digest> chunks = new ArrayList<>();
    for (int chunk = 0; chunk < FsVerity.chunkCount(size); chunk++) {
      chunks.add(hasher.hash(zeros, FsVerity.chunkLength(size, chunk), size));
    }
    return FsVerity.digest(size, ChunkDigests.of(chunks));
  }
}
