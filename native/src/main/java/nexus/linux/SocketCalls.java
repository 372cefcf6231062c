package nexus.linux;

import static nexus.linux.LibC.check;

import com.sun.jna.Memory;
import java.util.List;

/** The system calls on sockets. */
public final class SocketCalls {
  private static final int WORD = 8;

  private SocketCalls() {}

  /**
   * {@code ssize_t sendmsg(int sockfd, const struct msghdr *msg, int flags)}, sendmsg(2), with
   * copies of the descriptors as {@code SCM_RIGHTS} (unix(7)) on the first byte. A closed peer is
   * EPIPE and not a signal.
   *
   * @param bytes at least one
   * @return how many bytes were taken; the descriptors went with the first
   */
  public static int sendmsg(OwnedFd socket, byte[] bytes, List<OwnedFd> descriptors)
      throws SyscallException {
    if (bytes.length == 0) {
      throw new IllegalArgumentException("descriptors travel with a byte");
    }
    // struct cmsghdr { size_t len; int level; int type; int fds[]; }, padded to a word
    long controlLength = 2L * WORD + (long) Integer.BYTES * descriptors.size();
    try (var data = new Memory(bytes.length);
        var vector = new Memory(2 * WORD);
        var control = new Memory((controlLength + WORD - 1) / WORD * WORD);
        var header = new Memory(7 * WORD)) {
      data.write(0, bytes, 0, bytes.length);
      vector.setPointer(0, data);
      vector.setLong(WORD, bytes.length);
      control.clear();
      control.setLong(0, controlLength);
      control.setInt(WORD, Constants.SOL_SOCKET);
      control.setInt(WORD + Integer.BYTES, Constants.SCM_RIGHTS);
      for (int i = 0; i < descriptors.size(); i++) {
        control.setInt(2 * WORD + (long) Integer.BYTES * i, descriptors.get(i).value());
      }
      // struct msghdr { void *name; int namelen; iovec *iov; size_t iovlen; void *control; size_t
      // controllen; int flags; }
      header.clear();
      header.setPointer(2 * WORD, vector);
      header.setLong(3 * WORD, 1);
      if (!descriptors.isEmpty()) {
        header.setPointer(4 * WORD, control);
        header.setLong(5 * WORD, control.size());
      }
      return (int)
          check(
              "sendmsg",
              () -> socket + ", " + bytes.length + " bytes, " + descriptors,
              () -> LibC.sendmsg(socket.value(), header, Constants.MSG_NOSIGNAL));
    }
  }
}
