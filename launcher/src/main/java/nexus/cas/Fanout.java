package nexus.cas;

import java.util.HexFormat;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.SyscallException;
import nexus.merkle.Digest;

/**
 * Folders of at most 256 folders {@code 00} to {@code ff}, in which files are named by their
 * digest.
 */
final class Fanout {
  private static final int PREFIX_DIGITS = 2;

  private Fanout() {}

  /** Returns {@code ab/cdef…} and the suffix. */
  static LinuxPath path(Digest digest, String suffix) {
    String hex = digest.hex();
    return LinuxPath.of(
        hex.substring(0, PREFIX_DIGITS) + "/" + hex.substring(PREFIX_DIGITS) + suffix);
  }

  /** Makes the folders that are not there yet. */
  static void makeFolders(OwnedFd dir) throws SyscallException {
    for (int i = 0; i < 256; i++) {
      NexusHome.make(dir, LinuxPath.of(HexFormat.of().toHexDigits((byte) i)));
    }
  }
}
