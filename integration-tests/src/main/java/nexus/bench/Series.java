package nexus.bench;

import java.util.Arrays;
import java.util.Collection;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** Values of one quantity, measured again and again. */
final class Series {
  private final double[] sorted;

  private Series(double[] values) {
    Arrays.sort(values);
    this.sorted = values;
  }

  /** Returns what {@code quantity} is of each sample, of which there is one at least. */
  static <T> Series of(Collection<T> samples, ToDoubleFunction<T> quantity) {
    if (samples.isEmpty()) {
      throw new IllegalArgumentException("no samples");
    }
    return new Series(samples.stream().mapToDouble(quantity).toArray());
  }

  double median() {
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  double min() {
    return sorted[0];
  }

  double max() {
    return sorted[sorted.length - 1];
  }

  /** Returns {@code median unit (min..max)}. */
  String text(Quantity quantity) {
    return String.format(
        Locale.ROOT,
        "%s %s (%s..%s)",
        quantity.number(median()),
        quantity.unit(),
        quantity.number(min()),
        quantity.number(max()));
  }

  /** What is measured, and how people read it. */
  enum Quantity {
    /** From seconds. */
    TIME("ms", 1e3),
    /** From bytes per second. */
    THROUGHPUT("MB/s", 1e-6),
    /** From bytes. */
    MEMORY("MB", 1e-6);

    private final String unit;
    private final double scale;

    Quantity(String unit, double scale) {
      this.unit = unit;
      this.scale = scale;
    }

    String unit() {
      return unit;
    }

    String number(double value) {
      double scaled = value * scale;
      return String.format(Locale.ROOT, scaled < 100 ? "%.1f" : "%.0f", scaled);
    }
  }
}
