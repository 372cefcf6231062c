package nexus.it;

import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
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

  /** A program that is on the path. */
  static void program(String name) {
    that(succeeds(List.of("sh", "-c", "command -v \"$0\"", name)), "the program " + name);
  }

  static void root() {
    // Not a lack of the machine: the same tests are run as root and as somebody else.
    Assumptions.assumeTrue(User.isRoot(), "the tests do not run as root");
  }

  /** A user namespace with a mount namespace in it. */
  static void mountNamespaces() {
    that(succeeds(List.of("unshare", "-Urm", "true")), "user namespaces: unshare -Urm");
  }

  private static boolean succeeds(List<String> command) {
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private Needs() {}
}
