package nexus.bench;

import java.util.Locale;
import java.util.Optional;
import nexus.bench.Series.Quantity;

/**
 * A line of the table.
 *
 * @param measurement what is compared
 * @param nexus what was measured of nexus
 * @param peer what was measured of the program that it is compared with
 * @param ratio of the medians
 * @param target what was promised, empty if nothing was
 * @param met whether it was kept; of no meaning without a target
 */
record Row(
    String measurement, String nexus, String peer, String ratio, String target, boolean met) {

  /** A bound that a value is compared with. */
  record Target(String text, boolean isUpper, double bound) {
    static Target atMost(double bound) {
      return new Target("at most " + number(bound), true, bound);
    }

    static Target atLeast(double bound) {
      return new Target("at least " + number(bound), false, bound);
    }

    boolean isMetBy(double value) {
      return isUpper ? value <= bound : value >= bound;
    }

    private static String number(double value) {
      return String.format(Locale.ROOT, "%.1f", value);
    }
  }

  /** Compares two programs by the ratio of their medians. */
  static Row duel(
      String measurement,
      Quantity quantity,
      Series nexus,
      String peerName,
      Series peer,
      Optional<Target> target) {
    double ratio = nexus.median() / peer.median();
    return new Row(
        measurement,
        nexus.text(quantity),
        "`" + peerName + "`: " + peer.text(quantity),
        String.format(Locale.ROOT, "%.2f", ratio),
        target.map(Target::text).orElse(""),
        target.map(bound -> bound.isMetBy(ratio)).orElse(true));
  }

  /** Compares a maximum with a limit. */
  static Row limit(String measurement, Quantity quantity, Series nexus, double limit) {
    return new Row(
        measurement,
        nexus.text(quantity),
        "",
        "",
        "under " + quantity.number(limit) + " " + quantity.unit() + " in every run",
        nexus.max() < limit);
  }

  String verdict() {
    return target.isEmpty() ? "for information" : met ? "met" : "**MISSED**";
  }

  String markdown() {
    return "| "
        + String.join(" | ", measurement, nexus, peer, ratio, target, verdict()).replace("  ", " ")
        + " |";
  }
}
