package nexus.bench;

import java.io.IOException;

/** Measures something. */
@FunctionalInterface
interface Benchmark {
  /** Adds rows to the report, and says what it had to skip. */
  void measure(Workbench bench, int runs, Report report) throws IOException, InterruptedException;
}
