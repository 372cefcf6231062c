package nexus.merkle;

/** Why bytes or text that came from outside are not what this package can believe. */
@SuppressWarnings("serial") // Thrown and caught in one process, never serialized.
public abstract sealed class MerkleException extends Exception {

  private MerkleException(String message) {
    super(message);
  }

  /** A text is not a hash value in lower-case hexadecimal digits. */
  public static final class MalformedHash extends MerkleException {

    private static final int SHOWN_CHARACTERS = 80;

    private final String text;

    MalformedHash(String text, int digits) {
      super(
          "not "
              + digits
              + " hexadecimal digits in lower case: \""
              + text.substring(0, Math.min(text.length(), SHOWN_CHARACTERS))
              + "\" ("
              + text.length()
              + " characters)");
      this.text = text;
    }

    /** The whole text that was refused. */
    public String text() {
      return text;
    }
  }

  /** Bytes are not the encoding of a chunk map of the file in question. */
  public static final class MalformedChunkMap extends MerkleException {
    MalformedChunkMap(String message) {
      super("chunk map " + message);
    }
  }

  /** A chunk map is well formed, but of other content than the object it was kept for. */
  public static final class ForgedChunkMap extends MerkleException {

    private final Digest expected;
    private final Digest found;

    ForgedChunkMap(Digest expected, Digest found) {
      super("chunk map does not belong to object " + expected + ": it folds to " + found);
      this.expected = expected;
      this.found = found;
    }

    /** The object's digest. */
    public Digest expected() {
      return expected;
    }

    /** The digest that the map's chunks fold to. */
    public Digest found() {
      return found;
    }
  }

  /** A source is shorter or longer than its file was said to be: it changed meanwhile. */
  public static final class WrongSize extends MerkleException {

    private final long expected;
    private final Length length;

    WrongSize(long expected, Length length) {
      super(
          "expected "
              + expected
              + " bytes, found "
              + switch (length) {
                case SHORT -> "fewer";
                case LONG -> "more";
                case EXACT -> throw new IllegalArgumentException("the size is right");
              });
      this.expected = expected;
      this.length = length;
    }

    /** The expected size, in bytes. */
    public long expected() {
      return expected;
    }

    /** {@link Length#SHORT} or {@link Length#LONG}. */
    public Length length() {
      return length;
    }
  }
}
