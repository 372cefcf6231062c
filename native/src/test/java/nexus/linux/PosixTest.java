package nexus.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Each answer in a JVM of its own, because it depends on who asks. */
final class PosixTest {
  /** Prints the answer. */
  static final class Ask {
    public static void main(String[] args) {
      System.out.println(Posix.homeDirectory());
    }

    private Ask() {}
  }

  @Test
  void knowsTheHomeDirectoryOfTheUserDatabase() throws IOException, InterruptedException {
    String entry =
        Command.output(List.of("sh", "-c", "getent passwd \"$(id -u)\" || echo ::::::")).strip();
    String home = entry.split(":", -1)[5];
    assertThat(Command.output(Command.java(Ask.class)))
        .isEqualTo((home.isEmpty() ? "Optional.empty" : "Optional[" + home + "]") + "\n");
  }

  @Test
  void knowsNoHomeOfAUserWhomTheDatabaseDoesNotKnow() throws IOException, InterruptedException {
    List<String> unshare = List.of("unshare", "--map-user=54321");
    Needs.userNamespaces(unshare);
    assertThat(Command.output(Command.join(unshare, Command.java(Ask.class))))
        .isEqualTo("Optional.empty\n");
  }
}
