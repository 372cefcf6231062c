package nexus.cas;

import static nexus.linux.Constants.O_DIRECTORY;
import static nexus.linux.Constants.O_NOFOLLOW;
import static nexus.linux.Constants.O_PATH;
import static nexus.linux.Constants.RENAME_NOREPLACE;
import static nexus.linux.Constants.RESOLVE_BENEATH;
import static nexus.linux.Constants.RESOLVE_NO_SYMLINKS;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import nexus.linux.DirectoryEntry;
import nexus.linux.Errno;
import nexus.linux.FileCalls;
import nexus.linux.FileType;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.Stat;
import nexus.linux.SyscallException;
import org.jspecify.annotations.Nullable;

/**
 * The folder in which tainted inodes are kept for somebody to look at, named {@code
 * <time>-<label>}.
 *
 * <p>It is bounded: when it holds more than {@link #MAX_BYTES} or {@link #MAX_ENTRIES}, the oldest
 * go, but the newest stays however large it is. Sizes are those that {@code ls} shows.
 *
 * <p>For use by one thread that holds the {@link StoreLock}, for as long as it does.
 */
public final class Quarantine {
  /** What the folder may hold, in bytes. */
  public static final long MAX_BYTES = 256L << 20;

  /** How many names the folder may hold. */
  public static final int MAX_ENTRIES = 4096;

  /** How many files of a directory are counted; a larger one counts as full. */
  private static final int MAX_COUNTED = 10_000;

  private static final int RWX_OWNER = 0700;

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss.SSSSSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final OwnedFd directory;
  private final InstantSource clock;
  private final Set<Stat.FileId> kept = new HashSet<>();

  // Mutable state: what is in the folder, with sizes in bytes; null until it is needed.
  private @Nullable TreeMap<LinuxPath, Long> sizes;

  public Quarantine(NexusHome home, InstantSource clock) {
    this.directory = home.quarantine();
    this.clock = clock;
  }

  /**
   * Keeps a regular file that the caller is about to replace by a rename: it gets a second name
   * here, and its first one is never without a file. An inode that was kept already is not kept
   * twice.
   *
   * @param label such as a digest
   */
  public void keep(OwnedFd dir, LinuxPath path, String label) throws IOException {
    Stat stat = FileCalls.statx(dir, path);
    if (!kept.add(stat.id())) {
      return;
    }
    for (int attempt = 0; ; attempt++) {
      LinuxPath name = name(label, attempt);
      try {
        FileCalls.linkat(dir, path, directory, name);
        added(name, stat.size());
        return;
      } catch (SyscallException e) {
        if (e.is(Errno.EPERM, Errno.EMLINK)) {
          // A stranger's file, or one with all the links it can have: it can be moved at least.
          take(dir, path, label);
          return;
        }
        if (!e.is(Errno.EEXIST)) {
          throw e;
        }
      }
    }
  }

  /** Moves whatever is at a path, a directory with all that is in it, into the folder. */
  public void take(OwnedFd dir, LinuxPath path, String label) throws IOException {
    Stat stat = FileCalls.statx(dir, path);
    kept.add(stat.id());
    if (stat.type() == FileType.DIRECTORY) {
      // rename(2) wants to write to a directory that gets another parent.
      makeAccessible(dir, path);
    }
    for (int attempt = 0; ; attempt++) {
      LinuxPath name = name(label, attempt);
      try {
        FileCalls.renameat2(dir, path, directory, name, RENAME_NOREPLACE);
        added(name, size(name, stat));
        return;
      } catch (SyscallException e) {
        if (!e.is(Errno.EEXIST)) {
          throw e;
        }
      }
    }
  }

  /** Moves what is at a path into the folder, unless it has this type or nothing is there. */
  public void takeUnless(FileType type, OwnedFd dir, LinuxPath path, String label)
      throws IOException {
    try {
      if (FileCalls.statx(dir, path).type() == type) {
        return;
      }
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT)) {
        return;
      }
      throw e;
    }
    take(dir, path, label);
  }

  /** Moves whatever is at a path into the folder, if something is. */
  public void takeAnything(OwnedFd dir, LinuxPath path, String label) throws IOException {
    try {
      take(dir, path, label);
    } catch (SyscallException e) {
      if (!e.is(Errno.ENOENT)) {
        throw e;
      }
    }
  }

  /** Gives a directory these permissions, whatever it had: to open it, some would be needed. */
  public static void setPermissions(OwnedFd dir, LinuxPath path, int permissions)
      throws IOException {
    try (OwnedFd handle =
        FileCalls.openat2(
            dir,
            path,
            O_PATH | O_DIRECTORY | O_NOFOLLOW,
            0,
            RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS)) {
      // fchmod(2) refuses an O_PATH handle; chmod(2) of its entry in /proc does not.
      Files.setAttribute(Path.of(handle.procPath().toString()), "unix:mode", permissions);
    }
  }

  /** Lets the owner of a directory, if that is us, do with it what follows, which tells if not. */
  static void makeAccessible(OwnedFd dir, LinuxPath path) throws SyscallException {
    if ((FileCalls.statx(dir, path).permissions() & RWX_OWNER) == RWX_OWNER) {
      return;
    }
    try {
      setPermissions(dir, path, RWX_OWNER);
    } catch (IOException e) {
      // The caller's next system call says what is wrong, and with what.
    }
  }

  private LinuxPath name(String label, int attempt) {
    return LinuxPath.of(
        TIME.format(clock.instant()) + "-" + label + (attempt == 0 ? "" : "." + attempt));
  }

  private void added(LinuxPath name, long size) throws IOException {
    TreeMap<LinuxPath, Long> present = sizes;
    if (present == null) {
      present = new TreeMap<>();
      for (DirectoryEntry entry : NexusHome.list(directory)) {
        present.put(entry.name(), size(entry.name(), FileCalls.statx(directory, entry.name())));
      }
      sizes = present;
    }
    present.put(name, size);
    long total = 0;
    for (long each : present.values()) {
      total = saturatedSum(total, each);
    }
    var oldest = present.entrySet().iterator();
    while ((total > MAX_BYTES || present.size() > MAX_ENTRIES) && oldest.hasNext()) {
      var entry = oldest.next();
      // Not simply the last name: the clock may have been set back.
      if (!entry.getKey().equals(name)) {
        remove(entry.getKey());
        total -= entry.getValue();
        oldest.remove();
      }
    }
  }

  private void remove(LinuxPath name) throws IOException {
    try {
      Staging.remove(directory, name);
    } catch (SyscallException e) {
      if (!e.is(Errno.ENOENT)) {
        throw e;
      }
    }
  }

  private long size(LinuxPath name, Stat stat) throws SyscallException {
    if (stat.type() != FileType.DIRECTORY) {
      return stat.size();
    }
    long total = 0;
    int counted = 0;
    var pending = new ArrayDeque<LinuxPath>();
    pending.add(name);
    while (!pending.isEmpty()) {
      LinuxPath folder = pending.remove();
      try (OwnedFd open = NexusHome.openDirectory(directory, folder)) {
        for (DirectoryEntry entry : FileCalls.getdents64(open)) {
          if (++counted > MAX_COUNTED) {
            return MAX_BYTES;
          }
          Stat child = FileCalls.statx(open, entry.name());
          total = saturatedSum(total, child.size());
          if (child.type() == FileType.DIRECTORY) {
            pending.add(folder.resolve(entry.name()));
          }
        }
      } catch (SyscallException e) {
        // Without permissions, or deeper than a path is long: made to be awkward, so first to go.
        return MAX_BYTES;
      }
    }
    return total;
  }

  // What a sparse file claims to hold must not overflow into a small number.
  private static long saturatedSum(long a, long b) {
    return Math.min(a + b, Long.MAX_VALUE / 2);
  }
}
