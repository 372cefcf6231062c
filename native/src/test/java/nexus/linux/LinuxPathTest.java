package nexus.linux;

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

final class LinuxPathTest {
  @Test
  void aDirectoryIsDirectlyFollowedByWhatIsInIt() {
    List<LinuxPath> sorted =
        Arrays.asList(path("a!"), path("a/b"), path("b"), path("a"), path("a/b/c"), path("a/ä"));
    Collections.sort(sorted);
    assertThat(sorted)
        .containsExactly(path("a"), path("a/b"), path("a/b/c"), path("a/ä"), path("a!"), path("b"));
  }

  @Test
  void bytesAreOrderedUnsigned() {
    assertThat(path("z")).isLessThan(path(0x80)).isLessThan(path("ä"));
    assertThat(path(0x80)).isLessThan(path(0xff));
  }

  @Test
  void theEmptyPathIsTheFirst() {
    assertThat(LinuxPath.EMPTY).isLessThan(path("/")).isLessThan(path("\u0001"));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void theOrderIsTotalAndAgreesWithEquals(long seed) {
    var random = new Random(seed);
    for (int i = 0; i < 2_000; i++) {
      LinuxPath a = anyPath(random);
      LinuxPath b = anyPath(random);
      LinuxPath c = anyPath(random);
      assertThat(Integer.signum(a.compareTo(b))).isEqualTo(-Integer.signum(b.compareTo(a)));
      assertThat(a.compareTo(b) == 0).isEqualTo(a.equals(b));
      assertThat(LinuxPath.of(a.bytes())).isEqualTo(a).hasSameHashCodeAs(a);
      if (a.compareTo(b) <= 0 && b.compareTo(c) <= 0) {
        assertThat(a).isLessThanOrEqualTo(c);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void theOrderIsThatOfTheComponentsOneAfterTheOther(long seed) {
    var random = new Random(seed);
    for (int i = 0; i < 2_000; i++) {
      List<LinuxPath> a = anyComponents(random);
      List<LinuxPath> b = anyComponents(random);
      int expected = 0;
      for (int at = 0; expected == 0 && at < Math.min(a.size(), b.size()); at++) {
        expected = Arrays.compareUnsigned(a.get(at).bytes(), b.get(at).bytes());
      }
      if (expected == 0) {
        expected = Integer.compare(a.size(), b.size());
      }
      assertThat(Integer.signum(join(a).compareTo(join(b))))
          .as("%s and %s", a, b)
          .isEqualTo(Integer.signum(expected));
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void parentAndNameMakeThePathAgain(long seed) {
    var random = new Random(seed);
    for (int i = 0; i < 500; i++) {
      LinuxPath relative = join(anyComponents(random));
      assertThat(relative.parent().resolve(relative.name())).isEqualTo(relative);
      LinuxPath absolute = path("/").resolve(relative);
      assertThat(absolute.isAbsolute()).isTrue();
      assertThat(absolute.parent().resolve(absolute.name())).isEqualTo(absolute);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'', '', ''",
    "a, '', a",
    "a/b, a, b",
    "/a, /, a",
    "/a/b, /a, b",
    "/, /, ''",
    "a/, a, ''",
  })
  void theLastSlashPartsParentAndName(String whole, String parent, String name) {
    assertThat(path(whole).parent()).isEqualTo(path(parent));
    assertThat(path(whole).name()).isEqualTo(path(name));
  }

  @ParameterizedTest
  @CsvSource({
    "'', a, a",
    "a, '', a",
    "a, b/c, a/b/c",
    "a/, b, a/b",
    "/, b, /b",
    "'', '', ''",
  })
  void resolvesWithExactlyOneSlash(String first, String second, String joined) {
    assertThat(path(first).resolve(second)).isEqualTo(path(joined));
  }

  @Test
  void doesNotResolveAnAbsolutePath() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> path("a").resolve("/etc"))
        .withMessage("absolute: /etc");
    assertThatIllegalArgumentException().isThrownBy(() -> LinuxPath.EMPTY.resolve("/etc"));
  }

  @Test
  void holdsAnyByteButNul() {
    byte[] all = new byte[255];
    for (int i = 0; i < all.length; i++) {
      all[i] = (byte) (i + 1);
    }
    assertThat(LinuxPath.of(all).bytes()).isEqualTo(all);
    assertThat(LinuxPath.of(all).length()).isEqualTo(255);
    assertThat(LinuxPath.of(all).terminated()).startsWith(all).hasSize(256).endsWith(0);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> path("a\0b"))
        .withMessage("NUL in path a\\x00b");
  }

  @Test
  void doesNotTurnHalfASurrogatePairIntoAQuestionMark() {
    assertThat(path("\ud83d\ude00").length()).isEqualTo(4);
    assertThatIllegalArgumentException().isThrownBy(() -> path("a\ud83d"));
  }

  @Test
  void sharesNoBytesWithItsCallers() {
    byte[] bytes = {'a'};
    LinuxPath path = LinuxPath.of(bytes);
    bytes[0] = 'b';
    path.bytes()[0] = 'c';
    path.terminated()[0] = 'd';
    assertThat(path).isEqualTo(path("a"));
  }

  @Test
  void printsUtf8AsItIs() {
    assertThat(path("Grüße/日本 \\ \"x\"")).hasToString("Grüße/日本 \\ \"x\"");
  }

  @Test
  void printsWhatCouldSpeakToATerminalAsBytes() {
    assertThat(path("a\u001b[2J")).hasToString("a\\x1b[2J");
    assertThat(path("a\nb\tc\u007f")).hasToString("a\\x0ab\\x09c\\x7f");
    assertThat(path("\u009b2J")).hasToString("\\xc2\\x9b2J");
    assertThat(path(0x9b)).hasToString("\\x9b");
  }

  @Test
  void printsWhatCouldTurnTheLineAroundAsBytes() {
    assertThat(path("txt\u202egpj")).hasToString("txt\\xe2\\x80\\xaegpj");
    assertThat(path("a\u2028b")).hasToString("a\\xe2\\x80\\xa8b");
    assertThat(path("a\ud83d\ude00")).hasToString("a\ud83d\ude00");
    assertThat(path("a\udb40\udc41")).hasToString("a\\xf3\\xa0\\x81\\x81");
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void neverPrintsAControlCharacter(long seed) {
    var random = new Random(seed);
    for (int i = 0; i < 500; i++) {
      byte[] bytes = new byte[random.nextInt(6)];
      random.nextBytes(bytes);
      for (int at = 0; at < bytes.length; at++) {
        bytes[at] = bytes[at] == 0 ? 1 : bytes[at];
      }
      assertThat(LinuxPath.of(bytes).toString().chars()).noneMatch(Character::isISOControl);
    }
  }

  /** Some that never change and one that is new each time; the test's name shows it. */
  static LongStream seeds() {
    return LongStream.concat(LongStream.range(0, 5), LongStream.of(System.nanoTime()));
  }

  private static LinuxPath anyPath(Random random) {
    byte[] bytes = new byte[random.nextInt(4)];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = anyByte(random);
    }
    return LinuxPath.of(bytes);
  }

  private static List<LinuxPath> anyComponents(Random random) {
    var components = new ArrayList<LinuxPath>();
    for (int i = random.nextInt(3); i >= 0; i--) {
      byte[] name = new byte[1 + random.nextInt(2)];
      for (int at = 0; at < name.length; at++) {
        byte any = anyByte(random);
        name[at] = any == '/' ? (byte) 'x' : any;
      }
      components.add(LinuxPath.of(name));
    }
    return components;
  }

  /** Few different bytes, so that paths often share a prefix. */
  private static byte anyByte(Random random) {
    byte[] few = {1, '.', '/', '0', 'a', (byte) 0x80, (byte) 0xff};
    return few[random.nextInt(few.length)];
  }

  private static LinuxPath join(List<LinuxPath> components) {
    return components.stream().reduce(LinuxPath.EMPTY, LinuxPath::resolve);
  }

  private static LinuxPath path(String text) {
    return LinuxPath.of(text);
  }

  private static LinuxPath path(int... bytes) {
    String latin = new String(bytes, 0, bytes.length);
    return LinuxPath.of(latin.getBytes(StandardCharsets.ISO_8859_1));
  }
}
