package nexus.cas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import nexus.linux.LinuxPath;
import nexus.merkle.Digest;
import nexus.merkle.Length;
import nexus.merkle.MerkleEntry;
import nexus.merkle.Verdict;
import nexus.merkle.Xxh3;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TaintLogTest {
  @TempDir(factory = InMemory.class)
  Path folder;

  // Mutable state
  private TestStore store;
  private TaintLog log;
  private final AtomicLong seconds = new AtomicLong(1_700_000_000);

  @BeforeEach
  void open() throws Exception {
    store = new TestStore(folder.resolve("home"));
    log = new TaintLog(store.home, () -> Instant.ofEpochSecond(seconds.getAndIncrement()));
  }

  @AfterEach
  void close() {
    store.close();
  }

  private static Digest digest(String pair) throws Exception {
    return Digest.parse(pair.repeat(32));
  }

  private static TaintRecord record(TaintRecord.Outcome outcome) throws Exception {
    var file =
        new TreeEntry.RegularFile(
            LinuxPath.of("bin/ed\"it"),
            true,
            new MerkleEntry(1 << 20, digest("ab"), new Xxh3(1, 2)));
    var verdict =
        new Verdict.TaintedChunks(
            Length.SHORT,
            List.of(
                new Verdict.TaintedChunk(0, digest("01"), digest("02")),
                new Verdict.TaintedChunk(1, digest("03"), null)));
    return TaintRecord.of(
        new Finding.TaintedFile(file, verdict),
        Instant.ofEpochSecond(5),
        new TaintCause.Launch("editor"),
        digest("cd"),
        outcome);
  }

  private Path only() throws Exception {
    try (var files = Files.list(store.path.resolve("state/taints"))) {
      return files.toList().getFirst();
    }
  }

  @Test
  void writesWhatItReads() throws Exception {
    List<TaintRecord> records =
        List.of(
            record(new TaintRecord.Outcome.Healed("https://mirror")),
            record(new TaintRecord.Outcome.NotHealed(List.of("one", "two"))),
            TaintRecord.of(
                new Finding.Unexpected(LinuxPath.of("x"), "a fifo"),
                Instant.ofEpochSecond(6, 7000),
                new TaintCause.Verify(),
                digest("cd"),
                new TaintRecord.Outcome.Healed("this store")));
    log.add(records);

    assertThat(log.newest(10)).isEqualTo(records);
    assertThat(log.newest(1)).isEqualTo(records.subList(2, 3));
  }

  @Test
  void isJsonThatPeopleCanRead() throws Exception {
    log.add(List.of(record(new TaintRecord.Outcome.Healed("https://mirror"))));

    assertThat(only()).hasFileName("20231114T221320.000000Z.json");
    assertThat(Files.readString(only()))
        .isEqualTo(
            """
            {
              "version" : 1,
              "taints" : [ {
                "when" : "1970-01-01T00:00:05Z",
                "by" : "launch of editor",
                "tree" : "%s",
                "path" : "bin/ed\\"it",
                "problem" : "is too short, has 2 tainted chunks: 0, 1",
                "object" : "%s",
                "taintedChunks" : 2,
                "chunks" : [ {
                  "index" : 0,
                  "expected" : "%s",
                  "found" : "%s"
                }, {
                  "index" : 1,
                  "expected" : "%s"
                } ],
                "healedFrom" : "https://mirror"
              } ]
            }"""
                .formatted(digest("cd"), digest("ab"), digest("01"), digest("02"), digest("03")));
  }

  @Test
  void writesNothingAboutNothing() throws Exception {
    log.add(List.of());

    assertThat(store.path.resolve("state/taints")).isEmptyDirectory();
    assertThat(log.newest(1)).isEmpty();
  }

  @Test
  void isBounded() throws Exception {
    var many = new ArrayList<TaintRecord>();
    for (int i = 0; i < TaintLog.MAX_RECORDS + 5; i++) {
      many.add(record(new TaintRecord.Outcome.Healed("a")));
    }
    log.add(many);
    assertThat(log.newest(Integer.MAX_VALUE)).hasSize(TaintLog.MAX_RECORDS);
    Path first = only();
    for (int i = 0; i < TaintLog.MAX_FILES; i++) {
      Files.createFile(store.path.resolve("state/taints/2" + (1000 + i) + ".json"));
    }

    log.add(many.subList(0, 1));

    assertThat(first).doesNotExist();
    try (var files = Files.list(store.path.resolve("state/taints"))) {
      assertThat(files).hasSize(TaintLog.MAX_FILES);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "{\"version\":2}",
        "{\"other\":1}",
        "{\"taints\":[{}]}",
        "{\"taints\":[{\"when\":\"yesterday\"}]}",
        "{\"taints\":[{\"tree\":\"xyz\"}]}",
        "{\"taints\":[{\"chunks\":[{\"index\":-1}]}]}",
        "{\"taints\":[{\"chunks\":[{\"index\":99999999999}]}]}",
      })
  void namesTheFileThatIsNoneOfOurs(String json) throws Exception {
    Path file = store.path.resolve("state/taints/1.json");
    Files.writeString(file, json, StandardCharsets.UTF_8);

    assertThatExceptionOfType(StoreException.Malformed.class)
        .isThrownBy(() -> log.newest(1))
        .withMessageStartingWith(file + " is no taint record: ");
  }
}
