package nexus.merkle;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Real files, hashed by this package and by programs of other authors. */
final class CrossCheckTest {

  private static final int RANDOM_SIZES = 40;

  @TempDir Path folder;

  static LongStream seeds() {
    return LongStream.of(1, new SplittableRandom().nextLong());
  }

  @BeforeEach
  void requireTools() {
    ExternalTool.FSVERITY.require();
    ExternalTool.XXHSUM.require();
  }

  @Test
  void agreesAroundEveryEdgeOfBlockAndChunk() throws Exception {
    int[] sizes = {
      0, 1, 4095, 4096, 4097, 8191, 8192, 8193, 524_287, 524_288, 524_289, 1_048_575, 1_048_577
    };
    Random random = new Random(1);
    List<Path> files = new ArrayList<>();
    for (int size : sizes) {
      files.add(write(random, size));
    }
    assertAgreement(files);
  }

  @ParameterizedTest(name = "{0} bytes")
  @ValueSource(ints = {(64 << 20) - 1, 64 << 20, (64 << 20) + 1})
  void agreesAroundTheThirdLevelOfTheTree(int size) throws Exception {
    assertAgreement(List.of(write(new Random(1), size)));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void agreesOnRandomSizes(long seed) throws Exception {
    Random random = new Random(seed);
    List<Path> files = new ArrayList<>();
    for (int file = 0; file < RANDOM_SIZES; file++) {
      files.add(write(random, Seeds.size(random, 3 << 20)));
    }
    assertAgreement(files);
  }

  private Path write(Random random, int size) throws IOException {
    Path file = Files.createTempFile(folder, size + "-", ".bin");
    return Files.write(file, Seeds.bytes(random, size));
  }

  private static void assertAgreement(List<Path> files) throws Exception {
    List<String> verity = new ArrayList<>();
    List<String> xxh3 = new ArrayList<>();
    try (ParallelHasher hasher = new ParallelHasher(2)) {
      for (Path file : files) {
        try (FileChannel channel = FileChannel.open(file)) {
          HashResult.Hashed hashed = hasher.hash(source(channel), channel.size());
          hashed.map().verify(hashed.entry().verity());
          verity.add(hashed.entry().verity().hex());
          xxh3.add(hashed.entry().xxh3().hex());
        }
      }
    }
    assertThat(verity).isEqualTo(ExternalTool.FSVERITY.hashes(files));
    assertThat(xxh3).isEqualTo(ExternalTool.XXHSUM.hashes(files));
  }

  private static ByteSource source(FileChannel channel) {
    return (offset, buffer, length) -> {
      ByteBuffer target = ByteBuffer.wrap(buffer, 0, length);
      while (target.hasRemaining() && channel.read(target, offset + target.position()) >= 0) {}
      return target.position();
    };
  }
}
