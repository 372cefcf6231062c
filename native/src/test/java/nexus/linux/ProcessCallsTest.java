package nexus.linux;

import static nexus.linux.OwnedFd.CWD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(InUserNamespace.class)
final class ProcessCallsTest {
  @Test
  void aThreadGetsNamespacesOfItsOwnAndTheOthersKeepTheirs(@TempDir Path dir) throws Exception {
    var namespaces =
        Map.of(
            Constants.CLONE_NEWNS, "mnt",
            Constants.CLONE_NEWCGROUP, "cgroup",
            Constants.CLONE_NEWUTS, "uts",
            Constants.CLONE_NEWIPC, "ipc");
    try (var other = Executors.newSingleThreadExecutor()) {
      for (var namespace : namespaces.entrySet()) {
        Path before = namespace(namespace.getValue());
        assertThat(other.submit(() -> namespace(namespace.getValue())).get()).isEqualTo(before);
        ProcessCalls.unshare(namespace.getKey());
        assertThat(namespace(namespace.getValue())).isNotEqualTo(before);
        assertThat(other.submit(() -> namespace(namespace.getValue())).get()).isEqualTo(before);
      }
    }
  }

  @Test
  void theFirstChildInANewPidNamespaceIsItsInit(@TempDir Path dir) throws Exception {
    ProcessCalls.unshare(Constants.CLONE_NEWPID);
    Process child = new ProcessBuilder("sh", "-c", "echo $$").start();
    assertThat(new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .isEqualTo("1\n");
  }

  @Test
  void aThreadThatUnsharedItsMountsGoesWhereItLikes(@TempDir Path dir) throws Exception {
    try (var other = Executors.newSingleThreadExecutor();
        OwnedFd fd = FileCalls.openat2(CWD, LinuxPath.of(dir.toString()), 0, 0, 0)) {
      Stat.FileId before = other.submit(ProcessCallsTest::workingDirectory).get();
      assertThat(workingDirectory()).isEqualTo(before);
      ProcessCalls.unshare(Constants.CLONE_NEWNS);
      ProcessCalls.fchdir(fd);
      assertThat(workingDirectory()).isEqualTo(FileCalls.statx(fd).id()).isNotEqualTo(before);
      assertThat(other.submit(ProcessCallsTest::workingDirectory).get()).isEqualTo(before);
    }
  }

  @Test
  void aJvmGetsNoUserNamespaceBecauseItHasThreads(@TempDir Path dir) {
    assertThatExceptionOfType(SyscallException.class)
        .isThrownBy(() -> ProcessCalls.unshare(TestLibC.CLONE_NEWUSER))
        .withMessage("unshare(0x10000000): EINVAL (invalid argument)");
  }

  private static Stat.FileId workingDirectory() throws SyscallException {
    return FileCalls.statx(CWD, LinuxPath.of(".")).id();
  }

  private static Path namespace(String name) throws IOException {
    return Files.readSymbolicLink(Path.of("/proc/thread-self/ns/" + name));
  }
}
