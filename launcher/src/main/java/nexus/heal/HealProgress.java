package nexus.heal;

import nexus.fetch.MirrorUrl;
import nexus.linux.LinuxPath;

/** Is told how healing goes on, on the thread that heals. */
public interface HealProgress {
  /** Says nothing to nobody. */
  HealProgress NONE = new HealProgress() {};

  /**
   * Notes that bytes of a file are about to be fetched.
   *
   * @param chunks how many
   * @param bytes of them together
   */
  default void fetching(LinuxPath path, MirrorUrl mirror, int chunks, long bytes) {}

  /** Notes that {@code bytes} more bytes have come from the mirror. */
  default void fetched(MirrorUrl mirror, long bytes) {}

  /** Notes that a source was of no use; the sentence says why. */
  default void complaint(String sentence) {}

  /** Notes what became of a finding. */
  default void finished(HealReport.Item item) {}
}
