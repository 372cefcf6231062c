package nexus.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import nexus.fetch.ProgressLine;
import nexus.linux.Posix;

/** Standard output for results, standard error for everything else. */
final class Terminal {
  private static final String PREFIX = "nexus: ";

  private final PrintStream out = stream(FileDescriptor.out);
  private final PrintStream err = stream(FileDescriptor.err);

  private static PrintStream stream(FileDescriptor descriptor) {
    return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
  }

  PrintStream out() {
    return out;
  }

  PrintStream err() {
    return err;
  }

  /** Says that the command failed, in one sentence. */
  void fail(String sentence) {
    err.println(PREFIX + sentence);
  }

  /** Says something that is no result. */
  void say(String sentence) {
    err.println(PREFIX + sentence);
  }

  /** Starts a progress line on standard error; it shows nothing where that is no terminal. */
  ProgressLine progress(String doing) {
    boolean shown = Posix.isStandardErrorTerminal();
    return new ProgressLine(
        text -> {
          if (shown) {
            err.print(text);
            err.flush();
          }
        },
        columns(),
        System::nanoTime,
        doing);
  }

  private static int columns() {
    try {
      return Integer.parseInt(System.getenv().getOrDefault("COLUMNS", "0"));
    } catch (NumberFormatException e) {
      return 0;
    }
  }
}
