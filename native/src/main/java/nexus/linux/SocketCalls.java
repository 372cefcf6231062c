package nexus.linux;

import static nexus.linux.LibC.check;

import com.sun.jna.Memory;
import java.util.List;
import nexus.linux.Layout.Cmsghdr;
import nexus.linux.Layout.Iovec;
import nexus.linux.Layout.Msghdr;

/** The system calls on sockets. */
public final class SocketCalls {
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
    long controlLength = Cmsghdr.SIZE + (long) Integer.BYTES * descriptors.size();
    try (var data = new Memory(bytes.length);
        var vector = new Memory(Iovec.SIZE);
        var control = new Memory((controlLength + Long.BYTES - 1) / Long.BYTES * Long.BYTES);
        var header = new Memory(Msghdr.SIZE)) {
      data.write(0, bytes, 0, bytes.length);
      vector.setPointer(Iovec.IOV_BASE, data);
      vector.setLong(Iovec.IOV_LEN, bytes.length);
      control.clear();
      control.setLong(Cmsghdr.CMSG_LEN, controlLength);
      control.setInt(Cmsghdr.CMSG_LEVEL, Constants.SOL_SOCKET);
      control.setInt(Cmsghdr.CMSG_TYPE, Constants.SCM_RIGHTS);
      for (int i = 0; i < descriptors.size(); i++) {
        control.setInt(Cmsghdr.SIZE + (long) Integer.BYTES * i, descriptors.get(i).value());
      }
      header.clear();
      header.setPointer(Msghdr.MSG_IOV, vector);
      header.setLong(Msghdr.MSG_IOVLEN, 1);
      if (!descriptors.isEmpty()) {
        header.setPointer(Msghdr.MSG_CONTROL, control);
        header.setLong(Msghdr.MSG_CONTROLLEN, control.size());
      }
      return (int)
          check(
              "sendmsg",
              () -> socket + ", " + bytes.length + " bytes, " + descriptors,
              () -> LibC.sendmsg(socket.value(), header, Constants.MSG_NOSIGNAL));
    }
  }
}
