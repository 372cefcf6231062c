package nexus.linux;

import java.util.Optional;
import jnr.posix.POSIX;
import jnr.posix.POSIXFactory;
import jnr.posix.Passwd;

/**
 * The user database, through jnr-posix. It generates classes when it starts, which takes longer
 * than a launch: not for the launch path.
 */
public final class Posix {
  private static final POSIX SYSTEM = POSIXFactory.getNativePOSIX();

  private Posix() {}

  /**
   * Returns the home directory of the user database, getpwuid(3); empty if the database does not
   * know the user.
   */
  public static Optional<String> homeDirectory() {
    Passwd entry = SYSTEM.getpwuid(SYSTEM.getuid());
    return entry == null ? Optional.empty() : Optional.of(entry.getHome());
  }
}
