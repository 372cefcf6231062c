package nexus.merkle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class Xxh3Test {

  /** What {@code xxhsum -H2} prints for an empty file. */
  private static final String EMPTY = "99aa06d3014798d86001c324468d497f";

  @Test
  void isPrintedAsXxhsumPrintsIt() {
    assertThat(Xxh3.of(new byte[0], 0).hex()).isEqualTo(EMPTY);
    assertThat(Xxh3.of(new byte[0], 0)).hasToString(EMPTY);
  }

  @Test
  void isReadFromWhatItPrints() throws MerkleException {
    assertThat(Xxh3.parse(EMPTY)).isEqualTo(new Xxh3(0x99aa06d3014798d8L, 0x6001c324468d497fL));
  }

  @Test
  void coversOnlyTheBytesAskedFor() {
    assertThat(Xxh3.of(new byte[] {1, 2, 3}, 2)).isEqualTo(Xxh3.of(new byte[] {1, 2}, 2));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "99AA06d3014798d86001c324468d497f",
        "99aa06d3014798d86001c324468d497",
        "99aa06d3014798d86001c324468d497f0"
      })
  void refusesAnyOtherSpelling(String text) {
    assertThatExceptionOfType(MerkleException.MalformedHash.class)
        .isThrownBy(() -> Xxh3.parse(text))
        .withMessageStartingWith("not 32 hexadecimal digits");
  }
}
