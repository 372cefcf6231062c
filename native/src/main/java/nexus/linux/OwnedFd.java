package nexus.linux;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * A file descriptor with one owner, who closes it. Always opened with {@code O_CLOEXEC}.
 *
 * <p>A parameter of this type lends the descriptor for the time of the call. Closing twice is
 * harmless; using it afterwards is an {@link IllegalStateException}, never another file that got
 * the same number. Using and closing it from different threads at the same time is the caller's to
 * prevent.
 */
public final class OwnedFd implements AutoCloseable {
  /** The working directory, {@code AT_FDCWD}: for absolute paths. Closing it does nothing. */
  public static final OwnedFd CWD = new OwnedFd(Constants.AT_FDCWD, "AT_FDCWD");

  private static final int CLOSED = -1;

  /** What was opened, for messages. */
  private final Supplier<String> description;

  // Mutable state
  private final AtomicInteger number;

  OwnedFd(int number, String description) {
    this(number, () -> description);
  }

  /**
   * Asks for the description when a message needs it: spelling out paths takes longer than open.
   */
  OwnedFd(int number, Supplier<String> description) {
    this.number = new AtomicInteger(number);
    this.description = description;
  }

  /**
   * Takes over a descriptor that this process was started with, such as one that its parent opened
   * for it; the caller vouches that nobody else owns it.
   */
  public static OwnedFd inherited(int number, String description) {
    if (number < 0) {
      throw new IllegalArgumentException("descriptor " + number);
    }
    return new OwnedFd(number, description);
  }

  /** Returns what a path relative to this descriptor names, for messages. */
  String describe(LinuxPath path) {
    return this == CWD || path.isAbsolute() ? path.toString() : description() + "/" + path;
  }

  int value() {
    int value = number.get();
    if (value == CLOSED) {
      throw new IllegalStateException("closed: " + description());
    }
    return value;
  }

  /** Returns what was opened, for messages: a path that may have changed since. */
  public String description() {
    return description.get();
  }

  /** Returns the path of proc(5) that leads to what this has open, for readlink(2). */
  public LinuxPath procPath() {
    return LinuxPath.of("/proc/self/fd/" + value());
  }

  /**
   * Closes the descriptor. The result of close(2) is ignored: Linux has released the descriptor
   * whatever it says, and whoever needs the data on disk has called {@link FileCalls#fsync} before.
   */
  @Override
  public void close() {
    if (this != CWD) {
      int value = number.getAndSet(CLOSED);
      if (value != CLOSED) {
        LibC.close(value);
      }
    }
  }

  /** Returns the number and what was opened: {@code fd 7 (/var/lib/x)}. */
  @Override
  public String toString() {
    int value = number.get();
    return switch (value) {
      case Constants.AT_FDCWD -> description();
      case CLOSED -> "closed (" + description() + ")";
      default -> "fd " + value + " (" + description() + ")";
    };
  }
}
