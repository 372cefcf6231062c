package nexus.install;

import java.io.IOException;

/** A name that no installed app has. */
public final class NoSuchAppException extends IOException {
  private static final long serialVersionUID = 1;

  public NoSuchAppException(String name) {
    super("there is no app \"" + name + "\"; nexus list shows those there are");
  }
}
