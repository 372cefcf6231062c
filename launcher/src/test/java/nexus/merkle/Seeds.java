package nexus.merkle;

import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.LongStream;

/** Where tests over random cases start: at the same places each time, and at a new one. */
final class Seeds {

  /** The fixed seeds 1 to {@code count}, and one that nobody has tried. */
  static LongStream fixedAndFresh(int count) {
    return LongStream.concat(
        LongStream.rangeClosed(1, count), LongStream.of(new SplittableRandom().nextLong()));
  }

  /** Random content. */
  static byte[] bytes(Random random, int size) {
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    return bytes;
  }

  /** A size in bytes, 1 to {@code max}, small ones as likely as large ones. */
  static int size(Random random, int max) {
    return (int) Math.exp(random.nextDouble() * Math.log(max + 1.0));
  }

  private Seeds() {}
}
