package nexus.merkle;

import java.io.Closeable;

/** A {@link ByteSource} that holds something open, and its owner closes once. */
public interface OpenSource extends ByteSource, Closeable {}
