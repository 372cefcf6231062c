package nexus.fetch;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import nexus.linux.LinuxPath;
import org.jspecify.annotations.Nullable;

/**
 * The address of a mirror: {@code file:}, {@code http:} or {@code https:}, without credentials,
 * query and fragment, and without a slash at its end.
 *
 * @param uri with its scheme in lower case
 */
public record MirrorUrl(URI uri) {
  /** The longest address, in characters. */
  static final int MAX_LENGTH = 2048;

  /** Returns the address that is written as {@code text}. */
  public static MirrorUrl parse(String text) throws FetchException.BadAddress {
    if (text.length() > MAX_LENGTH) {
      throw new FetchException.BadAddress(
          shown(text.substring(0, 80)) + "…", "is longer than " + MAX_LENGTH + " characters");
    }
    if (text.startsWith("/")) {
      throw new FetchException.BadAddress(
          shown(text), "is a path; write file://" + shown(text) + " for a mirror in a folder");
    }
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException e) {
      throw new FetchException.BadAddress(
          shown(text), "is no URL: " + e.getReason() + "; write one like https://host/path");
    }
    String problem = problem(uri);
    if (problem != null) {
      throw new FetchException.BadAddress(shown(text), problem);
    }
    return new MirrorUrl(normal(uri));
  }

  private static @Nullable String problem(URI uri) {
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    if (!scheme.equals("file") && !scheme.equals("http") && !scheme.equals("https")) {
      return "is no address of a mirror; write one that begins with https://, http:// or file:///";
    }
    if (uri.isOpaque()) {
      return "has no path; write " + scheme + ":// before what follows";
    }
    if (uri.getRawUserInfo() != null) {
      return "has a user name in it; mirrors are read without credentials, so leave it out";
    }
    if (uri.getRawQuery() != null || uri.getRawFragment() != null) {
      return "has a ? or # in it; give the folder that holds objects, maps and trees";
    }
    if (uri.getPath().indexOf('\0') >= 0) {
      return "has a NUL in it; leave it out";
    }
    String host = uri.getHost();
    if (scheme.equals("file")) {
      boolean local =
          uri.getRawAuthority() == null || (host != null && host.equalsIgnoreCase("localhost"));
      return local
          ? null
          : "has a host in it; write three slashes, file:///path, for a folder of this machine";
    }
    return host == null ? "has no host in it; write one like https://host/path" : null;
  }

  private static URI normal(URI uri) {
    String path = uri.getRawPath();
    int end = path.length();
    while (end > 0 && path.charAt(end - 1) == '/') {
      end--;
    }
    String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
    if (scheme.equals("file")) {
      return URI.create("file://" + (end == 0 ? "/" : path.substring(0, end)));
    }
    return URI.create(scheme + "://" + uri.getRawAuthority() + path.substring(0, end));
  }

  /** Returns whether this is a folder of this machine. */
  public boolean isFile() {
    return uri.getScheme().equals("file");
  }

  /** Returns the folder of a {@code file:} address. */
  LinuxPath folder() {
    return LinuxPath.of(uri.getPath());
  }

  // A URL with control characters in it must not speak to a terminal.
  private static String shown(String text) {
    return LinuxPath.of(text.replace("\0", "\\x00")).toString();
  }

  /** Returns the address as it was written, but for a slash at its end. */
  @Override
  public String toString() {
    return uri.toString();
  }
}
