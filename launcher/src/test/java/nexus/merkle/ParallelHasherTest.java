package nexus.merkle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class ParallelHasherTest {

  private static final int CHUNK = FsVerity.CHUNK_SIZE;

  private final ParallelHasher hasher = new ParallelHasher(3);

  @AfterEach
  void close() {
    hasher.close();
  }

  static LongStream seeds() {
    return Seeds.fixedAndFresh(30);
  }

  @ParameterizedTest(name = "{0} threads")
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void anyNumberOfThreadsFindsWhatOneByOneWouldBeFound(int threads) throws Exception {
    Random random = new Random(threads);
    List<FakeFile> files =
        Stream.generate(() -> FakeFile.intact(Seeds.bytes(random, Seeds.size(random, 5 << 20))))
            .limit(60)
            .toList();
    try (ParallelHasher some = new ParallelHasher(threads)) {
      Map<FakeFile, Verdict> verdicts = Verdicts.of(some, files);
      assertThat(verdicts.values()).hasSize(60).allMatch(Verdict.Good.class::isInstance);
      some.hash(
          files.iterator(),
          (file, result) -> {
            HashResult.Hashed hashed = (HashResult.Hashed) result;
            byte[] content = file.content;
            assertThat(hashed.entry())
                .isEqualTo(
                    new MerkleEntry(
                        content.length, file.expected(), Xxh3.of(content, content.length)));
            assertThat(hashed.map().chunks().stream().map(ChunkMap.Chunk::xxh3))
                .isEqualTo(chunkXxh3(content));
            assertThat(FsVerity.digest(content.length, hashed.map().digests()))
                .isEqualTo(file.expected());
          });
    }
    assertThat(files).allMatch(file -> file.opened.get() == 2 && file.closed.get() == 2);
  }

  private static List<Xxh3> chunkXxh3(byte[] content) {
    List<Xxh3> values = new ArrayList<>();
    for (int from = 0; from < content.length; from += CHUNK) {
      byte[] chunk = new byte[Math.min(CHUNK, content.length - from)];
      System.arraycopy(content, from, chunk, 0, chunk.length);
      values.add(Xxh3.of(chunk, chunk.length));
    }
    return values;
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void anyFlippedBitIsFoundInItsChunk(long seed) throws Exception {
    Random random = new Random(seed);
    FakeFile file = withMap(Seeds.bytes(random, Seeds.size(random, 5 << 20)));
    int index = random.nextInt(file.content.length);
    file.content[index] ^= (byte) (1 << random.nextInt(8));

    assertThat(verdict(file))
        .isInstanceOfSatisfying(
            Verdict.TaintedChunks.class,
            tainted -> {
              assertThat(tainted.length()).isEqualTo(Length.EXACT);
              assertThat(tainted.chunks())
                  .singleElement()
                  .satisfies(
                      chunk -> {
                        assertThat(chunk.index()).isEqualTo(index / CHUNK);
                        assertThat(chunk.found()).isNotNull().isNotEqualTo(chunk.expected());
                      });
            });
  }

  @Test
  void everyDamagedChunkIsListedInOrder() throws Exception {
    FakeFile file = withMap(Seeds.bytes(new Random(1), 9 * CHUNK + 1));
    file.content[9 * CHUNK]++;
    file.content[0]++;
    file.content[4 * CHUNK - 1]++;

    assertThat(taintedChunks(file))
        .extracting(Verdict.TaintedChunk::index)
        .containsExactly(0, 3, 9);
  }

  @Test
  void withoutAMapTheWholeFileIsTainted() throws Exception {
    byte[] content = Seeds.bytes(new Random(1), 3 * CHUNK);
    FakeFile file = FakeFile.intact(content);
    content[CHUNK]++;

    assertThat(verdict(file))
        .isEqualTo(new Verdict.TaintedFile(Length.EXACT, ReferenceVerity.digest(content), null));
  }

  @Test
  void aMapOfAnotherObjectIsNotBelieved() throws Exception {
    byte[] content = Seeds.bytes(new Random(1), 2 * CHUNK);
    Digest expected = ReferenceVerity.digest(content);
    content[0]++;
    // The attacker's map says that the damaged content is the right one.
    FakeFile file = new FakeFile(content, content.length, expected, mapOf(content));

    assertThat(verdict(file))
        .isInstanceOfSatisfying(
            Verdict.TaintedFile.class,
            tainted ->
                assertThat(tainted.mapFailure())
                    .isInstanceOf(MerkleException.ForgedChunkMap.class));
  }

  @Test
  void aMapThatCannotBeReadIsReportedWithTheTaint() throws Exception {
    IOException failure = new IOException("map lost");
    FakeFile file =
        new FakeFile(new byte[10], 10, Digest.ZERO, null) {
          @Override
          public Optional<ChunkMap> chunkMap() throws IOException {
            throw failure;
          }
        };

    assertThat(verdict(file))
        .isInstanceOfSatisfying(
            Verdict.TaintedFile.class,
            tainted -> assertThat(tainted.mapFailure()).isSameAs(failure));
  }

  @Test
  void aMapIsNotBelievedIfTheSizeAskedForIsNotTheObjects() throws Exception {
    byte[] content = Seeds.bytes(new Random(1), 2 * CHUNK);
    FakeFile file =
        new FakeFile(content, content.length - 1, ReferenceVerity.digest(content), mapOf(content));

    assertThat(verdict(file))
        .isInstanceOfSatisfying(
            Verdict.TaintedFile.class,
            tainted -> {
              assertThat(tainted.length()).isEqualTo(Length.LONG);
              assertThat(tainted.mapFailure())
                  .isInstanceOf(MerkleException.MalformedChunkMap.class);
            });
  }

  @ParameterizedTest(name = "{0} bytes")
  @ValueSource(ints = {1, 100, 4096, 4097, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 5})
  void aFileThatEndsEarlyIsTaintedFromThereOn(int size) throws Exception {
    byte[] content = Seeds.bytes(new Random(size), size);
    byte[] shorter = Arrays.copyOf(content, size - 1);
    Digest expected = ReferenceVerity.digest(content);

    assertThat(verdict(new FakeFile(shorter, size, expected, null)))
        .isEqualTo(new Verdict.TaintedFile(Length.SHORT, null, null));
    assertThat(verdict(new FakeFile(shorter, size, expected, mapOf(content))))
        .isInstanceOfSatisfying(
            Verdict.TaintedChunks.class,
            tainted -> {
              assertThat(tainted.length()).isEqualTo(Length.SHORT);
              assertThat(tainted.chunks())
                  .singleElement()
                  .satisfies(
                      chunk -> {
                        assertThat(chunk.index()).isEqualTo((size - 1) / CHUNK);
                        assertThat(chunk.found()).isNull();
                      });
            });
  }

  @ParameterizedTest(name = "{0} bytes")
  @ValueSource(ints = {0, 1, 4095, 4096, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK})
  void aFileThatGoesOnIsTaintedThoughAllItsChunksAreGood(int size) throws Exception {
    byte[] content = Seeds.bytes(new Random(size), size);
    byte[] longer = Arrays.copyOf(content, size + 1);
    Digest expected = ReferenceVerity.digest(content);

    assertThat(verdict(new FakeFile(longer, size, expected, null)))
        .isEqualTo(new Verdict.TaintedFile(Length.LONG, null, null));
    assertThat(verdict(new FakeFile(longer, size, expected, mapOf(content))))
        .isEqualTo(new Verdict.TaintedChunks(Length.LONG, List.of()));
  }

  @Test
  void anEmptyFileWhereThereShouldBeALargeOneIsTaintedInAllItsChunks() throws Exception {
    byte[] content = Seeds.bytes(new Random(1), 3 * CHUNK);
    FakeFile file =
        new FakeFile(new byte[0], content.length, ReferenceVerity.digest(content), mapOf(content));

    assertThat(taintedChunks(file))
        .extracting(Verdict.TaintedChunk::index)
        .containsExactly(0, 1, 2);
  }

  @ParameterizedTest(name = "{0} bytes instead of 600000")
  @ValueSource(ints = {0, 4096, CHUNK, 599_999, 600_001, 2_000_000})
  void hashingRefusesAFileWhoseSizeHasChanged(int size) {
    assertThatExceptionOfType(MerkleException.WrongSize.class)
        .isThrownBy(() -> hasher.hash(FakeFile.source(new byte[size]), 600_000))
        .withMessage("expected 600000 bytes, found " + (size < 600_000 ? "fewer" : "more"));
  }

  @ParameterizedTest(name = "bytes up to {0} can be read")
  @ValueSource(ints = {0, 1, CHUNK, 3 * CHUNK, 7 * CHUNK})
  void aFileThatCannotBeReadDoesNotKeepOthersFromTheirVerdict(int readable) throws Exception {
    IOException failure = new IOException("bad sector");
    byte[] content = Seeds.bytes(new Random(1), 8 * CHUNK);
    FakeFile bad =
        new FakeFile(content, content.length, ReferenceVerity.digest(content), null) {
          @Override
          int read(long offset, byte[] buffer, int length) throws IOException {
            if (offset + length > readable) {
              throw failure;
            }
            return super.read(offset, buffer, length);
          }
        };
    FakeFile before = FakeFile.intact(content);
    FakeFile after = FakeFile.intact(new byte[0]);

    Map<FakeFile, Verdict> verdicts = Verdicts.of(hasher, List.of(before, bad, after));

    assertThat(verdicts)
        .containsEntry(before, new Verdict.Good())
        .containsEntry(bad, new Verdict.Unreadable(failure))
        .containsEntry(after, new Verdict.Good());
    assertThat(bad.closed).hasValue(1);
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> hasher.hash(bad::read, content.length))
        .isSameAs(failure);
  }

  @Test
  void aFileThatCannotBeOpenedIsUnreadableAndNotClosed() throws Exception {
    IOException failure = new IOException("no such file");
    FakeFile file =
        new FakeFile(new byte[0], 5L * CHUNK, Digest.ZERO, null) {
          @Override
          public OpenSource open() throws IOException {
            throw failure;
          }
        };

    assertThat(verdict(file)).isEqualTo(new Verdict.Unreadable(failure));
    assertThat(file.closed).hasValue(0);
  }

  @Test
  void noMoreFilesAreOpenThanThereAreThreads() throws Exception {
    AtomicInteger open = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Random random = new Random(1);
    byte[] largest = Seeds.bytes(random, 4 * CHUNK);
    class Counted extends FakeFile {
      Counted(int size) {
        super(largest, size, Digest.ZERO, null);
      }

      @Override
      public OpenSource open() throws IOException {
        most.accumulateAndGet(open.incrementAndGet(), Math::max);
        OpenSource source = super.open();
        return new OpenSource() {
          @Override
          public int read(long offset, byte[] buffer, int length) throws IOException {
            return source.read(offset, buffer, length);
          }

          @Override
          public void close() throws IOException {
            open.decrementAndGet();
            source.close();
          }
        };
      }
    }
    Stream<Counted> files =
        IntStream.range(0, 3000).mapToObj(_ -> new Counted(Seeds.size(random, largest.length)));

    hasher.verify(files.iterator(), (_, _) -> {});

    assertThat(most).hasValueBetween(1, 3);
    assertThat(open).hasValue(0);
  }

  @ParameterizedTest(name = "{0} bytes")
  @ValueSource(ints = {0, 1, CHUNK, CHUNK + 1, 20 * CHUNK - 1})
  void hashingReadsEachByteOnceAndInOrder(int size) throws Exception {
    byte[] content = Seeds.bytes(new Random(size), size);
    ByteArrayOutputStream seen = new ByteArrayOutputStream();
    ByteSource source = FakeFile.source(content);

    hasher.hash(
        (offset, buffer, length) -> {
          assertThat(offset).isEqualTo(seen.size());
          int count = source.read(offset, buffer, length);
          seen.write(buffer, 0, count);
          return count;
        },
        size);

    assertThat(seen.toByteArray()).isEqualTo(content);
  }

  @Test
  void oneThreadVerifiesStrictlyForward() throws Exception {
    List<Long> offsets = new ArrayList<>();
    FakeFile file =
        new FakeFile(new byte[5 * CHUNK], 5 * CHUNK, Digest.ZERO, null) {
          @Override
          int read(long offset, byte[] buffer, int length) throws IOException {
            offsets.add(offset);
            return super.read(offset, buffer, length);
          }
        };
    try (ParallelHasher one = new ParallelHasher(1)) {
      Verdicts.of(one, List.of(file));
    }
    assertThat(offsets).isSorted().hasSize(5);
  }

  @Test
  void progressAddsUpAndTheListenerIsNeverCalledTwiceAtOnce() throws Exception {
    byte[] content = new byte[3 * CHUNK + 1];
    AtomicLong bytes = new AtomicLong();
    AtomicBoolean busy = new AtomicBoolean();
    AtomicInteger finished = new AtomicInteger();
    ParallelHasher.Listener<FakeFile, Verdict> listener =
        new ParallelHasher.Listener<>() {
          @Override
          public void finished(FakeFile file, Verdict verdict) {
            enter();
            finished.incrementAndGet();
            assertThat(file.closed).hasValue(1);
            leave();
          }

          @Override
          public void progress(long more) {
            enter();
            bytes.addAndGet(more);
            leave();
          }

          private void enter() {
            assertThat(busy.getAndSet(true)).isFalse();
            Thread.onSpinWait();
          }

          private void leave() {
            busy.set(false);
          }
        };

    hasher.verify(
        IntStream.range(0, 100)
            .mapToObj(number -> FakeFile.intact(number % 2 == 0 ? content : new byte[number]))
            .iterator(),
        listener);

    assertThat(bytes).hasValue(50L * content.length + 2500);
    assertThat(finished).hasValue(100);
  }

  @Test
  void noFilesAreDoneAtOnce() throws Exception {
    assertThat(Verdicts.of(hasher, List.of())).isEmpty();
  }

  @Test
  void aHundredThousandFilesAreTakenOneByOne() throws Exception {
    AtomicInteger made = new AtomicInteger();
    AtomicInteger finished = new AtomicInteger();
    AtomicInteger mostAhead = new AtomicInteger();
    byte[] content = new byte[7];
    Digest expected = ReferenceVerity.digest(content);
    Iterator<FakeFile> files =
        IntStream.range(0, 100_000)
            .mapToObj(
                _ -> {
                  mostAhead.accumulateAndGet(made.incrementAndGet() - finished.get(), Math::max);
                  return new FakeFile(content, 7, expected, null);
                })
            .iterator();

    hasher.verify(
        files,
        (_, verdict) -> {
          assertThat(verdict).isInstanceOf(Verdict.Good.class);
          finished.incrementAndGet();
        });

    assertThat(finished).hasValue(100_000);
    assertThat(mostAhead).hasValueBetween(1, 3 + 1);
  }

  @Test
  void aSourceThatIsLentStaysOpen() throws Exception {
    FakeFile file = FakeFile.intact(new byte[10]);
    try (OpenSource open = file.open()) {
      open.lent().close();
      assertThat(file.closed).hasValue(0);
    }
    assertThat(file.closed).hasValue(1);
  }

  @Test
  void refusesToHaveNoThreads() {
    assertThatIllegalArgumentException().isThrownBy(() -> new ParallelHasher(0));
  }

  @Test
  void refusesWorkOnceItIsClosed() {
    hasher.close();
    hasher.close();

    assertThatIllegalStateException()
        .isThrownBy(() -> hasher.hash(FakeFile.source(new byte[1]), 1))
        .withMessage("the hasher is closed");
  }

  private Verdict verdict(FakeFile file) throws InterruptedException {
    return Objects.requireNonNull(Verdicts.of(hasher, List.of(file)).get(file));
  }

  private List<Verdict.TaintedChunk> taintedChunks(FakeFile file) throws InterruptedException {
    return ((Verdict.TaintedChunks) verdict(file)).chunks();
  }

  private FakeFile withMap(byte[] content) throws Exception {
    return new FakeFile(content, content.length, ReferenceVerity.digest(content), mapOf(content));
  }

  private ChunkMap mapOf(byte[] content) throws Exception {
    return hasher.hash(FakeFile.source(content), content.length).map();
  }
}
