package nexus.run;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import nexus.linux.FileCalls;
import nexus.linux.FileType;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.ProcessCalls;
import nexus.linux.Stat;

/**
 * Makes paths canonical, if that is safe: an app that may write to a folder could replace a
 * symbolic link in it and so plant a false store or configuration, while the mounts that protect
 * the real one stay where the link no longer leads.
 */
final class SteadyPath {
  private static final int WRITABLE_BY_OTHERS = 0022;
  private static final int STICKY = 01000;
  private static final int MAX_SYMLINKS = 40;

  private SteadyPath() {}

  /**
   * Returns the path without symbolic links.
   *
   * @throws IOException if there is nothing at the path, or a link on the way lies in a folder that
   *     this user may write to
   */
  static LinuxPath canonical(LinuxPath path) throws IOException {
    Deque<LinuxPath> pending = new ArrayDeque<>(components(path));
    LinuxPath reached = LinuxPath.of("/");
    int links = 0;
    while (!pending.isEmpty()) {
      LinuxPath next = reached.resolve(pending.pop());
      if (FileCalls.statx(OwnedFd.CWD, next).type() != FileType.SYMLINK) {
        reached = next;
        continue;
      }
      LinuxPath target = FileCalls.readlinkat(OwnedFd.CWD, next);
      if (isReplaceable(FileCalls.statx(OwnedFd.CWD, reached))) {
        throw new IOException(
            next
                + " is a symbolic link that an app could replace; use the path "
                + target
                + " itself, in NEXUS_HOME, XDG_CONFIG_HOME or XDG_RUNTIME_DIR");
      }
      if (++links > MAX_SYMLINKS) {
        throw new IOException(path + " has too many symbolic links");
      }
      if (target.isAbsolute()) {
        reached = LinuxPath.of("/");
      }
      components(target).reversed().forEach(pending::push);
    }
    return reached;
  }

  private static boolean isReplaceable(Stat folder) {
    return folder.uid() == ProcessCalls.geteuid()
        || ((folder.permissions() & WRITABLE_BY_OTHERS) != 0
            && (folder.permissions() & STICKY) == 0);
  }

  /** Returns the components; {@code ..} stays one, as the kernel resolves it where it stands. */
  private static List<LinuxPath> components(LinuxPath path) {
    // Bytes as characters of the same value: splits at slashes whatever the encoding.
    return Arrays.stream(new String(path.bytes(), StandardCharsets.ISO_8859_1).split("/"))
        .filter(component -> !component.isEmpty() && !component.equals("."))
        .map(component -> LinuxPath.of(component.getBytes(StandardCharsets.ISO_8859_1)))
        .toList();
  }
}
