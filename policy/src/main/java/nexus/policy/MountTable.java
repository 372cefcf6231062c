package nexus.policy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import nexus.policy.PolicyException.MalformedMountTable;
import org.jspecify.annotations.Nullable;

/**
 * The mounts of a mount namespace that can be reached from a process's root, and which one is
 * where.
 */
public final class MountTable {
  /** {@code fs.mount-max}'s default: no namespace has more mounts, unless somebody raised it. */
  private static final int MAX_ENTRIES = 100_000;

  private static final Pattern DEVICE = Pattern.compile("[0-9]{1,9}:[0-9]{1,9}");
  private static final Pattern ESCAPE = Pattern.compile("\\\\([0-3][0-7]{2})");
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");

  private record Place(long parent, PlanPath mountPoint) {}

  private final List<MountEntry> entries;
  private final Map<Place, MountEntry> children = new HashMap<>();
  private final @Nullable MountEntry root;

  private MountTable(List<MountEntry> entries) {
    this.entries = List.copyOf(entries);
    Set<Long> ids = new HashSet<>();
    for (MountEntry entry : entries) {
      if (!ids.add(entry.id())) {
        // Ids that repeat could make a look-up go round in circles.
        throw new IllegalArgumentException("two mounts have the id " + entry.id());
      }
    }
    MountEntry found = null;
    for (MountEntry entry : entries) {
      if (entry.parent() == entry.id() || !ids.contains(entry.parent())) {
        // What the root is mounted in cannot be reached from it and is not listed. A mount *on* the
        // root directory is listed, but no path leads into it: look-ups start below it.
        found = entry.mountPoint().isRoot() ? entry : found;
      } else if (entry.mountPoint().isNormal()) {
        children.put(new Place(entry.parent(), entry.mountPoint()), entry);
      }
    }
    root = found;
  }

  /**
   * Returns the table of these mounts.
   *
   * @throws IllegalArgumentException if two have the same id
   */
  public static MountTable of(List<MountEntry> entries) {
    return new MountTable(entries);
  }

  /**
   * Parses the text of {@code /proc/<pid>/mountinfo}.
   *
   * <pre>
   * line  = id " " parent " " device " " root " " mountpoint " " options *(" " tag) " - " type
   *         " " source [" " options] LF
   * </pre>
   *
   * Space, tab, line feed, backslash and, in later kernels, {@code #} are written as a backslash
   * and three octal digits.
   */
  public static MountTable parse(byte[] mountinfo) throws MalformedMountTable {
    String text = new String(mountinfo, StandardCharsets.ISO_8859_1);
    var entries = new ArrayList<MountEntry>();
    Set<Long> ids = new HashSet<>();
    int start = 0;
    while (start < text.length()) {
      int line = entries.size() + 1;
      int end = text.indexOf('\n', start);
      if (end < 0) {
        throw new MalformedMountTable(line, "ends without a line feed");
      }
      if (line > MAX_ENTRIES) {
        throw new MalformedMountTable(line, "more than " + MAX_ENTRIES + " mounts");
      }
      MountEntry entry = parseLine(text.substring(start, end), line);
      if (!ids.add(entry.id())) {
        throw new MalformedMountTable(line, "mount id " + entry.id() + " again");
      }
      entries.add(entry);
      start = end + 1;
    }
    return new MountTable(entries);
  }

  private static MountEntry parseLine(String text, int line) throws MalformedMountTable {
    if (text.indexOf('\0') >= 0) {
      throw new MalformedMountTable(line, "NUL");
    }
    String[] fields = text.split(" ", -1);
    int dash = 6;
    while (dash < fields.length && !fields[dash].equals("-")) {
      dash++;
    }
    if (dash + 2 >= fields.length) {
      throw new MalformedMountTable(line, "fields are missing");
    }
    if (!DEVICE.matcher(fields[2]).matches()) {
      throw new MalformedMountTable(line, "\"" + octets(fields[2]) + "\" is not a device");
    }
    PlanPath mountPoint = path(fields[4], line);
    if (!mountPoint.isWithin(PlanPath.ROOT)) {
      throw new MalformedMountTable(line, "mount point " + mountPoint + " is not absolute");
    }
    return new MountEntry(
        number(fields[0], line),
        number(fields[1], line),
        fields[2],
        path(fields[3], line),
        mountPoint);
  }

  private static long number(String field, int line) throws MalformedMountTable {
    if (!NUMBER.matcher(field).matches()) {
      throw new MalformedMountTable(line, "\"" + octets(field) + "\" is not a mount id");
    }
    return Long.parseLong(field);
  }

  private static PlanPath path(String field, int line) throws MalformedMountTable {
    var octets = new StringBuilder(field.length());
    for (int i = 0; i < field.length(); i++) {
      char c = field.charAt(i);
      if (c == '\\') {
        Matcher escape = ESCAPE.matcher(field).region(i, field.length());
        if (!escape.lookingAt()) {
          throw new MalformedMountTable(line, "backslash without three octal digits");
        }
        c = (char) Integer.parseInt(escape.group(1), 8);
        i += 3;
      }
      if (c == '\0') {
        throw new MalformedMountTable(line, "NUL");
      }
      octets.append(c);
    }
    if (octets.isEmpty()) {
      throw new MalformedMountTable(line, "empty path");
    }
    return octets(octets.toString());
  }

  /** Returns the path with one byte for each char, as the table was decoded. */
  private static PlanPath octets(String text) {
    return PlanPath.of(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Returns the mounts in the order of the table. */
  public List<MountEntry> entries() {
    return entries;
  }

  /**
   * Returns the mount in which a look-up of the normal path ends, if there is no symbolic link on
   * the way: the topmost at each component. Empty if the table does not show the root's mount.
   */
  public Optional<MountEntry> mountAt(PlanPath path) {
    MountEntry at = root;
    if (at == null) {
      return Optional.empty();
    }
    for (PlanPath prefix : path.requireNormal().descent()) {
      MountEntry over = children.get(new Place(at.id(), prefix));
      while (over != null) {
        at = over;
        over = children.get(new Place(at.id(), prefix));
      }
    }
    return Optional.of(at);
  }

  /** Returns whether a path leads to the root of the mount: nothing else covers it. */
  boolean isVisible(MountEntry mount) {
    return mount.mountPoint().isNormal()
        && mountAt(mount.mountPoint()).filter(mount::equals).isPresent();
  }
}
