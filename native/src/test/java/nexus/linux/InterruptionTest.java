package nexus.linux;

import static nexus.linux.OwnedFd.CWD;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A thread waits for a lock and gets signals whose handler interrupts system calls. */
@Timeout(value = 10, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class InterruptionTest {
  private @TempDir Path dir;
  private @Nullable Pointer handler;

  @BeforeEach
  void handleTheSignal() {
    handler = TestLibC.signal(TestLibC.SIGUSR1, TestLibC.harmless());
    assertThat(TestLibC.siginterrupt(TestLibC.SIGUSR1, 1)).isZero();
  }

  @AfterEach
  void restoreTheHandler() {
    TestLibC.signal(TestLibC.SIGUSR1, handler);
  }

  @Test
  void anInterruptedCallIsRepeated() throws Exception {
    try (OwnedFd waiting = open()) {
      OwnedFd holder = open();
      FileCalls.flock(holder, Constants.LOCK_EX);
      var calls = new AtomicInteger();
      var interruptions = new AtomicInteger();
      var tid = new CompletableFuture<Integer>();
      var lock =
          new FutureTask<>(
              () -> {
                tid.complete(threadId());
                return LibC.check(
                    "flock",
                    waiting::toString,
                    () -> {
                      calls.incrementAndGet();
                      int result = LibC.flock(waiting.value(), Constants.LOCK_EX);
                      if (result == -1 && Native.getLastError() == Errno.EINTR.number()) {
                        interruptions.incrementAndGet();
                      }
                      return result;
                    });
              });
      Thread.ofPlatform().daemon().start(lock);
      while (calls.get() < 4) {
        signal(tid.get());
      }
      assertThat(lock.isDone()).isFalse();
      holder.close();
      assertThat(lock.get()).isZero();
      assertThat(interruptions.get()).isEqualTo(calls.get() - 1).isGreaterThanOrEqualTo(3);
    }
  }

  private static void signal(int tid) throws InterruptedException {
    int pid = Math.toIntExact(ProcessHandle.current().pid());
    assertThat(TestLibC.tgkill(pid, tid, TestLibC.SIGUSR1)).isZero();
    Thread.sleep(2);
  }

  private static int threadId() throws Exception {
    Path thread = Files.readSymbolicLink(Path.of("/proc/thread-self"));
    return Integer.parseInt(thread.getFileName().toString());
  }

  private OwnedFd open() throws SyscallException {
    return FileCalls.openat2(CWD, LinuxPath.of(dir.toString()), 0, 0, 0);
  }
}
