package nexus.policy;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A path as the kernel sees it: bytes other than NUL, in no particular encoding, because file names
 * of an app and mount points of a host need not be UTF-8.
 *
 * <p>Most paths here are <em>normal</em>: absolute, without empty, {@code .} or {@code ..}
 * components. Only for those is the comparison of text a comparison of places. Ordered by unsigned
 * bytes, with {@code /} before every other byte: a directory is directly followed by what is in it.
 */
public final class PlanPath implements Comparable<PlanPath> {
  /** The root directory. */
  public static final PlanPath ROOT = new PlanPath("/");

  /** One char for each byte, so that String's own searching and hashing work on bytes. */
  private final String octets;

  private PlanPath(String octets) {
    if (octets.indexOf('\0') >= 0) {
      throw new IllegalArgumentException("NUL in path " + describe(octets));
    }
    this.octets = octets;
  }

  /** Returns the path with the UTF-8 bytes of {@code path}. */
  public static PlanPath of(String path) {
    return of(path.getBytes(StandardCharsets.UTF_8));
  }

  /** Returns the path with a copy of these bytes. */
  public static PlanPath of(byte[] bytes) {
    return new PlanPath(new String(bytes, StandardCharsets.ISO_8859_1));
  }

  /** Returns a copy of the bytes. */
  public byte[] bytes() {
    return octets.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Returns whether the path is absolute and has no empty, {@code .} or {@code ..} component. */
  public boolean isNormal() {
    if (isRoot()) {
      return true;
    }
    if (!octets.startsWith("/")) {
      return false;
    }
    for (String name : octets.substring(1).split("/", -1)) {
      if (name.isEmpty() || name.equals(".") || name.equals("..")) {
        return false;
      }
    }
    return true;
  }

  /** Returns whether this is {@code /}. */
  public boolean isRoot() {
    return octets.equals("/");
  }

  /** Returns whether this is {@code folder} or something below it. */
  public boolean isWithin(PlanPath folder) {
    return octets.startsWith(folder.octets)
        && (octets.length() == folder.octets.length()
            || folder.isRoot()
            || octets.charAt(folder.octets.length()) == '/');
  }

  /**
   * Returns the way from {@code folder} to this path, without a slash in front; empty if they are
   * the same.
   *
   * @throws IllegalArgumentException if this is not within {@code folder}
   */
  public PlanPath below(PlanPath folder) {
    if (!isWithin(folder)) {
      throw new IllegalArgumentException(this + " is not within " + folder);
    }
    int length = folder.isRoot() ? 1 : Math.min(folder.octets.length() + 1, octets.length());
    return new PlanPath(octets.substring(length));
  }

  /** Returns this folder's path continued by a relative one, which may be empty. */
  public PlanPath resolve(PlanPath relative) {
    if (relative.octets.isEmpty()) {
      return this;
    }
    if (relative.octets.startsWith("/")) {
      throw new IllegalArgumentException("not relative: " + relative);
    }
    return new PlanPath((isRoot() ? "" : octets) + "/" + relative.octets);
  }

  /** Returns {@link #resolve(PlanPath)} of the path with the UTF-8 bytes of {@code relative}. */
  public PlanPath resolve(String relative) {
    return resolve(of(relative));
  }

  /** Returns the folder that a normal path is in; the root directory is in itself. */
  public PlanPath parent() {
    int slash = octets.lastIndexOf('/');
    return slash <= 0 ? ROOT : new PlanPath(octets.substring(0, slash));
  }

  /**
   * Returns the way down from the root directory, which is left out, to this path, which is
   * included: {@code /a}, {@code /a/b}, {@code /a/b/c}.
   */
  public List<PlanPath> descent() {
    var way = new ArrayList<PlanPath>();
    for (int slash = octets.indexOf('/', 1); slash >= 0; slash = octets.indexOf('/', slash + 1)) {
      way.add(new PlanPath(octets.substring(0, slash)));
    }
    if (!isRoot()) {
      way.add(this);
    }
    return way;
  }

  /**
   * Returns this path.
   *
   * @throws IllegalArgumentException if it is not normal
   */
  PlanPath requireNormal() {
    if (!isNormal()) {
      throw new IllegalArgumentException("not an absolute, normal path: " + this);
    }
    return this;
  }

  @Override
  public int compareTo(PlanPath other) {
    return octets.replace('/', '\0').compareTo(other.octets.replace('/', '\0'));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PlanPath path && octets.equals(path.octets);
  }

  @Override
  public int hashCode() {
    return octets.hashCode();
  }

  /**
   * Returns the path for people: as UTF-8 where it is that, with control characters and other bytes
   * as {@code \x1b}, so that a file name cannot speak to a terminal.
   */
  @Override
  public String toString() {
    return describe(octets);
  }

  private static String describe(String octets) {
    byte[] bytes = octets.getBytes(StandardCharsets.ISO_8859_1);
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      if (text.chars().noneMatch(Character::isISOControl)) {
        return text;
      }
    } catch (CharacterCodingException e) {
      // Not UTF-8: shown byte by byte below.
    }
    var text = new StringBuilder();
    for (byte b : bytes) {
      if (b >= 0x20 && b < 0x7f) {
        text.append((char) b);
      } else {
        text.append("\\x").append(Character.forDigit((b >> 4) & 15, 16));
        text.append(Character.forDigit(b & 15, 16));
      }
    }
    return text.toString();
  }
}
