package nexus.it;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/** How a command ended. */
final class Outcome {
  private final int status;
  private final byte[] out;
  private final String err;
  private final Duration duration;

  Outcome(int status, byte[] out, String err, Duration duration) {
    this.status = status;
    this.out = out;
    this.err = err;
    this.duration = duration;
  }

  /** Its exit status, or 128 and the signal that killed it. */
  int status() {
    return status;
  }

  byte[] outBytes() {
    return out.clone();
  }

  String out() {
    return new String(out, StandardCharsets.UTF_8);
  }

  List<String> outLines() {
    return out().lines().toList();
  }

  String err() {
    return err;
  }

  /** From start to end. */
  Duration duration() {
    return duration;
  }

  @Override
  public String toString() {
    return "status "
        + status
        + " after "
        + duration.toMillis()
        + " ms\nout: "
        + out()
        + "\nerr: "
        + err;
  }
}
