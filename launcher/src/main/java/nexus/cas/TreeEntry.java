package nexus.cas;

import nexus.linux.LinuxPath;
import nexus.merkle.MerkleEntry;

/** One path of a tree. */
public sealed interface TreeEntry {
  /**
   * Returns the path, relative to the tree's root: components without {@code .}, {@code ..} and
   * empty ones.
   */
  LinuxPath path();

  /** A directory. Its own mode is not kept: in a checkout it is 0755. */
  record Directory(LinuxPath path) implements TreeEntry {}

  /**
   * A regular file.
   *
   * @param executable whether anybody may execute it: 0555 in a checkout, else 0444
   */
  record RegularFile(LinuxPath path, boolean executable, MerkleEntry content) implements TreeEntry {
    /** Returns the object that this file is a hard link to. */
    public ObjectId object() {
      return new ObjectId(content.verity(), executable);
    }
  }

  /**
   * A symbolic link.
   *
   * @param target kept as text, never followed by Nexus
   */
  record Symlink(LinuxPath path, LinuxPath target) implements TreeEntry {}
}
