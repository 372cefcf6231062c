package nexus.fetch;

import java.time.Duration;

/**
 * How long a mirror may take. Together these bound the time of every request: an answer of {@code
 * n} bytes ends, well or badly, within {@code connect + stall + grace + n / minBytesPerSecond}, for
 * each of its redirects.
 *
 * @param connect until there is a connection
 * @param stall without a single byte, and until the answer begins
 * @param grace for which the rate is not looked at
 * @param minBytesPerSecond on average, after {@code grace}
 * @param maxRedirects that are followed for one request
 */
public record FetchLimits(
    Duration connect, Duration stall, Duration grace, long minBytesPerSecond, int maxRedirects) {
  /** For slow lines and slow mirrors: 10 s, 20 s, 30 s, 16 KiB/s, 5 redirects. */
  public static final FetchLimits DEFAULT =
      new FetchLimits(
          Duration.ofSeconds(10), Duration.ofSeconds(20), Duration.ofSeconds(30), 16 << 10, 5);

  public FetchLimits {
    if (connect.isNegative() || connect.isZero() || stall.isNegative() || stall.isZero()) {
      throw new IllegalArgumentException("connect " + connect + ", stall " + stall);
    }
    if (grace.isNegative() || minBytesPerSecond < 1 || maxRedirects < 0) {
      throw new IllegalArgumentException(
          "grace " + grace + ", " + minBytesPerSecond + " bytes/s, " + maxRedirects + " redirects");
    }
  }
}
