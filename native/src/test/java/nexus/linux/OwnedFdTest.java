package nexus.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OwnedFdTest {
  private @TempDir Path dir;
  private LinuxPath path;

  @BeforeEach
  void nameTheDirectory() {
    path = LinuxPath.of(dir.toString());
  }

  @Test
  void closingClosesTheDescriptor() throws IOException {
    OwnedFd fd = open();
    Path entry = Path.of("/proc/self/fd/" + fd.value());
    assertThat(Files.readSymbolicLink(entry)).isEqualTo(dir.toRealPath());
    fd.close();
    // Another thread may have opened something by now, but not our directory.
    assertThat(Files.exists(entry) && Files.isSameFile(entry, dir)).isFalse();
  }

  @Test
  void closingTwiceDoesNotCloseWhoGotTheNumberSince() throws IOException {
    OwnedFd first = open();
    int number = first.value();
    first.close();
    try (OwnedFd second = open()) {
      assertThat(second.value()).as("the lowest free number").isEqualTo(number);
      first.close();
      assertThat(FileCalls.statx(second).type()).isEqualTo(FileType.DIRECTORY);
    }
  }

  @Test
  void usingItAfterwardsIsRefused() throws IOException {
    OwnedFd fd = open();
    fd.close();
    assertThatIllegalStateException()
        .isThrownBy(() -> FileCalls.statx(fd))
        .withMessage("closed: " + dir);
    assertThatIllegalStateException()
        .isThrownBy(() -> FileCalls.openat2(fd, LinuxPath.of("x"), 0, 0, 0));
  }

  @Test
  void theWorkingDirectoryIsNeverClosed() throws IOException {
    OwnedFd.CWD.close();
    assertThat(FileCalls.statx(OwnedFd.CWD, LinuxPath.of(".")).type())
        .isEqualTo(FileType.DIRECTORY);
    assertThat(OwnedFd.CWD).hasToString("AT_FDCWD");
  }

  @Test
  void isNotInheritedByPrograms() throws IOException {
    try (OwnedFd fd = open()) {
      String flags =
          Files.readAllLines(Path.of("/proc/self/fdinfo/" + fd.value())).stream()
              .filter(line -> line.startsWith("flags:"))
              .findFirst()
              .orElseThrow();
      assertThat(Long.parseLong(flags.substring(6).strip(), 8) & Constants.O_CLOEXEC).isNotZero();
    }
  }

  @Test
  void takesOverWhatTheProcessWasStartedWith() throws IOException {
    try (OwnedFd inherited = OwnedFd.inherited(open().value(), "from the parent")) {
      assertThat(FileCalls.statx(inherited).type()).isEqualTo(FileType.DIRECTORY);
      assertThat(inherited).hasToString("fd " + inherited.value() + " (from the parent)");
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> OwnedFd.inherited(-100, "AT_FDCWD"))
        .withMessage("descriptor -100");
  }

  @Test
  void saysWhatWasOpenedAndNotThroughWhichDescriptors() throws IOException {
    Files.createDirectories(dir.resolve("a/b"));
    try (OwnedFd top = open();
        OwnedFd a = FileCalls.openat2(top, LinuxPath.of("a"), 0, 0, 0);
        OwnedFd b = FileCalls.openat2(a, LinuxPath.of("b"), 0, 0, 0);
        OwnedFd again = FileCalls.openat2(b, path, 0, 0, 0)) {
      assertThat(b).hasToString("fd " + b.value() + " (" + dir + "/a/b)");
      assertThat(again).hasToString("fd " + again.value() + " (" + dir + ")");
    }
  }

  @Test
  void saysThatItIsClosed() throws IOException {
    OwnedFd fd = open();
    fd.close();
    assertThat(fd).hasToString("closed (" + dir + ")");
  }

  private OwnedFd open() throws SyscallException {
    return FileCalls.openat2(OwnedFd.CWD, path, Constants.O_DIRECTORY, 0, 0);
  }
}
