package nexus.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

final class DumpableTest {
  /** Has another process of the same user look at this one before and after. */
  static final class Target {
    public static void main(String[] args) throws IOException, InterruptedException {
      System.out.println(dumpable() + " " + isVisible());
      ProcessCalls.setNotDumpable();
      System.out.println(dumpable() + " " + isVisible());
    }

    private static long dumpable() {
      return LibC.prctl(TestLibC.PR_GET_DUMPABLE, 0, 0, 0, 0);
    }

    private static boolean isVisible() {
      return Command.succeeds(List.of("sh", "-c", "readlink /proc/$PPID/exe"));
    }

    private Target() {}
  }

  @Test
  void anotherProcessOfTheUserNoLongerLooksIn() throws IOException, InterruptedException {
    // As a user without capabilities, who would see everything.
    List<String> unshare = List.of("unshare", "--map-user=54321");
    Needs.userNamespaces(unshare);
    assertThat(Command.output(Command.join(unshare, Command.java(Target.class))))
        .isEqualTo("1 true\n0 false\n");
  }
}
