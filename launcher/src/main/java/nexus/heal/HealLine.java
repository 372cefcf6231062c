package nexus.heal;

import java.util.function.Consumer;
import nexus.fetch.MirrorUrl;
import nexus.fetch.ProgressLine;
import nexus.linux.LinuxPath;

/** Shows how healing goes on: a progress line, and complaints about sources as sentences. */
public final class HealLine implements HealProgress {
  private final ProgressLine line;
  private final Consumer<String> sentences;

  // Mutable state
  private long total;

  /**
   * Shows nothing yet.
   *
   * @param line erased when something else is said
   * @param sentences takes what is said
   */
  public HealLine(ProgressLine line, Consumer<String> sentences) {
    this.line = line;
    this.sentences = sentences;
  }

  @Override
  public void fetching(LinuxPath path, MirrorUrl mirror, int chunks, long bytes) {
    total += bytes;
    line.total(0, total);
  }

  @Override
  public void fetched(MirrorUrl mirror, long bytes) {
    line.addBytes(bytes);
  }

  @Override
  public void complaint(String sentence) {
    line.close();
    sentences.accept(sentence);
  }

  @Override
  public void finished(HealReport.Item item) {
    line.close();
  }
}
