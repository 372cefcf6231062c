package nexus.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PlanPathTest {
  private static PlanPath path(String text) {
    return PlanPath.of(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/a", "/a/b", "/...", "/.a", "/a b"})
  void pathWithoutDetoursIsNormal(String text) {
    assertThat(path(text).isNormal()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a", "//", "/a/", "/a//b", "/.", "/a/./b", "/..", "/a/../b", "./a"})
  void anyOtherPathIsNot(String text) {
    assertThat(path(text).isNormal()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "/a, /a, true",
    "/a/b, /a, true",
    "/ab, /a, false",
    "/a, /a/b, false",
    "/a, /, true",
    "/, /, true",
    "/, /a, false"
  })
  void isWithinWholeComponentsOnly(String inner, String outer, boolean within) {
    assertThat(path(inner).isWithin(path(outer))).isEqualTo(within);
  }

  @ParameterizedTest
  @CsvSource({"/a/b/c, /a, b/c", "/a, /, a", "/a, /a, ''", "/, /, ''"})
  void wayBelowAFolderLeadsBack(String inner, String outer, String way) {
    assertThat(path(inner).below(path(outer))).isEqualTo(path(way));
    assertThat(path(outer).resolve(way)).isEqualTo(path(inner));
  }

  @Test
  void descentLeavesOutTheRoot() {
    assertThat(path("/a/b/c").descent()).containsExactly(path("/a"), path("/a/b"), path("/a/b/c"));
    assertThat(PlanPath.ROOT.descent()).isEmpty();
  }

  @Test
  void keepsBytesThatAreNotText() {
    byte[] bytes = {'/', (byte) 0xff, 0x1b, 'a'};
    assertThat(PlanPath.of(bytes).bytes()).isEqualTo(bytes);
    assertThat(PlanPath.of(bytes)).hasToString("/\\xff\\x1ba");
    assertThat(path("/Dokumente/Äpfel")).hasToString("/Dokumente/Äpfel");
  }

  @Test
  void refusesNul() {
    assertThatIllegalArgumentException().isThrownBy(() -> path("/a\0b"));
  }

  @Test
  void folderIsDirectlyFollowedByWhatIsInIt() {
    List<PlanPath> sorted =
        Stream.of("/a-b", "/a/b", "/a", "/a b", "/", "/a/a").map(PlanPath::of).sorted().toList();
    assertThat(sorted)
        .extracting(PlanPath::toString)
        .containsExactly("/", "/a", "/a/a", "/a/b", "/a b", "/a-b");
  }
}
