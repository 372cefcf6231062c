package nexus.cas;

import nexus.linux.LinuxPath;
import nexus.merkle.Digest;

/**
 * The name of an object: its content's fs-verity digest, and which of the two inodes that may have
 * this content, as hard links share their mode.
 */
public record ObjectId(Digest digest, boolean executable) {
  /** Returns the other inode's name. */
  public ObjectId twin() {
    return new ObjectId(digest, !executable);
  }

  /** Returns the permissions of the object, 0555 or 0444: a guard rail, no protection. */
  public int permissions() {
    return executable ? 0555 : 0444;
  }

  /** Returns the path below {@code cas/objects}. */
  LinuxPath path() {
    return Fanout.path(digest, executable ? ".x" : "");
  }
}
