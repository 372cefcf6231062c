package nexus.fetch;

import java.time.Duration;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * One line of a terminal that says how far something is: bytes, files, rate, time left. Nothing
 * appears for what ends within the first moments, and nothing is left behind.
 *
 * <p>Used by one thread at a time.
 */
public final class ProgressLine implements AutoCloseable {
  private static final Duration FIRST_SHOWN = Duration.ofMillis(300);
  private static final Duration INTERVAL = Duration.ofMillis(100);
  private static final String ERASE = "\r\033[K";
  private static final int MIN_COLUMNS = 20;

  private final Consumer<String> terminal;
  private final int columns;
  private final LongSupplier nanoTime;
  private final String doing;
  private final long started;

  // Mutable state
  private long totalBytes;
  private int totalFiles;
  private long bytes;
  private int files;
  private long nextShown;
  private boolean shown;

  /**
   * Starts the clock.
   *
   * @param terminal takes text, escape sequences included
   * @param columns width of the terminal, 0 if unknown
   * @param nanoTime a clock, as {@link System#nanoTime}
   * @param doing what is done, such as {@code importing jdk}
   */
  public ProgressLine(Consumer<String> terminal, int columns, LongSupplier nanoTime, String doing) {
    this.terminal = terminal;
    this.columns = columns < MIN_COLUMNS ? 80 : columns;
    this.nanoTime = nanoTime;
    this.doing = doing;
    this.started = nanoTime.getAsLong();
    this.nextShown = started + FIRST_SHOWN.toNanos();
  }

  /** Says how much there is to do; 0 files if files are not counted. */
  public void total(int files, long bytes) {
    totalFiles = files;
    totalBytes = bytes;
  }

  /** Adds bytes done. */
  public void addBytes(long more) {
    bytes += more;
    show();
  }

  /** Adds a file done. */
  public void addFile() {
    files++;
    show();
  }

  private void show() {
    long now = nanoTime.getAsLong();
    if (now - nextShown < 0) {
      return;
    }
    nextShown = now + INTERVAL.toNanos();
    shown = true;
    String text = text(now);
    terminal.accept(ERASE + text.substring(0, Math.min(text.length(), columns - 1)));
  }

  private String text(long now) {
    double seconds = Math.max(1, now - started) / 1e9;
    var text = new StringBuilder(doing).append(": ").append(size(bytes));
    if (totalBytes > 0) {
      text.append(" of ").append(size(totalBytes));
    }
    if (totalFiles > 0) {
      text.append(", ").append(files).append(" of ").append(totalFiles).append(" files");
    }
    double rate = bytes / seconds;
    text.append(", ").append(size((long) rate)).append("/s");
    if (totalBytes > bytes && rate > 0) {
      text.append(", ").append(Math.round((totalBytes - bytes) / rate)).append(" s left");
    }
    return text.toString();
  }

  /** Returns a size for people, in decimal units: {@code 303 MB}. */
  public static String size(long bytes) {
    if (bytes < 1000) {
      return bytes + " B";
    }
    String[] units = {"kB", "MB", "GB", "TB"};
    double value = bytes;
    int unit = -1;
    while (value >= 1000 && unit < units.length - 1) {
      value /= 1000;
      unit++;
    }
    return String.format(Locale.ROOT, value < 10 ? "%.1f %s" : "%.0f %s", value, units[unit]);
  }

  /** Erases the line. */
  @Override
  public void close() {
    if (shown) {
      terminal.accept(ERASE);
      shown = false;
    }
  }
}
