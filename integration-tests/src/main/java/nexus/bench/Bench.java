package nexus.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The program behind {@code nexus bench}. */
final class Bench {
  private static final int DEFAULT_RUNS = 20;
  private static final int FAILURE = 1;
  private static final int USAGE = 2;
  private static final String HELP =
      """
      Usage: nexus bench [--runs N] [--write]
      Measure nexus against other programs and print a table.
            --runs N   How often each program is run. Default: 20.
            --write    Also put the table into docs/benchmarks.md.
      """;
  private static final String START =
      "<!-- nexus bench --write replaces what is between here -->\n";
  private static final String END = "<!-- and here -->\n";

  private record Options(int runs, boolean write) {}

  private Bench() {}

  public static void main(String[] arguments) throws InterruptedException {
    List<String> words = List.of(arguments).subList(1, arguments.length);
    if (words.contains("--help") || words.contains("-h")) {
      System.out.print(HELP);
      return;
    }
    Options options;
    try {
      options = parse(words);
    } catch (IllegalArgumentException e) {
      System.err.println("nexus: " + e.getMessage() + "; see nexus bench --help");
      System.exit(USAGE);
      return;
    }
    try {
      Path root = Path.of(arguments[0]);
      String table = measure(root, options.runs());
      System.out.print(table);
      if (options.write()) {
        write(root.resolve("docs/benchmarks.md"), table);
      }
    } catch (IOException e) {
      System.err.println("nexus: " + e.getMessage());
      System.exit(FAILURE);
    }
  }

  private static Options parse(List<String> words) {
    int runs = DEFAULT_RUNS;
    boolean write = false;
    for (int i = 0; i < words.size(); i++) {
      switch (words.get(i)) {
        case "--write" -> write = true;
        case "--runs" -> {
          i++;
          if (i == words.size() || !words.get(i).matches("[1-9][0-9]{0,5}")) {
            throw new IllegalArgumentException("--runs wants a number, 1 or more");
          }
          runs = Integer.parseInt(words.get(i));
        }
        default -> throw new IllegalArgumentException("unknown option " + words.get(i));
      }
    }
    return new Options(runs, write);
  }

  private static String measure(Path root, int runs) throws IOException, InterruptedException {
    try (Workbench bench = Workbench.open(root)) {
      var report = new Report(Machine.here(root, bench), runs);
      for (Benchmark benchmark : List.of(new Verification(), new Launch(), new Memory())) {
        benchmark.measure(bench, runs, report);
      }
      return report.markdown();
    }
  }

  private static void write(Path document, String table) throws IOException {
    String text = Files.readString(document);
    int start = text.indexOf(START);
    int end = text.indexOf(END);
    if (start < 0 || end < start) {
      throw new IOException(document + " has no place for the table");
    }
    Files.writeString(
        document, text.substring(0, start + START.length()) + table + text.substring(end));
  }
}
