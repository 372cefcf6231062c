package nexus.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class MirrorUrlTest {
  @ParameterizedTest
  @CsvSource({
    "https://example.org/nexus/, https://example.org/nexus",
    "HTTP://example.org, http://example.org",
    "http://[::1]:8080/a//, http://[::1]:8080/a",
    "file:///srv/mirror/, file:///srv/mirror",
    "file:/srv/mirror, file:///srv/mirror",
    "file://localhost/srv/a%20b, file:///srv/a%20b",
    "file:///, file:///",
  })
  void hasOneSpelling(String text, String expected) throws Exception {
    assertThat(MirrorUrl.parse(text)).hasToString(expected);
    assertThat(MirrorUrl.parse(expected)).isEqualTo(MirrorUrl.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "mirror",
        "/srv/mirror",
        "ftp://example.org/",
        "jar:file:///a!/b",
        "file:relative",
        "file://host/share",
        "http:example.org",
        "http:///path",
        "http://user:secret@example.org/",
        "https://example.org/?a=b",
        "https://example.org/#a",
        "http://exa mple.org/",
        "file:///srv/a%00b",
        "http://example.org/\u001b[31m",
      })
  void refusesWhatIsNoMirror(String text) {
    assertThatExceptionOfType(FetchException.BadAddress.class)
        .isThrownBy(() -> MirrorUrl.parse(text))
        .extracting(e -> String.valueOf(e.getMessage()))
        .satisfies(message -> assertThat(message.chars()).noneMatch(Character::isISOControl));
  }

  @Test
  void saysWhatToWriteInsteadOfAPath() {
    assertThatExceptionOfType(FetchException.BadAddress.class)
        .isThrownBy(() -> MirrorUrl.parse("/srv/mirror"))
        .withMessage("/srv/mirror is a path; write file:///srv/mirror for a mirror in a folder");
  }

  @Test
  void refusesALongAddress() {
    assertThatExceptionOfType(FetchException.BadAddress.class)
        .isThrownBy(() -> MirrorUrl.parse("http://example.org/" + "a".repeat(3000)))
        .withMessageEndingWith("… is longer than 2048 characters");
  }
}
