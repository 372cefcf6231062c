package nexus.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Verified bytes are executed bytes: while a program is launched again and again, another process
 * of the same user changes it as fast as it can, and not once does the wrong one run.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TamperRaceTest {
  private static final Duration TIME =
      Duration.ofSeconds(Integer.getInteger("nexus.race.seconds", 7));

  private Nexus nexus;

  @BeforeAll
  void install(@TempDir Path folder) throws IOException, InterruptedException {
    nexus = Nexus.of(User.ordinary(), folder);
    Path good = CProgram.compile("say", "GOOD");
    Path bad = CProgram.compile("say", "BAD");
    Tree tree = nexus.tree("words");
    tree.executable("elf.good", Files.readAllBytes(good));
    tree.executable("elf.bad", Files.readAllBytes(bad));
    tree.executable("script.good", "#!/bin/sh\necho GOOD\n");
    tree.executable("script.bad", "#!/bin/sh\necho BAD!\n");
    nexus.installProgram("elf", tree.path("elf.good"));
    nexus.installProgram("script", tree.path("script.good"));
    Path mirror = nexus.work().resolve("mirror");
    assertThat(nexus.run("mirror", "export", mirror.toString()).status()).isZero();
    assertThat(nexus.run("mirror", "add", mirror.toUri().toString()).status()).isZero();
  }

  @Test
  void otherProgramWouldRun() throws IOException, InterruptedException {
    for (String kind : List.of("elf", "script")) {
      assertThat(run(word(kind, "good"))).isEqualTo("GOOD\n");
      assertThat(run(word(kind, "bad"))).isEqualTo("BAD!\n");
      assertThat(Files.size(word(kind, "bad"))).isEqualTo(Files.size(word(kind, "good")));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "elf, rename, checkout",
    "elf, exchange, checkout",
    "elf, write, object",
    "elf, map, checkout",
    "script, rename, checkout",
    "script, exchange, checkout",
    "script, write, object",
    "script, rename, object",
  })
  void wrongBytesNeverRun(String kind, String how, String place)
      throws IOException, InterruptedException {
    // Again, so that the checkout is a link to the object: the turn before this may have parted
    // them.
    nexus.run("remove", kind);
    nexus.installProgram(kind, word(kind, "good"));
    Path file =
        place.equals("checkout") ? nexus.checkout(kind, "main") : object(word(kind, "good"));
    List<String> swap =
        List.of(
            CProgram.compile("swap").toString(),
            how,
            file.toString(),
            word(kind, "good").toString(),
            word(kind, "bad").toString());
    Nexus.Running swapper = nexus.start(swap);
    int good = 0;
    int refused = 0;
    int healed = 0;
    Duration longest = Duration.ZERO;
    long end = System.nanoTime() + TIME.toNanos();
    while (System.nanoTime() < end) {
      // Two at a time: they heal the same object, and each would run what the other placed.
      String onTaint = (good + refused) % 4 == 0 ? "refuse" : "heal";
      List<Nexus.Running> launches = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        launches.add(nexus.start("run", "--on-taint=" + onTaint, kind));
      }
      for (Nexus.Running launch : launches) {
        Outcome outcome = launch.end();
        longest = outcome.duration().compareTo(longest) > 0 ? outcome.duration() : longest;
        if (outcome.status() == 0) {
          assertThat(outcome.out()).as(outcome::toString).isEqualTo("GOOD\n");
          good++;
          healed += outcome.err().isEmpty() ? 0 : 1;
        } else {
          assertThat(outcome.status()).as(outcome::toString).isIn(125, 126);
          assertThat(outcome.out()).as(outcome::toString).isEmpty();
          assertThat(outcome.err()).startsWith("nexus: ");
          Sentences.assertReadable(outcome);
          refused++;
        }
      }
    }
    swapper.terminate();
    Outcome swapped = swapper.end();
    List<String> counts = Pattern.compile(" ").splitAsStream(swapped.out().strip()).toList();
    System.out.printf(
        "tamper race, %s by %s of the %s: %s changes (%s did not succeed), %d launches ran the right"
            + " bytes (%d after healing), %d were refused, the longest took %d ms%n",
        kind, how, place, counts.get(0), counts.get(1), good, healed, refused, longest.toMillis());
    assertThat(Integer.parseInt(counts.get(0))).as(swapped::toString).isGreaterThan(100);
    assertThat(longest).isLessThan(Duration.ofSeconds(20));

    nexus.run("verify", "--heal", kind);
    Outcome after = nexus.launch(kind);
    assertThat(after.out()).as("when it is over: %s", after).isEqualTo("GOOD\n");
  }

  private Path word(String kind, String which) {
    return nexus.trees().resolve("words").resolve(kind + "." + which);
  }

  private Path object(Path content) throws IOException {
    for (Path object : nexus.objects()) {
      if (Files.mismatch(object, content) == -1) {
        return object;
      }
    }
    throw new AssertionError("no object is " + content + " of " + nexus.objects());
  }

  private static String run(Path program) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(program.toString()).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return out;
  }
}
