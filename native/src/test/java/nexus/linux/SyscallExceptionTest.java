package nexus.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The messages, word for word. */
final class SyscallExceptionTest {
  private static final LinuxPath MISSING = LinuxPath.of("missing");

  private @TempDir Path dir;

  @Test
  void namesTheCallItsArgumentsAndTheError() throws SyscallException {
    try (OwnedFd fd = open(0)) {
      String at = "fd " + fd.value() + " (" + dir + ")";
      assertMessage(
          () -> FileCalls.openat2(fd, MISSING, Constants.O_NOFOLLOW | Constants.O_RDWR, 0, 0),
          "openat2("
              + at
              + ", \"missing\", 0x"
              + Integer.toHexString(Constants.O_NOFOLLOW | Constants.O_RDWR)
              + "): ENOENT (no such file or directory)");
      assertMessage(
          () -> FileCalls.statx(fd, MISSING),
          "statx(" + at + ", \"missing\"): ENOENT (no such file or directory)");
      assertMessage(
          () -> FileCalls.read(fd, new byte[3]), "read(" + at + ", 3): EISDIR (is a directory)");
      assertMessage(
          () -> FileCalls.mkdirat(fd, LinuxPath.of("."), 0750),
          "mkdirat(" + at + ", \".\", 0750): EEXIST (file exists)");
      assertMessage(
          () -> FileCalls.unlinkat(fd, MISSING, Constants.AT_REMOVEDIR),
          "unlinkat(" + at + ", \"missing\", 512): ENOENT (no such file or directory)");
      assertMessage(
          () -> FileCalls.renameat2(fd, MISSING, fd, LinuxPath.of("to"), 1),
          "renameat2("
              + (at + ", \"missing\", " + at)
              + ", \"to\", 1): ENOENT (no such file or directory)");
      assertMessage(
          () -> FileCalls.setReadLease(fd),
          "fcntl(" + at + ", F_SETLEASE, F_RDLCK): EINVAL (invalid argument)");
    }
  }

  @Test
  void namesADescriptorThatOnlyLocatesABadOne() throws SyscallException {
    try (OwnedFd path = open(Constants.O_PATH)) {
      assertMessage(
          () -> FileCalls.fchmod(path, 0644),
          "fchmod(fd " + path.value() + " (" + dir + "), 0644): EBADF (bad file descriptor)");
    }
  }

  @Test
  void doesNotLetAFileNameSpeakToTheTerminal() {
    assertMessage(
        () -> FileCalls.statx(OwnedFd.CWD, LinuxPath.of("/\u001b[2J/x")),
        "statx(AT_FDCWD, \"/\\x1b[2J/x\"): ENOENT (no such file or directory)");
  }

  @Test
  void tellsTheErrorsApart() {
    SyscallException e =
        catchThrowableOfType(
            SyscallException.class, () -> FileCalls.statx(OwnedFd.CWD, LinuxPath.of("/missing")));
    assertThat(e.is(Errno.ENOENT)).isTrue();
    assertThat(e.is(Errno.EACCES, Errno.ENOENT)).isTrue();
    assertThat(e.is(Errno.EACCES)).isFalse();
    assertThat(e.is()).isFalse();
    assertThat(e.call()).isEqualTo("statx");
    assertThat(e.reason()).isEqualTo("no such file or directory");
  }

  @Test
  void givesAnUnknownErrorAsItsNumber() {
    var e = new SyscallException("openat2", "1, 2", 9999);
    assertThat(e).hasMessage("openat2(1, 2): errno 9999");
    assertThat(e.reason()).isEqualTo("errno 9999");
  }

  private OwnedFd open(int flags) throws SyscallException {
    return FileCalls.openat2(OwnedFd.CWD, LinuxPath.of(dir.toString()), flags, 0, 0);
  }

  private static void assertMessage(ThrowingCallable call, String message) {
    assertThatExceptionOfType(SyscallException.class).isThrownBy(call).withMessage(message);
  }
}
