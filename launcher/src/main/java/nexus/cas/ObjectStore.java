package nexus.cas;

import java.util.Optional;
import nexus.linux.Errno;
import nexus.linux.FileCalls;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.SyscallException;

/**
 * The contents of files, named by their fs-verity digest. That an object is there does not mean
 * that its bytes are right: who uses them verifies them.
 */
public final class ObjectStore {
  /**
   * Modification time of every object, in seconds since the epoch: the content says everything, its
   * age nothing.
   */
  static final long MODIFIED = 1;

  private final NexusHome home;

  public ObjectStore(NexusHome home) {
    this.home = home;
  }

  /** Opens an object, to be closed by the caller; empty if there is none. */
  public Optional<Gate.Opened> open(ObjectId id) throws StoreException, SyscallException {
    try {
      return Optional.of(Gate.open(home.objects(), id.path()));
    } catch (StoreException.Missing e) {
      return Optional.empty();
    }
  }

  /** Makes the folders that objects are renamed into. The caller holds the {@link StoreLock}. */
  public void prepare() throws SyscallException {
    Fanout.makeFolders(home.objects());
  }

  /**
   * Gives a file, whose content the caller has verified and made durable, its name as an object, in
   * the place of what had that name before.
   */
  public void place(Staging.StagedFile file, ObjectId id) throws SyscallException {
    file.rename(home.objects(), id.path());
  }

  /** Makes an object's hard link at a path that does not exist. */
  public void link(ObjectId id, OwnedFd dir, LinuxPath path)
      throws StoreException, SyscallException {
    try {
      FileCalls.linkat(home.objects(), id.path(), dir, path);
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT)) {
        throw new StoreException.Missing(home.objects().description() + "/" + id.path());
      }
      throw e;
    }
  }

  /** Lends {@code cas/objects}, below which {@link #path} leads to an object. */
  public OwnedFd directory() {
    return home.objects();
  }

  /** Returns an object's path below {@link #directory}. */
  public static LinuxPath path(ObjectId id) {
    return id.path();
  }
}
