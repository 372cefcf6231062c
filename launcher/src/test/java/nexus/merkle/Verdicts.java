package nexus.merkle;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;

/** What a hasher says about some files. */
final class Verdicts {

  /** Verifies the files and returns the verdict on each. */
  static Map<FakeFile, Verdict> of(ParallelHasher hasher, Iterable<FakeFile> files)
      throws InterruptedException {
    Map<FakeFile, Verdict> verdicts = new HashMap<>();
    hasher.verify(
        files.iterator(), (file, verdict) -> assertThat(verdicts.put(file, verdict)).isNull());
    return verdicts;
  }

  private Verdicts() {}
}
