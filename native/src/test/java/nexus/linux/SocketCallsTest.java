package nexus.linux;

import static nexus.linux.OwnedFd.CWD;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SocketCallsTest {
  /** Receives one message on a socket of its own and prints it, with what the descriptors hold. */
  private static final String PEER =
      """
      #define _GNU_SOURCE
      #include <stdio.h>
      #include <string.h>
      #include <sys/socket.h>
      #include <sys/un.h>
      #include <unistd.h>

      int main(int argc, char **argv) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        strncpy(address.sun_path, argv[1], sizeof address.sun_path - 1);
        int listener = socket(AF_UNIX, SOCK_STREAM, 0);
        if (bind(listener, (struct sockaddr *) &address, sizeof address) || listen(listener, 1))
          return 1;
        puts("listening");
        fflush(stdout);
        int connection = accept(listener, NULL, NULL);
        char bytes[64];
        _Alignas(struct cmsghdr) char control[CMSG_SPACE(16 * sizeof(int))];
        struct iovec vector = {bytes, sizeof bytes};
        struct msghdr message = {
          .msg_iov = &vector, .msg_iovlen = 1,
          .msg_control = control, .msg_controllen = sizeof control};
        ssize_t count = recvmsg(connection, &message, 0);
        printf("%zd bytes: %.*s, flags %d\\n", count, (int) count, bytes, message.msg_flags);
        for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
          printf("rights: %d\\n", c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS);
          for (size_t at = 0; at < c->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + at, sizeof fd);
            char content[64];
            printf("%.*s\\n", (int) pread(fd, content, sizeof content, 0), content);
          }
        }
        return 0;
      }
      """;

  private @TempDir Path dir;

  @Test
  void sendsBytesWithAnyNumberOfDescriptors() throws IOException, InterruptedException {
    Path program = CProgram.compile(dir, "peer", PEER);
    for (int count : new int[] {0, 1, 2, 3, 16}) {
      var expected = new StringBuilder("5 bytes: hello, flags 0\n");
      expected.append(count == 0 ? "" : "rights: 1\n");
      var files = new ArrayList<OwnedFd>();
      for (int i = 0; i < count; i++) {
        Path file = Files.writeString(dir.resolve("file" + i), "content " + i);
        files.add(FileCalls.openat2(CWD, LinuxPath.of(file.toString()), 0, 0, 0));
        expected.append("content ").append(i).append('\n');
      }
      Path address = dir.resolve("socket" + count);
      Process peer = Command.start(List.of(program.toString(), address.toString()));
      var output = peer.inputReader(StandardCharsets.UTF_8);
      assertThat(output.readLine()).isEqualTo("listening");
      try (OwnedFd socket = connect(address)) {
        assertThat(SocketCalls.sendmsg(socket, "hello".getBytes(StandardCharsets.UTF_8), files))
            .isEqualTo(5);
        assertThat(output.readAllAsString()).isEqualTo(expected.toString());
        for (OwnedFd file : files) {
          assertThat(FileCalls.statx(file).type()).as("still ours").isEqualTo(FileType.REGULAR);
          file.close();
        }
      }
      assertThat(peer.waitFor()).isZero();
    }
  }

  @Test
  void aClosedPeerIsAnError() throws SyscallException {
    List<OwnedFd> pair = pair();
    pair.get(1).close();
    try (OwnedFd socket = pair.get(0)) {
      assertThatExceptionOfType(SyscallException.class)
          .isThrownBy(() -> SocketCalls.sendmsg(socket, new byte[3], List.of()))
          .withMessage(
              "sendmsg(fd " + socket.value() + " (end 0), 3 bytes, []): EPIPE (broken pipe)");
    }
  }

  @Test
  void theKernelTakes253DescriptorsAndNotOneMore() throws SyscallException {
    List<OwnedFd> pair = pair();
    try (OwnedFd socket = pair.get(0);
        OwnedFd peer = pair.get(1)) {
      List<OwnedFd> many = Collections.nCopies(253, peer);
      assertThat(SocketCalls.sendmsg(socket, new byte[1], many)).isEqualTo(1);
      List<OwnedFd> tooMany = Collections.nCopies(254, peer);
      assertThatExceptionOfType(SyscallException.class)
          .isThrownBy(() -> SocketCalls.sendmsg(socket, new byte[1], tooMany))
          .matches(e -> e.is(Errno.EINVAL));
    }
  }

  @Test
  void refusesToSendDescriptorsWithoutAByteOrAfterTheyAreClosed() throws SyscallException {
    List<OwnedFd> pair = pair();
    try (OwnedFd socket = pair.get(0)) {
      pair.get(1).close();
      assertThatIllegalArgumentException()
          .isThrownBy(() -> SocketCalls.sendmsg(socket, new byte[0], List.of(socket)));
      assertThatIllegalStateException()
          .isThrownBy(() -> SocketCalls.sendmsg(socket, new byte[1], List.of(pair.get(1))));
    }
  }

  private static List<OwnedFd> pair() {
    int[] numbers = new int[2];
    assertThat(TestLibC.socketpair(TestLibC.AF_UNIX, TestLibC.SOCK_STREAM, 0, numbers)).isZero();
    return List.of(OwnedFd.inherited(numbers[0], "end 0"), OwnedFd.inherited(numbers[1], "end 1"));
  }

  private static OwnedFd connect(Path address) {
    // struct sockaddr_un { unsigned short family; char path[108]; }
    byte[] socketAddress =
        ByteBuffer.allocate(110)
            .order(ByteOrder.nativeOrder())
            .putShort((short) TestLibC.AF_UNIX)
            .put(address.toString().getBytes(StandardCharsets.UTF_8))
            .array();
    OwnedFd socket =
        OwnedFd.inherited(
            TestLibC.socket(TestLibC.AF_UNIX, TestLibC.SOCK_STREAM, 0), address.toString());
    assertThat(TestLibC.connect(socket.value(), socketAddress, socketAddress.length)).isZero();
    return socket;
  }
}
