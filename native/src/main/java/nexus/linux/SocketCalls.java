package nexus.linux;

import static nexus.linux.LibC.check;

import com.sun.jna.Memory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import nexus.linux.Layout.Cmsghdr;
import nexus.linux.Layout.Iovec;
import nexus.linux.Layout.Msghdr;
import nexus.linux.Layout.Pollfd;
import nexus.linux.Layout.SockaddrUn;
import nexus.linux.Layout.Timeval;
import nexus.linux.Layout.Ucred;

/** The system calls on sockets. */
public final class SocketCalls {
  private SocketCalls() {}

  /**
   * {@code int accept4(int sockfd, NULL, NULL, SOCK_CLOEXEC)}, accept4(2): waits for a connection.
   */
  public static OwnedFd accept4(OwnedFd listener) throws SyscallException {
    long fd =
        check(
            "accept4",
            listener::toString,
            () -> LibC.accept4(listener.value(), null, null, Constants.SOCK_CLOEXEC));
    return new OwnedFd((int) fd, "connection");
  }

  /**
   * {@code int getsockname(int sockfd, struct sockaddr_un *addr, socklen_t *addrlen)},
   * getsockname(2), of a unix(7) socket: the path that it was bound to, empty if it was bound to
   * none.
   */
  public static LinuxPath getsockname(OwnedFd socket) throws SyscallException {
    byte[] address = new byte[SockaddrUn.SIZE];
    byte[] length = number(address.length);
    check("getsockname", socket::toString, () -> LibC.getsockname(socket.value(), address, length));
    int end = SockaddrUn.SUN_PATH;
    while (end < address.length && address[end] != 0) {
      end++;
    }
    return LinuxPath.of(Arrays.copyOfRange(address, SockaddrUn.SUN_PATH, end));
  }

  /**
   * {@code int getsockopt(int sockfd, SOL_SOCKET, SO_ACCEPTCONN, ...)}, socket(7): whether the
   * socket listens.
   */
  public static boolean isListening(OwnedFd socket) throws SyscallException {
    return native32(getsockopt(socket, Constants.SO_ACCEPTCONN, "SO_ACCEPTCONN", Integer.BYTES), 0)
        != 0;
  }

  /**
   * {@code int getsockopt(int sockfd, SOL_SOCKET, SO_PEERCRED, ...)}, unix(7): the effective user
   * of whoever connected, at that time, as this process's user namespace sees it.
   */
  public static int peerUid(OwnedFd connection) throws SyscallException {
    return native32(
        getsockopt(connection, Constants.SO_PEERCRED, "SO_PEERCRED", Ucred.SIZE), Ucred.UID);
  }

  private static byte[] getsockopt(OwnedFd socket, int option, String name, int size)
      throws SyscallException {
    byte[] value = new byte[size];
    byte[] length = number(size);
    check(
        "getsockopt",
        () -> socket + ", " + name,
        () -> LibC.getsockopt(socket.value(), Constants.SOL_SOCKET, option, value, length));
    return value;
  }

  /**
   * {@code int setsockopt(int sockfd, SOL_SOCKET, SO_RCVTIMEO, ...)} and the same of {@code
   * SO_SNDTIMEO}, socket(7): how long a call waits for the peer before it fails with EAGAIN.
   */
  public static void setTimeouts(OwnedFd socket, Duration timeout) throws SyscallException {
    byte[] value =
        ByteBuffer.allocate(Timeval.SIZE)
            .order(ByteOrder.nativeOrder())
            .putLong(Timeval.TV_SEC, timeout.toSeconds())
            .putLong(Timeval.TV_USEC, timeout.toNanosPart() / 1000)
            .array();
    for (int option : new int[] {Constants.SO_RCVTIMEO, Constants.SO_SNDTIMEO}) {
      check(
          "setsockopt",
          () -> socket + ", " + option + ", " + timeout,
          () -> LibC.setsockopt(socket.value(), Constants.SOL_SOCKET, option, value, value.length));
    }
  }

  /**
   * {@code int shutdown(int sockfd, SHUT_RDWR)}, shutdown(2). On a listening socket: nobody can
   * connect any more, and whoever waits in {@link #poll} or {@link #accept4} for it wakes up.
   */
  public static void shutdown(OwnedFd socket) throws SyscallException {
    check(
        "shutdown",
        () -> socket + ", SHUT_RDWR",
        () -> LibC.shutdown(socket.value(), Constants.SHUT_RDWR));
  }

  /**
   * {@code int poll(struct pollfd *fds, 1, int timeout)}, poll(2).
   *
   * @param events {@code POLL*} bits to wait for; {@code POLLHUP} is always among them
   * @param millis how long, at most; 0 does not wait
   * @return the bits that are so, 0 if the time was up
   */
  public static int poll(OwnedFd socket, int events, int millis) throws SyscallException {
    byte[] descriptor =
        ByteBuffer.allocate(Pollfd.SIZE)
            .order(ByteOrder.nativeOrder())
            .putInt(Pollfd.FD, socket.value())
            .putShort(Pollfd.EVENTS, (short) events)
            .array();
    check(
        "poll",
        () -> socket + ", 0x" + Integer.toHexString(events) + ", " + millis,
        () -> LibC.poll(descriptor, 1, millis));
    return Short.toUnsignedInt(
        ByteBuffer.wrap(descriptor).order(ByteOrder.nativeOrder()).getShort(Pollfd.REVENTS));
  }

  private static byte[] number(int value) {
    return ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.nativeOrder()).putInt(value).array();
  }

  private static int native32(byte[] bytes, int offset) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder()).getInt(offset);
  }

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
