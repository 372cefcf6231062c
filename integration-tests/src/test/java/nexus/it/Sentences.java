package nexus.it;

import static org.assertj.core.api.Assertions.assertThat;

/** How failures are to be said. */
final class Sentences {
  private Sentences() {}

  /**
   * Asserts that a command failed with this status, and said why in one sentence that has these
   * words in it.
   */
  static void assertRefused(Outcome outcome, int status, String... words) {
    assertThat(outcome.status()).as(outcome::toString).isEqualTo(status);
    assertThat(outcome.out()).as(outcome::toString).isEmpty();
    assertSentence(outcome);
    assertThat(outcome.err()).contains(words);
  }

  /** Asserts that standard error is one line, {@code nexus: …}, in words and printable. */
  static void assertSentence(Outcome outcome) {
    assertThat(outcome.err()).as(outcome::toString).startsWith("nexus: ").endsWith("\n");
    assertThat(outcome.err().strip().lines()).as(outcome::toString).hasSize(1);
    assertReadable(outcome);
  }

  /**
   * Asserts that whatever was said is for people: no stack trace, nothing that a terminal obeys.
   */
  static void assertReadable(Outcome outcome) {
    assertThat(outcome.err())
        .as(outcome::toString)
        .doesNotContain("\tat ", "Exception", " null ")
        .matches("[^\\x00-\\x09\\x0b-\\x1f\\x7f]*");
  }
}
