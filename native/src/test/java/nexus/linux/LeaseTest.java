package nexus.linux;

import static nexus.linux.OwnedFd.CWD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LeaseTest {
  private @TempDir Path dir;
  private Path file;

  @BeforeEach
  void writeFile() throws IOException {
    String type = Files.getFileStore(dir).type();
    Needs.that(!type.equals("overlay"), "a temporary directory that gives leases");
    file = Files.writeString(dir.resolve("file"), "content");
  }

  @Test
  void standsWhileNobodyWrites() throws IOException {
    try (OwnedFd fd = open(file)) {
      assertThat(FileCalls.hasReadLease(fd)).isFalse();
      FileCalls.setReadLease(fd);
      assertThat(FileCalls.hasReadLease(fd)).isTrue();
      assertThat(file).hasContent("content");
      assertThat(FileCalls.hasReadLease(fd)).isTrue();
    }
  }

  @Test
  void isRefusedWhileSomebodyHasTheFileOpenForWriting() throws IOException {
    try (OwnedFd fd = open(file)) {
      try (var _ = FileChannel.open(file, StandardOpenOption.WRITE)) {
        assertRefused(fd);
      }
      FileCalls.setReadLease(fd);
    }
  }

  @Test
  void isRefusedWhileAMappingCanWriteThoughItsDescriptorIsClosed() throws IOException {
    try (OwnedFd fd = open(file)) {
      try (Arena arena = Arena.ofConfined()) {
        try (var channel =
            FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
          assertThat(channel.map(MapMode.READ_WRITE, 0, 7, arena).byteSize()).isEqualTo(7);
        }
        assertRefused(fd);
      }
      FileCalls.setReadLease(fd);
    }
  }

  @Test
  void fallsBeforeAWriterGetsItsDescriptorAndItsSignalIsHarmless()
      throws IOException, InterruptedException {
    assertThat(Command.output(Command.java(Holder.class, file.toString())))
        .isEqualTo(
            """
            held: true
            broken, writer waits: true
            closed, writer succeeded: true
            held: true
            broken, writer waits: true
            closed, writer succeeded: true
            """);
    assertThat(file).hasContent("contentxx");
  }

  /**
   * Holds a lease while another process opens the file for writing, twice. A JVM of its own,
   * because a SIGIO would end it.
   */
  static final class Holder {
    public static void main(String[] args) throws IOException, InterruptedException {
      for (int i = 0; i < 2; i++) {
        Process writer;
        try (OwnedFd fd = open(Path.of(args[0]))) {
          // Twice, because the first choice of a signal must hold for the second lease too.
          FileCalls.setReadLease(fd);
          FileCalls.setReadLease(fd);
          System.out.println("held: " + FileCalls.hasReadLease(fd));
          writer = Command.start(List.of("sh", "-c", "printf x >> \"$0\"", args[0]));
          while (FileCalls.hasReadLease(fd) && writer.isAlive()) {
            Thread.sleep(5);
          }
          System.out.println("broken, writer waits: " + writer.isAlive());
        }
        System.out.println("closed, writer succeeded: " + (writer.waitFor() == 0));
      }
    }

    private Holder() {}
  }

  private static void assertRefused(OwnedFd fd) throws SyscallException {
    assertThatExceptionOfType(SyscallException.class)
        .isThrownBy(() -> FileCalls.setReadLease(fd))
        .matches(e -> e.is(Errno.EAGAIN));
    assertThat(FileCalls.hasReadLease(fd)).isFalse();
  }

  private static OwnedFd open(Path file) throws SyscallException {
    return FileCalls.openat2(CWD, LinuxPath.of(file.toString()), Constants.O_RDONLY, 0, 0);
  }
}
