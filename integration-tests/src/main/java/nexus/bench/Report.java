package nexus.bench;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What was measured and what was not. */
final class Report {
  private final Machine machine;
  private final int runs;
  private final List<String> rows = new ArrayList<>();
  private final List<String> skipped = new ArrayList<>();

  Report(Machine machine, int runs) {
    this.machine = machine;
    this.runs = runs;
  }

  void add(Row row) {
    rows.add(row.markdown());
    System.err.println(row.markdown());
  }

  /** Says that something is not in the table. */
  void skipped(String what, @Nullable String why) {
    skipped.add("skipped: " + what + " (" + why + ")");
    System.err.println(skipped.getLast());
  }

  /** Returns the table, with what it takes to judge it. */
  String markdown() {
    var text = new StringBuilder();
    text.append("| measurement | nexus | other program | ratio | target | |\n");
    text.append("|---|---|---|---|---|---|\n");
    rows.forEach(row -> text.append(row).append('\n'));
    if (!skipped.isEmpty()) {
      text.append('\n');
      skipped.forEach(line -> text.append("* ").append(line).append('\n'));
    }
    text.append("\nMedian (smallest..largest) of ").append(runs).append(" runs. ");
    text.append(machine.sentence()).append('\n');
    return text.toString();
  }
}
