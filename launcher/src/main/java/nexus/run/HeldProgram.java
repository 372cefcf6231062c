package nexus.run;

import java.io.IOException;
import java.util.Optional;
import nexus.cas.Gate;
import nexus.cas.StoreException;
import nexus.linux.FileCalls;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.Stat;
import nexus.linux.SyscallException;

/**
 * An app's program, opened before it is verified and guarded by a read lease where there can be one: somebody who has it open
 * for writing, or a file system without leases, leaves it unguarded.
 *
 * @param opened in the checkout, owned by this
 * @param guarded whether the lease was taken, which is to say before anything was read
 */
record HeldProgram(Gate.Opened opened, boolean guarded) implements AutoCloseable {

  /** Opens and guards; empty if there is no regular file at the path. */
  static Optional<HeldProgram> open(OwnedFd checkout, LinuxPath path) throws IOException {
    Gate.Opened opened;
    try {
      opened = Gate.open(checkout, path);
    } catch (StoreException e) {
      return Optional.empty();
    }
    return Optional.of(new HeldProgram(opened, lease(opened.fd())));
  }

  private static boolean lease(OwnedFd fd) {
    try {
      FileCalls.setReadLease(fd);
      return true;
    } catch (SyscallException e) {
      // EAGAIN: open for writing somewhere. EINVAL and others: not on this file system. Either way
      // it cannot be guarded, which is what the caller has to know.
      return false;
    }
  }

  /** Returns whether this inode is what {@code executable} has open, and nobody has opened it for writing since it was guarded. */
  boolean isUntouched(OwnedFd executable) throws SyscallException {
    Stat.FileId id = FileCalls.statx(executable).id();
    return guarded && FileCalls.hasReadLease(opened.fd()) && id.equals(opened.stat().id());
  }

  @Override
  public void close() {
    opened.close();
  }
}
