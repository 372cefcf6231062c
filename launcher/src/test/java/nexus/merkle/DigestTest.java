package nexus.merkle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DigestTest {

  private static final String HEX =
      "00017f80ff3d248ca542a24fc62d1c43b916eae5016878e2533c88238480b261";

  static LongStream seeds() {
    return Seeds.fixedAndFresh(20);
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void bytesAndHexadecimalDigitsAreTheSameValue(long seed) throws MerkleException {
    byte[] bytes = Seeds.bytes(new Random(seed), 40);
    Digest digest = Digest.read(bytes, 5);

    assertThat(digest.toBytes()).isEqualTo(Arrays.copyOfRange(bytes, 5, 37));
    assertThat(digest.hex()).isEqualTo(HexFormat.of().formatHex(bytes, 5, 37));
    assertThat(Digest.parse(digest.hex())).isEqualTo(digest).hasSameHashCodeAs(digest);
    assertThat(digest).hasToString(digest.hex());
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void isOrderedAsItsHexadecimalDigitsAre(long seed) {
    Random random = new Random(seed);
    // Few distinct bytes, so that the order is decided late as well as early.
    List<Digest> digests =
        Stream.generate(
                () -> {
                  byte[] bytes = new byte[32];
                  bytes[random.nextInt(32)] = (byte) random.nextInt();
                  return Digest.read(bytes, 0);
                })
            .limit(100)
            .toList();

    assertThat(digests.stream().sorted().map(Digest::hex))
        .isEqualTo(digests.stream().map(Digest::hex).sorted().toList());
  }

  @Test
  void differsInEachOfItsBits() {
    byte[] zero = new byte[32];
    for (int bit = 0; bit < 256; bit++) {
      byte[] bytes = new byte[32];
      bytes[bit / 8] = (byte) (1 << bit % 8);
      assertThat(Digest.read(bytes, 0)).isNotEqualTo(Digest.read(zero, 0));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00",
        "00017F80ff3d248ca542a24fc62d1c43b916eae5016878e2533c88238480b261",
        "00017f80ff3d248ca542a24fc62d1c43b916eae5016878e2533c88238480b26",
        "00017f80ff3d248ca542a24fc62d1c43b916eae5016878e2533c88238480b2610",
        " 0017f80ff3d248ca542a24fc62d1c43b916eae5016878e2533c88238480b261",
        "+0017f80ff3d248ca542a24fc62d1c43b916eae5016878e2533c88238480b261",
        "g0017f80ff3d248ca542a24fc62d1c43b916eae5016878e2533c88238480b261",
        "\uff10017f80ff3d248ca542a24fc62d1c43b916eae5016878e2533c88238480b2610"
      })
  void refusesAnyOtherSpelling(String text) {
    assertThatExceptionOfType(MerkleException.MalformedHash.class)
        .isThrownBy(() -> Digest.parse(text))
        .withMessageStartingWith("not 64 hexadecimal digits in lower case: \"" + text)
        .satisfies(e -> assertThat(e.text()).isEqualTo(text));
  }

  @Test
  void refusesALongTextWithAShortMessage() {
    assertThatExceptionOfType(MerkleException.MalformedHash.class)
        .isThrownBy(() -> Digest.parse(HEX.repeat(10_000)))
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(200));
  }
}
