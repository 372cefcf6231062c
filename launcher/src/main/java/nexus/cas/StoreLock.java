package nexus.cas;

import nexus.linux.OwnedFd;

/**
 * The right to change the store, held by one process at a time; closing it gives it up, and so does
 * dying.
 */
public final class StoreLock implements AutoCloseable {
  private final OwnedFd file;

  StoreLock(OwnedFd file) {
    this.file = file;
  }

  @Override
  public void close() {
    file.close();
  }
}
