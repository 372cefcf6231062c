package nexus.trust;

import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import nexus.merkle.Digest;

/**
 * One version of an app, ready to be run.
 *
 * @param name of the app, as in {@code nexus run NAME}
 * @param version for people; nothing is ordered by it
 * @param sequence 1 or more; a later release of the same app has a higher one
 * @param architecture as {@code os.arch} names it, such as {@code amd64}
 * @param tree digest of the tree manifest
 * @param entrypoint path of the program, relative to the tree's root
 * @param environment variables that are set for the app, by name
 */
public record Release(
    String name,
    String version,
    long sequence,
    String architecture,
    Digest tree,
    String entrypoint,
    Map<String, String> environment) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
  private static final Pattern VERSION = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._+~:-]{0,127}");
  private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]{0,255}");
  private static final int MAX_PATH = 4095;
  private static final int MAX_VARIABLES = 1024;
  private static final int MAX_VALUE = 128 * 1024;

  public Release {
    environment = Collections.unmodifiableMap(new TreeMap<>(environment));
  }

  /**
   * Checks every value against what it may be.
   *
   * @throws TrustException.Invalid with a sentence for whoever gave the value
   */
  public void check() throws TrustException {
    checkClaims(name, version, entrypoint, environment);
    if (sequence < 1) {
      throw new TrustException.Invalid("sequence " + sequence + " is less than 1");
    }
  }

  /** Checks what is known of a release before its tree is. */
  public static void checkClaims(
      String name, String version, String entrypoint, Map<String, String> environment)
      throws TrustException {
    checkName(name);
    if (!VERSION.matcher(version).matches()) {
      throw new TrustException.Invalid(
          "\"" + printable(version) + "\" is no version: letters, digits and . _ + ~ : - are");
    }
    if (entrypoint.isEmpty() || entrypoint.length() > MAX_PATH || entrypoint.indexOf('\0') >= 0) {
      throw new TrustException.Invalid("the entry point is no path");
    }
    if (Arrays.asList(entrypoint.split("/")).contains("..")) {
      // Where it leads would depend on the symbolic links in front of it.
      throw new TrustException.Invalid(
          "the entry point "
              + printable(entrypoint)
              + " has .. in it; name the program's own path");
    }
    if (environment.size() > MAX_VARIABLES) {
      throw new TrustException.Invalid("more than " + MAX_VARIABLES + " environment variables");
    }
    for (Map.Entry<String, String> variable : environment.entrySet()) {
      if (!VARIABLE.matcher(variable.getKey()).matches()) {
        throw new TrustException.Invalid(
            "\"" + printable(variable.getKey()) + "\" is no name of an environment variable");
      }
      if (variable.getValue().length() > MAX_VALUE || variable.getValue().indexOf('\0') >= 0) {
        throw new TrustException.Invalid(
            "the environment variable " + variable.getKey() + " has an impossible value");
      }
    }
  }

  /** Checks the name of an app, which also names files. */
  public static void checkName(String name) throws TrustException {
    if (!NAME.matcher(name).matches()) {
      throw new TrustException.Invalid(
          "\"" + printable(name) + "\" is no app name: letters, digits and . _ - are, up to 128");
    }
  }

  private static String printable(String text) {
    return text.codePoints()
        .limit(80)
        .map(c -> Character.isISOControl(c) ? '?' : c)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }
}
