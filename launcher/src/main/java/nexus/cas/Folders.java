package nexus.cas;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import nexus.linux.LinuxPath;

/**
 * Where a user's files are, by the XDG Base Directory Specification 0.8. Relative paths in those
 * variables are ignored, as it says.
 *
 * @param nexusHome {@code $NEXUS_HOME}, else {@code $XDG_DATA_HOME/nexus}, else {@code
 *     ~/.local/share/nexus}
 * @param config {@code $XDG_CONFIG_HOME/nexus}, else {@code ~/.config/nexus}
 * @param runtime {@code $XDG_RUNTIME_DIR/nexus}; empty if the user has no such directory
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
        absolute(environment, "XDG_RUNTIME_DIR").map(dir -> dir.resolve("nexus")),
        userHome);
  }

  private static Optional<LinuxPath> absolute(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name))
        .filter(value -> value.startsWith("/"))
        .map(LinuxPath::of);
  }
}
