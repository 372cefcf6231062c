package nexus.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import nexus.fetch.ProgressLine;

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

  /** Says something that is no result, in one sentence. */
  void say(String sentence) {
    err.println(PREFIX + sentence);
  }

  /** Starts a progress line on standard error; it shows nothing where that is no terminal. */
  ProgressLine progress(String doing) {
    // The client says so; Java itself can only ask about standard input and output.
    Integer columns = Integer.getInteger("nexus.terminal.columns");
    return new ProgressLine(
        text -> {
          if (columns != null) {
            err.print(text);
            err.flush();
          }
        },
        columns == null ? 0 : columns,
        System::nanoTime,
        doing);
  }
}
