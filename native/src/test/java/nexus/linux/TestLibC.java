package nexus.linux;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import org.jspecify.annotations.Nullable;

/** What the tests, and only they, need of the C library. */
final class TestLibC {
  static final int AF_UNIX = 1;
  static final int SOCK_STREAM = 1;
  static final int SIGUSR1 = 10;
  static final int PR_GET_DUMPABLE = 3;
  static final int CLONE_NEWUSER = 0x10000000;
  static final int MS_SHARED = 1 << 20;

  static {
    Native.register(TestLibC.class, NativeLibrary.getProcess());
  }

  static native int mknod(byte[] path, int mode, long device);

  static native int socket(int domain, int type, int protocol);

  static native int socketpair(int domain, int type, int protocol, int[] sockets);

  static native int connect(int socket, byte[] address, int length);

  static native @Nullable Pointer signal(int signal, @Nullable Pointer handler);

  static native int siginterrupt(int signal, int on);

  static native int tgkill(int process, int thread, int signal);

  /** A function that does no harm as a signal handler. */
  static Pointer harmless() {
    return NativeLibrary.getProcess().getFunction("abs");
  }

  private TestLibC() {}
}
