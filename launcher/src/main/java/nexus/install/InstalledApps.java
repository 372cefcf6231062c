package nexus.install;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import nexus.cas.Gate;
import nexus.cas.NexusHome;
import nexus.cas.Staging;
import nexus.cas.StoreException;
import nexus.linux.DirectoryEntry;
import nexus.linux.Errno;
import nexus.linux.FileCalls;
import nexus.linux.LinuxPath;
import nexus.linux.SyscallException;
import nexus.trust.Release;
import nexus.trust.ReleaseEnvelope;

/** The records {@code state/installed/<app>.json}: one release envelope for each app. */
public final class InstalledApps {
  private static final String SUFFIX = ".json";

  private final NexusHome home;

  public InstalledApps(NexusHome home) {
    this.home = home;
  }

  /** Returns an app's release; empty if there is no such app. */
  public Optional<ReleaseEnvelope> find(String name) throws IOException {
    Release.checkName(name);
    byte[] bytes;
    try {
      bytes = Gate.read(home.installed(), file(name), ReleaseEnvelope.MAX_BYTES);
    } catch (StoreException.Missing e) {
      return Optional.empty();
    }
    String source = home.installed().description() + "/" + file(name);
    ReleaseEnvelope envelope = ReleaseEnvelope.decode(source, bytes);
    if (!envelope.release().name().equals(name)) {
      throw new StoreException.Malformed(
          source, "is the record of another app, " + envelope.release().name());
    }
    return Optional.of(envelope);
  }

  /** Returns an app's release. */
  public ReleaseEnvelope get(String name) throws IOException {
    return find(name).orElseThrow(() -> new NoSuchAppException(name));
  }

  /** Returns whether there is a record of this name, readable or not. */
  boolean exists(String name) throws IOException {
    try {
      FileCalls.statx(home.installed(), file(name));
      return true;
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT)) {
        return false;
      }
      throw e;
    }
  }

  /** A record as it was found. */
  public sealed interface Listed {
    /** Returns the name of the app, from the file's name. */
    String name();

    /** A readable record. */
    record Installed(String name, ReleaseEnvelope envelope) implements Listed {}

    /**
     * A record that cannot be used.
     *
     * @param why one sentence
     */
    record Broken(String name, String why) implements Listed {}
  }

  /**
   * Returns an app's record as it was found.
   *
   * @throws NoSuchAppException if there is none
   */
  public Listed look(String name) throws IOException {
    try {
      return new Listed.Installed(name, get(name));
    } catch (NoSuchAppException e) {
      throw e;
    } catch (IOException e) {
      // Whatever it is, permissions for one: the other apps' records may be good.
      return new Listed.Broken(name, String.valueOf(e.getMessage()));
    }
  }

  /** Returns all records by name; one that is broken hides no other. */
  public List<Listed> list() throws IOException {
    var listed = new ArrayList<Listed>();
    for (DirectoryEntry entry : NexusHome.list(home.installed())) {
      String file = entry.name().toString();
      if (!file.endsWith(SUFFIX)) {
        continue;
      }
      try {
        listed.add(look(file.substring(0, file.length() - SUFFIX.length())));
      } catch (NoSuchAppException e) {
        // Removed since the directory was read.
      }
    }
    listed.sort(Comparator.comparing(Listed::name));
    return List.copyOf(listed);
  }

  /** Replaces an app's record durably; the caller holds the store's lock. */
  void put(ReleaseEnvelope envelope) throws IOException {
    home.staging().replace(home.installed(), file(envelope.release().name()), envelope.encode());
  }

  /** Removes an app's record durably; the caller holds the store's lock. */
  void remove(String name) throws IOException {
    Staging.remove(home.installed(), file(name));
    FileCalls.fsync(home.installed());
  }

  private static LinuxPath file(String name) {
    return LinuxPath.of(name + SUFFIX);
  }
}
