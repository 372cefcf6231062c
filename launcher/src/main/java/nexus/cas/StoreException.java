package nexus.cas;

import java.io.IOException;
import nexus.linux.LinuxPath;

/**
 * Why the store could not give or take something. The message is one sentence that names the path.
 */
@SuppressWarnings("serial") // Thrown and caught in one process, never serialized.
public abstract sealed class StoreException extends IOException {
  private StoreException(String message) {
    super(message);
  }

  /** Something is not of the kind, owner or permissions that it must have. */
  public static final class Unsafe extends StoreException {
    Unsafe(String path, String why) {
      super(path + " " + why);
    }
  }

  /** Metadata is truncated, oversized or not in its format. */
  public static final class Malformed extends StoreException {
    public Malformed(String path, String why) {
      super(path + " " + why);
    }
  }

  /** Something that should be there is not. */
  public static final class Missing extends StoreException {
    Missing(String path) {
      super(path + " is missing");
    }
  }

  /** An input tree has something in it that cannot be an app's. */
  public static final class Refused extends StoreException {
    public Refused(LinuxPath path, String why) {
      super(path + " " + why);
    }
  }
}
