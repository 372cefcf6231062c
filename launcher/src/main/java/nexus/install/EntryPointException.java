package nexus.install;

import java.io.IOException;
import nexus.cas.TreeEntry;
import nexus.cas.TreeManifest;
import nexus.linux.LinuxPath;

/** An entry point that is no program of the imported directory. */
public final class EntryPointException extends IOException {
  private static final long serialVersionUID = 1;

  EntryPointException(LinuxPath source, LinuxPath entrypoint, TreeManifest manifest) {
    super("the entry point " + entrypoint + " " + why(source, entrypoint, manifest));
  }

  private static String why(LinuxPath source, LinuxPath entrypoint, TreeManifest manifest) {
    if (entrypoint.isAbsolute()) {
      return "is absolute; give it relative to " + source;
    }
    if (manifest.resolve(entrypoint).isPresent()) {
      return "is not executable; run chmod +x on it";
    }
    return switch (manifest.find(entrypoint).orElse(null)) {
      case null -> "is not in " + source;
      case TreeEntry.Directory _ -> "is a directory; name the program in it";
      case TreeEntry.RegularFile _ -> throw new IllegalStateException("resolves: " + entrypoint);
      case TreeEntry.Symlink link ->
          "is a symbolic link to " + link.target() + ", which is no program in " + source;
    };
  }
}
