package nexus.merkle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** How calls end before their work does, and how several share the threads. */
@Timeout(60)
final class ParallelHasherEndTest {

  private static final int CHUNK = FsVerity.CHUNK_SIZE;

  private final ParallelHasher hasher = new ParallelHasher(2);

  @AfterEach
  void close() {
    hasher.close();
  }

  static LongStream seeds() {
    return Seeds.fixedAndFresh(20);
  }

  /** A file whose every read waits until the test lets it go on. */
  private static final class SlowFile extends FakeFile {
    final CountDownLatch reached = new CountDownLatch(1);
    final CountDownLatch goOn = new CountDownLatch(1);
    final AtomicInteger reads = new AtomicInteger();

    SlowFile(int chunks) {
      super(new byte[chunks * CHUNK], (long) chunks * CHUNK, Digest.ZERO, null);
    }

    @Override
    int read(long offset, byte[] buffer, int length) throws IOException {
      reads.incrementAndGet();
      reached.countDown();
      await(goOn);
      return super.read(offset, buffer, length);
    }
  }

  /** Waits on a worker thread, but not forever: a test that fails must not hang. */
  private static void await(CountDownLatch latch) throws IOException {
    try {
      if (!latch.await(20, TimeUnit.SECONDS)) {
        throw new IOException("nobody said to go on");
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  @Test
  void anInterruptedCallWaitsForReadsUnderWayAndStartsNothingElse() throws Exception {
    SlowFile slow = new SlowFile(1000);
    AtomicInteger calls = new AtomicInteger();
    FutureTask<Boolean> call =
        new FutureTask<>(
            () -> {
              hasher.verify(List.of(slow).iterator(), (_, _) -> calls.incrementAndGet());
              return true;
            });
    Thread caller = Thread.ofPlatform().daemon().start(call);
    slow.reached.await();
    caller.interrupt();
    caller.join(100);
    assertThat(caller.isAlive()).as("a read is under way").isTrue();

    slow.goOn.countDown();
    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(call::get)
        .withCauseInstanceOf(InterruptedException.class);

    assertThat(slow.reads).as("one for each thread").hasValueBetween(1, 2);
    assertThat(slow.opened).hasValue(1);
    assertThat(slow.closed).hasValue(1);
    assertThat(calls).hasValue(0);
    assertThatNoException().isThrownBy(() -> hasher.hash(FakeFile.source(new byte[1]), 1));
  }

  @Test
  void anInterruptedCallClosesTheFileThatNoThreadIsAt() throws Exception {
    CountDownLatch bothOpened = new CountDownLatch(2);
    CountDownLatch bothAtOneFile = new CountDownLatch(2);
    CountDownLatch goOn = new CountDownLatch(1);
    class Large extends FakeFile {
      Large() {
        super(new byte[0], 1000L * CHUNK, Digest.ZERO, null);
      }

      @Override
      public OpenSource open() throws IOException {
        bothOpened.countDown();
        await(bothOpened);
        return super.open();
      }

      @Override
      int read(long offset, byte[] buffer, int length) throws IOException {
        if (offset > 0) {
          bothAtOneFile.countDown();
          await(goOn);
        }
        return super.read(offset, buffer, length);
      }
    }
    List<Large> files = List.of(new Large(), new Large());
    FutureTask<Boolean> call = verifying(files.toArray(FakeFile[]::new));
    bothAtOneFile.await();

    call.cancel(true);
    goOn.countDown();
    hasher.close();

    assertThat(files).allMatch(file -> file.opened.get() == 1 && file.closed.get() == 1);
  }

  @Test
  void aCallFromAnInterruptedThreadOpensNothingOnItsWayOut() throws Exception {
    FakeFile file = FakeFile.intact(new byte[1]);
    Thread.currentThread().interrupt();

    assertThatExceptionOfType(InterruptedException.class)
        .isThrownBy(() -> hasher.verify(List.of(file).iterator(), (_, _) -> {}));

    assertThat(file.opened.get()).isEqualTo(file.closed.get());
  }

  @Test
  void closingEndsCallsThatAreUnderWay() throws Exception {
    SlowFile slow = new SlowFile(1000);
    FutureTask<Boolean> call = verifying(slow);
    slow.reached.await();
    Thread closer = Thread.ofPlatform().start(hasher::close);
    closer.join(100);
    assertThat(closer.isAlive()).as("a read is under way").isTrue();

    slow.goOn.countDown();
    closer.join();

    assertThatExceptionOfType(ExecutionException.class)
        .isThrownBy(call::get)
        .withCauseInstanceOf(CancellationException.class);
    assertThat(slow.closed).hasValue(1);
  }

  @Test
  void closingLeavesNoThread() throws Exception {
    List<Thread> threads = new ArrayList<>();
    hasher.verify(
        Collections.nCopies(100, FakeFile.intact(new byte[1])).iterator(),
        (_, _) -> threads.add(Thread.currentThread()));
    assertThat(threads)
        .allSatisfy(
            thread -> {
              assertThat(thread.getName()).matches("nexus-hash-[12]");
              assertThat(thread.isDaemon()).isTrue();
            });

    hasher.close();

    assertThat(threads).noneMatch(Thread::isAlive);
  }

  @Test
  void anInterruptWhileClosingIsKept() {
    Thread.currentThread().interrupt();

    hasher.close();

    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void aLaterCallGetsTheThreadThatAnEarlierOneLeavesIdle() throws Exception {
    SlowFile slow = new SlowFile(1);
    FutureTask<Boolean> earlier = verifying(slow);
    slow.reached.await();

    assertThatNoException().isThrownBy(() -> hasher.hash(FakeFile.source(new byte[1]), 1));

    assertThat(earlier.isDone()).isFalse();
    slow.goOn.countDown();
    assertThat(earlier.get()).isTrue();
  }

  @Test
  void aShortCallDoesNotWaitForTheEndOfALongOne() throws Exception {
    AtomicBoolean shortCallDone = new AtomicBoolean();
    CountDownLatch longCallStarted = new CountDownLatch(1);
    FakeFile large = new FakeFile(new byte[0], 10L * CHUNK, Digest.ZERO, null);
    Iterator<FakeFile> untilTheShortCallIsDone =
        Stream.generate(() -> large).takeWhile(_ -> !shortCallDone.get()).iterator();
    FutureTask<Boolean> longCall =
        new FutureTask<>(
            () -> {
              hasher.verify(untilTheShortCallIsDone, (_, _) -> longCallStarted.countDown());
              return true;
            });
    Thread.ofPlatform().daemon().start(longCall);
    longCallStarted.await();

    hasher.hash(FakeFile.source(new byte[20 * CHUNK]), 20L * CHUNK);

    shortCallDone.set(true);
    assertThat(longCall.get()).isTrue();
  }

  @Test
  void anInterruptedCallThatHasNoReadUnderWayDoesNotWaitForThoseOfOthers() throws Exception {
    List<SlowFile> slow = List.of(new SlowFile(1), new SlowFile(1));
    FutureTask<Boolean> earlier = verifying(slow.toArray(FakeFile[]::new));
    for (SlowFile file : slow) {
      file.reached.await();
    }
    Thread.currentThread().interrupt();

    assertThatExceptionOfType(InterruptedException.class)
        .isThrownBy(() -> hasher.hash(FakeFile.source(new byte[1]), 1));

    assertThat(earlier.isDone()).isFalse();
    slow.forEach(file -> file.goOn.countDown());
    assertThat(earlier.get()).isTrue();
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void callsFromSeveralThreadsDoNotMixUp(long seed) throws Exception {
    Random random = new Random(seed);
    List<FutureTask<Boolean>> calls =
        IntStream.range(0, 4)
            .mapToObj(
                _ ->
                    verifying(
                        Stream.generate(
                                () ->
                                    FakeFile.intact(
                                        Seeds.bytes(random, Seeds.size(random, 1 << 20))))
                            .limit(10)
                            .toArray(FakeFile[]::new)))
            .toList();
    for (FutureTask<Boolean> call : calls) {
      assertThat(call.get()).isTrue();
    }
  }

  @Test
  void aFailingIteratorFailsTheCallAndNotTheHasher() {
    FakeFile large = FakeFile.intact(new byte[20 * CHUNK]);
    IllegalStateException failure = new IllegalStateException("no next file");
    Iterator<FakeFile> files =
        Stream.of(large, large, large)
            .peek(
                _ -> {
                  if (large.opened.get() > 1) {
                    throw failure;
                  }
                })
            .iterator();

    assertThatFailureIsPassedOn(files, (_, _) -> {}, failure, large);
  }

  @Test
  void aFailingListenerFailsTheCallAndNotTheHasher() {
    FakeFile file = FakeFile.intact(new byte[2 * CHUNK]);
    IllegalStateException failure = new IllegalStateException("terminal gone");

    assertThatFailureIsPassedOn(
        Collections.nCopies(100, file).iterator(),
        (_, _) -> {
          throw failure;
        },
        failure,
        file);
  }

  @Test
  void aSourceThatBreaksItsContractFailsTheCallAndNotTheHasher() {
    IllegalStateException failure = new IllegalStateException("bug");
    FakeFile file =
        new FakeFile(new byte[0], 20L * CHUNK, Digest.ZERO, null) {
          @Override
          int read(long offset, byte[] buffer, int length) {
            if (offset > 5L * CHUNK) {
              throw failure;
            }
            return length;
          }
        };

    assertThatFailureIsPassedOn(
        Collections.nCopies(100, file).iterator(), (_, _) -> {}, failure, file);
    FakeFile negative =
        new FakeFile(new byte[0], 0, Digest.ZERO, null) {
          @Override
          int read(long offset, byte[] buffer, int length) {
            return -1;
          }
        };
    assertThatExceptionOfType(IllegalStateException.class)
        .isThrownBy(() -> hasher.verify(List.of(negative).iterator(), (_, _) -> {}))
        .withMessage("a source read -1 of 1 bytes");
  }

  private void assertThatFailureIsPassedOn(
      Iterator<FakeFile> files,
      ParallelHasher.Listener<FakeFile, Verdict> listener,
      RuntimeException failure,
      FakeFile file) {
    assertThatExceptionOfType(RuntimeException.class)
        .isThrownBy(() -> hasher.verify(files, listener))
        .isSameAs(failure);
    assertThat(file.opened.get()).isPositive().isEqualTo(file.closed.get());
    assertThatNoException().isThrownBy(() -> hasher.hash(FakeFile.source(new byte[1]), 1));
  }

  /** Starts to verify files on a thread of its own; the value is whether all were called. */
  private FutureTask<Boolean> verifying(FakeFile... files) {
    FutureTask<Boolean> call =
        new FutureTask<>(
            () -> {
              AtomicInteger finished = new AtomicInteger();
              AtomicBoolean mixedUp = new AtomicBoolean();
              List<FakeFile> own = List.of(files);
              hasher.verify(
                  own.iterator(),
                  (file, _) -> {
                    mixedUp.compareAndSet(false, !own.contains(file));
                    finished.incrementAndGet();
                  });
              return finished.get() == files.length && !mixedUp.get();
            });
    Thread.ofPlatform().daemon().start(call);
    return call;
  }
}
