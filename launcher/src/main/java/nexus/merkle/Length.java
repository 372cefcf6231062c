package nexus.merkle;

/** How a source's length compares with the length it should have. */
public enum Length {
  /** As many bytes as expected. */
  EXACT,
  /** The source ended early. */
  SHORT,
  /** The source goes on after its last expected byte. */
  LONG
}
