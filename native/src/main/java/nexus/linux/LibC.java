package nexus.linux;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The C library by JNA direct mapping. Arguments of {@code syscall}, which is variadic, are
 * declared {@code long}, as its callee reads them.
 */
final class LibC {
  static {
    Native.register(LibC.class, NativeLibrary.getProcess());
  }

  private LibC() {}

  static native long syscall(long number);

  static native long syscall(long number, long a);

  static native long syscall(long number, long a, byte[] b, long c);

  static native long syscall(long number, byte[] a, byte[] b);

  static native long syscall(long number, byte[] a, long b);

  static native long syscall(long number, long a, long b, long c);

  static native long syscall(
      long number, long a, long b, byte @Nullable [] c, byte @Nullable [] d, long e);

  static native long syscall(long number, long a, byte[] b, byte[] c, long d);

  static native long syscall(long number, long a, byte[] b, long c, byte[] d);

  static native long syscall(long number, long a, byte[] b, long c, byte[] d, long e);

  static native long syscall(long number, long a, byte[] b, long c, long d, byte[] e);

  static native int close(int fd);

  static native long lseek(int fd, long offset, int whence);

  static native long read(int fd, byte[] buffer, long count);

  static native long write(int fd, byte[] buffer, long count);

  static native long pread(int fd, ByteBuffer buffer, long count, long offset);

  static native long pwrite(int fd, ByteBuffer buffer, long count, long offset);

  static native long readlinkat(int dirfd, byte[] path, byte[] buffer, long size);

  static native int mkdirat(int dirfd, byte[] path, int mode);

  static native int unlinkat(int dirfd, byte[] path, int flags);

  static native int linkat(int olddirfd, byte[] oldpath, int newdirfd, byte[] newpath, int flags);

  static native int symlinkat(byte[] target, int newdirfd, byte[] linkpath);

  static native int fchmod(int fd, int mode);

  static native int utimensat(int dirfd, byte[] path, byte[] times, int flags);

  static native int fsync(int fd);

  static native int syncfs(int fd);

  static native int flock(int fd, int operation);

  static native int fcntl(int fd, int command, long argument);

  static native int geteuid();

  static native int fchdir(int fd);

  static native int unshare(int flags);

  static native int mount(byte[] source, byte[] target, byte[] type, long flags, byte[] data);

  static native int umount2(byte[] target, int flags);

  static native int prctl(int option, long a, long b, long c, long d);

  static native long sendmsg(int socket, Pointer message, int flags);

  static native int accept4(
      int socket, byte @Nullable [] address, byte @Nullable [] length, int flags);

  static native int getsockname(int socket, byte[] address, byte[] length);

  static native int getsockopt(int socket, int level, int name, byte[] value, byte[] length);

  static native int setsockopt(int socket, int level, int name, byte[] value, int length);

  static native int shutdown(int socket, int how);

  static native int poll(byte[] descriptors, long count, int timeout);

  static native long signal(int number, long handler);

  static native int getpid();

  /**
   * Runs {@code call} until it is not interrupted.
   *
   * @throws SyscallException if it returns -1 for another reason than EINTR
   */
  static long check(String name, Supplier<String> arguments, LongSupplier call)
      throws SyscallException {
    while (true) {
      long result = call.getAsLong();
      if (result != -1) {
        return result;
      }
      int errno = Native.getLastError();
      if (errno != Errno.EINTR.number()) {
        throw new SyscallException(name, arguments.get(), errno);
      }
    }
  }
}
