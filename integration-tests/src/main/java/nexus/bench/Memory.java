package nexus.bench;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Random;
import nexus.bench.Series.Quantity;

/** The peak memory of the verification of an app with a large file in it. */
final class Memory implements Benchmark {
  private static final long FILE_BYTES = 2L << 30;
  private static final int BLOCK_BYTES = 4096;

  /** So far from one block of random bytes to the next: in between, the source is a hole. */
  private static final long STEP_BYTES = 1 << 20;

  private static final double LIMIT_BYTES = 128e6;

  @Override
  public void measure(Workbench bench, int runs, Report report)
      throws IOException, InterruptedException {
    String measurement = "peak resident memory of verifying an app with a file of 2 GiB";
    if (Files.getFileStore(bench.folder()).getUsableSpace() < 2 * FILE_BYTES) {
      report.skipped(measurement, "less than 4 GiB are free in target");
      return;
    }
    Path tree = Files.createDirectory(bench.folder().resolve("big"));
    fill(tree.resolve("large"));
    Path program = Files.writeString(tree.resolve("program"), "#!/bin/sh\n");
    program.toFile().setExecutable(true);
    bench.run(bench.nexus(), "import", tree, "--name", "big", "--entrypoint", "program");
    Program nexus = Program.of("nexus verify", bench.nexus(), "verify", "big");
    List<Sample> samples = bench.interleave(List.of(nexus), runs).getOrDefault(nexus, List.of());
    report.add(
        Row.limit(
            measurement, Quantity.MEMORY, Series.of(samples, Sample::peakBytes), LIMIT_BYTES));
  }

  private static void fill(Path file) throws IOException {
    var random = new Random(1);
    byte[] block = new byte[BLOCK_BYTES];
    try (FileChannel out =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE)) {
      for (long offset = STEP_BYTES - BLOCK_BYTES; offset < FILE_BYTES; offset += STEP_BYTES) {
        random.nextBytes(block);
        out.write(ByteBuffer.wrap(block), offset);
      }
    }
  }
}
