package nexus.cas;

import nexus.linux.LinuxPath;
import nexus.merkle.Verdict;

/** One thing in a checkout that is not as the tree manifest says. */
public sealed interface Finding {
  /** Returns the path, relative to the checkout. */
  LinuxPath path();

  /** Returns what is wrong, as the rest of a sentence that begins with the path. */
  String problem();

  /**
   * A regular file with other bytes.
   *
   * @param file what the manifest says
   * @param verdict anything but {@link Verdict.Good}
   */
  record TaintedFile(TreeEntry.RegularFile file, Verdict verdict) implements Finding {
    @Override
    public LinuxPath path() {
      return file.path();
    }

    @Override
    public String problem() {
      return switch (verdict) {
        case Verdict.Good _ -> throw new IllegalStateException("good: " + file.path());
        case Verdict.Unreadable unreadable -> "cannot be read: " + unreadable.cause().getMessage();
        case Verdict.Tainted tainted ->
            switch (tainted.length()) {
                  case SHORT -> "is too short, ";
                  case LONG -> "is too long, ";
                  case EXACT -> "";
                }
                + chunks(tainted);
      };
    }

    private static String chunks(Verdict.Tainted tainted) {
      return switch (tainted) {
        case Verdict.TaintedFile _ -> "has other content than its digest says";
        case Verdict.TaintedChunks some ->
            "has "
                + some.chunks().size()
                + (some.chunks().size() == 1 ? " tainted chunk: " : " tainted chunks: ")
                + String.join(
                    ", ",
                    some.chunks().stream().map(chunk -> Integer.toString(chunk.index())).toList());
      };
    }
  }

  /**
   * Something that should be there and is not.
   *
   * @param expected what the manifest says
   */
  record Missing(TreeEntry expected) implements Finding {
    @Override
    public LinuxPath path() {
      return expected.path();
    }

    @Override
    public String problem() {
      return "is missing";
    }
  }

  /** Something that is there and should not be. */
  record Unexpected(LinuxPath path, String found) implements Finding {
    @Override
    public String problem() {
      return "is " + found + " that does not belong there";
    }
  }

  /**
   * Something of the wrong type, with the wrong permissions, or a symbolic link to elsewhere.
   *
   * @param expected what the manifest says
   * @param found what is there, such as {@code a fifo}
   */
  record WrongKind(TreeEntry expected, String found) implements Finding {
    @Override
    public LinuxPath path() {
      return expected.path();
    }

    @Override
    public String problem() {
      return "is " + found;
    }
  }
}
