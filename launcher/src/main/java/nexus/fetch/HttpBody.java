package nexus.fetch;

import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The body of an answer, to be read by one thread that never waits for longer than the limits say.
 * Of what was not read yet it holds what the client hands over at once, some 16 KiB.
 */
final class HttpBody implements BodySubscriber<HttpBody>, AutoCloseable {
  private sealed interface Event {
    record Bytes(List<ByteBuffer> buffers) implements Event {}

    record End() implements Event {}

    record Failed(Throwable cause) implements Event {}
  }

  private final String address;
  private final FetchLimits limits;
  private final long started = System.nanoTime();
  private final LinkedBlockingQueue<Event> events = new LinkedBlockingQueue<>();

  // Mutable state, guarded by this: the subscription, and whether it is wanted no more.
  private Flow.@Nullable Subscription subscription;
  private boolean closed;

  // Mutable state of the reading thread.
  private List<ByteBuffer> buffers = List.of();
  private int next;
  private long received;
  private boolean ended;

  HttpBody(String address, FetchLimits limits) {
    this.address = address;
    this.limits = limits;
  }

  @Override
  public CompletionStage<HttpBody> getBody() {
    return CompletableFuture.completedStage(this);
  }

  @Override
  public void onSubscribe(Flow.Subscription subscription) {
    boolean wanted;
    synchronized (this) {
      wanted = !closed;
      this.subscription = subscription;
    }
    if (wanted) {
      subscription.request(1);
    } else {
      subscription.cancel();
    }
  }

  @Override
  public void onNext(List<ByteBuffer> item) {
    events.add(new Event.Bytes(item));
  }

  @Override
  public void onError(Throwable cause) {
    events.add(new Event.Failed(cause));
  }

  @Override
  public void onComplete() {
    events.add(new Event.End());
  }

  /**
   * Reads bytes into {@code buffer} from {@code offset} on.
   *
   * @param length how many are wanted, 1 or more
   * @return how many were read, fewer only if the body has ended
   */
  int read(byte[] buffer, int offset, int length) throws FetchException, InterruptedException {
    int filled = 0;
    while (filled < length && fill()) {
      ByteBuffer from = buffers.get(next);
      int count = Math.min(length - filled, from.remaining());
      from.get(buffer, offset + filled, count);
      filled += count;
    }
    return filled;
  }

  /** Waits for bytes; returns false if the body has ended. */
  private boolean fill() throws FetchException, InterruptedException {
    while (!ended) {
      while (next < buffers.size()) {
        if (buffers.get(next).hasRemaining()) {
          return true;
        }
        next++;
      }
      take();
    }
    return false;
  }

  private void take() throws FetchException, InterruptedException {
    if (!buffers.isEmpty()) {
      buffers = List.of();
      request();
    }
    switch (events.poll(patience(), TimeUnit.NANOSECONDS)) {
      case null -> throw new FetchException.Unreachable(address, complaint());
      case Event.Bytes(List<ByteBuffer> more) -> {
        buffers = more;
        next = 0;
        for (ByteBuffer each : more) {
          received += each.remaining();
        }
        if (patience() <= 0) {
          throw new FetchException.Unreachable(address, complaint());
        }
      }
      case Event.End() -> ended = true;
      case Event.Failed(Throwable cause) ->
          throw new FetchException.BadAnswer(
              address, "was cut off after " + received + " bytes: " + HttpTransport.reason(cause));
    }
  }

  private void request() {
    Flow.Subscription current;
    synchronized (this) {
      current = subscription;
    }
    if (current != null) {
      current.request(1);
    }
  }

  /** Returns for how long to wait for the next bytes, in nanoseconds; not positive if too late. */
  private long patience() {
    long due =
        limits.grace().toNanos()
            + received * (TimeUnit.SECONDS.toNanos(1) / limits.minBytesPerSecond());
    return Math.min(limits.stall().toNanos(), due - (System.nanoTime() - started));
  }

  private String complaint() {
    Duration elapsed = Duration.ofNanos(System.nanoTime() - started);
    return "sent "
        + received
        + " bytes in "
        + elapsed.toMillis()
        + " ms and then too little for too long; try again later or use another mirror";
  }

  /** Gives up what has not been read, and with it the connection. */
  @Override
  public void close() {
    Flow.Subscription current;
    synchronized (this) {
      closed = true;
      current = subscription;
    }
    if (current != null && !ended) {
      current.cancel();
    }
  }
}
