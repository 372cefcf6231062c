package nexus.cas;

import static nexus.linux.Constants.O_DIRECTORY;
import static nexus.linux.Constants.O_PATH;

import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import nexus.linux.FileCalls;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.ProcessCalls;
import nexus.linux.SyscallException;

/**
 * Where a user's files are, by the XDG Base Directory Specification 0.8. Relative paths in those
 * variables are ignored, as it says.
 *
 * @param nexusHome {@code $NEXUS_HOME}, else {@code $XDG_DATA_HOME/nexus}, else {@code
 *     ~/.local/share/nexus}
 * @param config {@code $XDG_CONFIG_HOME/nexus}, else {@code ~/.config/nexus}
 * @param runtime {@code $XDG_RUNTIME_DIR/nexus}; empty if the variable names no directory
 * @param userHome the user's home directory
 */
public record Folders(
    LinuxPath nexusHome, LinuxPath config, Optional<LinuxPath> runtime, LinuxPath userHome) {

  /**
   * Returns the folders that these environment variables name.
   *
   * @param passwd the home directory by the user database, asked where {@code HOME} is not set
   */
  public static Folders of(Map<String, String> environment, Supplier<Optional<String>> passwd)
      throws IOException {
    LinuxPath userHome =
        absolute(environment, "HOME")
            .or(() -> passwd.get().map(LinuxPath::of).filter(LinuxPath::isAbsolute))
            .orElseThrow(
                () -> new IOException("HOME is not set, and this user has no home directory"));
    String given = environment.getOrDefault("NEXUS_HOME", "");
    if (!given.isEmpty() && !given.startsWith("/")) {
      throw new IOException("NEXUS_HOME is not an absolute path: " + LinuxPath.of(given));
    }
    LinuxPath nexusHome =
        absolute(environment, "NEXUS_HOME")
            .orElseGet(
                () ->
                    absolute(environment, "XDG_DATA_HOME")
                        .orElse(userHome.resolve(".local/share"))
                        .resolve("nexus"));
    LinuxPath config =
        absolute(environment, "XDG_CONFIG_HOME")
            .orElse(userHome.resolve(".config"))
            .resolve("nexus");
    return new Folders(
        nexusHome,
        config,
        absolute(environment, "XDG_RUNTIME_DIR")
            .filter(Folders::isDirectory)
            .map(dir -> dir.resolve("nexus")),
        userHome);
  }

  /**
   * Returns every folder in which a client may look for this user's agent: the one of {@link
   * #runtime}, and those that clients with another environment would choose. A client without
   * {@code XDG_RUNTIME_DIR}, as cron starts it, looks in {@code /tmp/nexus-UID}; one of a login
   * session in {@code /run/user/UID/nexus}.
   */
  public Set<LinuxPath> agents() {
    var folders = new LinkedHashSet<LinuxPath>();
    runtime.ifPresent(folders::add);
    int uid = ProcessCalls.geteuid();
    folders.add(LinuxPath.of("/tmp/nexus-" + Integer.toUnsignedString(uid)));
    LinuxPath session = LinuxPath.of("/run/user/" + Integer.toUnsignedString(uid));
    if (isDirectory(session)) {
      folders.add(session.resolve("nexus"));
    }
    return folders;
  }

  private static boolean isDirectory(LinuxPath path) {
    try (OwnedFd _ = FileCalls.openat2(OwnedFd.CWD, path, O_PATH | O_DIRECTORY, 0, 0)) {
      return true;
    } catch (SyscallException e) {
      // Whatever the reason, nobody can have a socket there.
      return false;
    }
  }

  private static Optional<LinuxPath> absolute(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name))
        .filter(value -> value.startsWith("/"))
        .map(LinuxPath::of);
  }
}
