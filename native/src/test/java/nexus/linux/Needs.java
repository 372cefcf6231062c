package nexus.linux;

import static org.assertj.core.api.Assertions.fail;

import java.util.List;
import org.junit.jupiter.api.Assumptions;

/**
 * What a test needs of the machine. Where it is missing the test is skipped, and fails if the
 * environment says {@code NEXUS_TEST_MUST_WORK=1}.
 */
final class Needs {
  static void that(boolean present, String what) {
    if (!present && "1".equals(System.getenv("NEXUS_TEST_MUST_WORK"))) {
      fail("NEXUS_TEST_MUST_WORK=1, and this machine lacks " + what);
    }
    Assumptions.assumeTrue(present, "this machine lacks " + what);
  }

  static void compiler() {
    that(Command.succeeds(List.of("cc", "--version")), "a C compiler");
  }

  /** A command line that runs the rest of it in another user namespace, such as unshare(1). */
  static void userNamespaces(List<String> unshare) {
    that(
        Command.succeeds(Command.join(unshare, List.of("true"))),
        "user namespaces: " + String.join(" ", unshare));
  }

  private Needs() {}
}
