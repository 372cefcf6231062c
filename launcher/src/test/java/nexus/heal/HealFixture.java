package nexus.heal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import nexus.cas.Finding;
import nexus.cas.TaintCause;
import nexus.cas.TestStore;
import nexus.fetch.FetchLimits;
import nexus.fetch.Fetcher;
import nexus.fetch.Mirror;
import nexus.fetch.MirrorExport;
import nexus.fetch.MirrorUrl;
import nexus.linux.LinuxPath;

/** A store, a mirror of it in a folder, and a healer that can be given other mirrors. */
final class HealFixture implements AutoCloseable {
  /** Short enough for tests that wait for them to run out. */
  static final FetchLimits IMPATIENT =
      new FetchLimits(
          Duration.ofMillis(500), Duration.ofMillis(500), Duration.ofMillis(1000), 1 << 20, 3);

  static final TaintCause CAUSE = new TaintCause.Launch("editor");

  final TestStore store;
  final Path mirror;
  final Fetcher fetcher;

  HealFixture(Path folder) throws IOException {
    this.store = new TestStore(folder.resolve("home"));
    this.mirror = folder.resolve("mirror");
    this.fetcher = new Fetcher(IMPATIENT, Map.of());
  }

  /** Installs a tree and exports it to the mirror. */
  TestStore.Tree install(Map<String, byte[]> files) throws Exception {
    TestStore.Tree tree = store.install(files);
    MirrorExport.Summary summary =
        new MirrorExport(store.home, _ -> {})
            .export(List.of(tree.digest()), LinuxPath.of(mirror.toString()));
    assertThat(summary.refused()).isEmpty();
    return tree;
  }

  Healer healer(String... mirrors) throws Exception {
    var opened = new ArrayList<Mirror>();
    for (String each : mirrors) {
      opened.add(fetcher.mirror(MirrorUrl.parse(each)));
    }
    return new Healer(store.home, store.hasher, opened, InstantSource.system(), HealProgress.NONE);
  }

  String mirrorUrl() {
    return "file://" + mirror;
  }

  /** Verifies and heals. */
  HealReport heal(TestStore.Tree tree, String... mirrors) throws Exception {
    return heal(tree, store.verify(tree), mirrors);
  }

  HealReport heal(TestStore.Tree tree, List<Finding> findings, String... mirrors) throws Exception {
    return healer(mirrors).heal(tree.digest(), tree.manifest(), findings, CAUSE);
  }

  /** Asserts that a tree is good, that its files are links to objects, and that nothing is left. */
  void assertGood(TestStore.Tree tree) throws Exception {
    assertThat(store.verify(tree)).isEmpty();
    for (var file : tree.manifest().files()) {
      Path object = store.object(file.object());
      assertThat(TestStore.sameInode(object, tree.file(file.path().toString()))).isTrue();
    }
    assertThat(store.staged()).isEmpty();
  }

  /** Returns what became of a path. */
  static HealReport.Result result(HealReport report, String path) {
    Map<String, HealReport.Result> results = new HashMap<>();
    report.items().forEach(i -> results.put(i.finding().path().toString(), i.result()));
    return Objects.requireNonNull(results.get(path), path + " is not in " + report);
  }

  /** Returns the sentences of a report in which a path is not healed. */
  static List<String> reasons(HealReport report, String path) {
    assertThat(result(report, path)).isInstanceOf(HealReport.NotHealed.class);
    return ((HealReport.NotHealed) result(report, path)).reasons();
  }

  /** Copies the mirror, so that a test can damage it. */
  Path copyOfMirror(Path to) throws IOException {
    try (var files = Files.walk(mirror)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(mirror.relativize(file).toString()));
      }
    }
    return to;
  }

  @Override
  public void close() {
    fetcher.close();
    store.close();
  }
}
