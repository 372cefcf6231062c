package nexus.cas;

import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import nexus.linux.DirectoryEntry;
import nexus.linux.Errno;
import nexus.linux.FileCalls;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.SyscallException;

/**
 * What was ever found tainted: {@code state/taints/<time>.json}, one file for what was dealt with
 * at one time. The newest {@link #MAX_FILES} are kept.
 */
public final class TaintLog {
  /** How many files are kept. */
  public static final int MAX_FILES = 256;

  /** How many records one file holds; what more there is of one time is not recorded. */
  public static final int MAX_RECORDS = 1000;

  private static final int MAX_FILE_BYTES = 128 << 20;

  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss.SSSSSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final NexusHome home;
  private final InstantSource clock;

  public TaintLog(NexusHome home, InstantSource clock) {
    this.home = home;
    this.clock = clock;
  }

  /** Keeps records durably. The caller holds the {@link StoreLock}. */
  public void add(List<TaintRecord> records) throws SyscallException {
    if (records.isEmpty()) {
      return;
    }
    byte[] json = TaintJson.encode(records.subList(0, Math.min(records.size(), MAX_RECORDS)));
    OwnedFd taints = home.taints();
    LinuxPath name = unusedName(taints);
    home.staging().replace(taints, name, json);
    List<LinuxPath> names = new ArrayList<>(names());
    // Not one of the oldest, even if the clock was set back.
    names.remove(name);
    for (LinuxPath oldest : names.subList(0, Math.max(0, names.size() + 1 - MAX_FILES))) {
      Staging.remove(taints, oldest);
    }
  }

  private LinuxPath unusedName(OwnedFd taints) throws SyscallException {
    String time = TIME.format(clock.instant());
    for (int attempt = 0; ; attempt++) {
      LinuxPath name = LinuxPath.of(time + (attempt == 0 ? "" : "." + attempt) + ".json");
      try {
        FileCalls.statx(taints, name);
      } catch (SyscallException e) {
        if (e.is(Errno.ENOENT)) {
          return name;
        }
        throw e;
      }
    }
  }

  private List<LinuxPath> names() throws SyscallException {
    return NexusHome.list(home.taints()).stream().map(DirectoryEntry::name).sorted().toList();
  }

  /**
   * Returns the newest records, the oldest of them first.
   *
   * @param limit how many at most
   * @throws StoreException if a file with some of them is not one of ours
   */
  public List<TaintRecord> newest(int limit) throws StoreException, SyscallException {
    var records = new ArrayList<TaintRecord>();
    for (LinuxPath name : names().reversed()) {
      if (records.size() >= limit) {
        break;
      }
      byte[] json = Gate.read(home.taints(), name, MAX_FILE_BYTES);
      records.addAll(0, TaintJson.decode(home.taints().description() + "/" + name, json));
    }
    return List.copyOf(records.subList(Math.max(0, records.size() - limit), records.size()));
  }
}
