package nexus.heal;

import static nexus.cas.TestStore.CHUNK;
import static nexus.cas.TestStore.overwrite;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import nexus.cas.InMemory;
import nexus.cas.TestStore;
import nexus.fetch.HostileServer;
import nexus.fetch.TestMirrorServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Healing in processes of their own: with a full disk, killed, and several at once. */
final class ProcessTest {
  @TempDir(factory = InMemory.class)
  Path folder;

  private static ProcessBuilder java(String... arguments) {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "-Xshare:auto",
            "-cp",
            System.getProperty("java.class.path"),
            StoreProbe.class.getName()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectErrorStream(true);
  }

  private static String output(Process process) throws Exception {
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }

  @Test
  void aFullDiskIsSaidAndLosesNothing() throws Exception {
    List<String> unshare = List.of("unshare", "-Urm");
    var probe = new ArrayList<>(unshare);
    probe.addAll(List.of("mount", "-t", "tmpfs", "none", folder.toString()));
    boolean possible = new ProcessBuilder(probe).start().waitFor() == 0;
    if (Objects.equals(System.getenv("NEXUS_TEST_MUST_WORK"), "1")) {
      assertThat(possible).as("a tmpfs in a user namespace").isTrue();
    }
    assumeThat(possible).as("a tmpfs in a user namespace").isTrue();
    Path mirror;
    try (var elsewhere = new HealFixture(folder.resolve("elsewhere"))) {
      elsewhere.install(StoreProbe.FILES);
      mirror = elsewhere.mirror;
    }
    Path small = Files.createDirectory(folder.resolve("small"));
    var command = new ArrayList<>(unshare);
    command.addAll(
        List.of("sh", "-c", "mount -t tmpfs -o size=3m,nr_inodes=9999 none \"$0\" && exec \"$@\""));
    command.add(small.toString());
    command.addAll(java(small.toString(), "file://" + mirror).command());

    String output = output(new ProcessBuilder(command).redirectErrorStream(true).start());

    assertThat(output.lines())
        .containsExactly(
            "["
                + small.resolve("home")
                + " has no room for 2097152 bytes: no space left on device;"
                + " free some and try again]",
            "has 1 tainted chunk: 1",
            "[]");
  }

  @Test
  void whoIsKilledWhileItFetchesLeavesWhatWasThere() throws Exception {
    var asked = new CountDownLatch(1);
    try (var server =
        new HostileServer(
            (_, _) -> {
              asked.countDown();
              Thread.sleep(60_000);
            })) {
      byte[] tainted;
      TestStore.Tree tree;
      try (var fixture = new HealFixture(folder)) {
        tree = fixture.install(StoreProbe.FILES);
        overwrite(tree.file("lib"), CHUNK, "evil");
        tainted = Files.readAllBytes(tree.file("lib"));
      }
      Process process = java(folder.toString(), server.url(), tree.digest().hex()).start();
      try {
        assertThat(asked.await(20, TimeUnit.SECONDS)).isTrue();
      } finally {
        process.destroyForcibly().waitFor();
      }

      try (var fixture = new HealFixture(folder)) {
        assertThat(fixture.store.staged()).isNotEmpty();
        assertThat(tree.file("lib")).hasBinaryContent(tainted);
        assertThat(fixture.heal(tree, fixture.mirrorUrl()).isHealed()).isTrue();
        fixture.assertGood(tree);
      }
    }
  }

  @Test
  void processesThatHealAtOnceFetchOnce() throws Exception {
    try (var fixture = new HealFixture(folder)) {
      TestStore.Tree tree = fixture.install(StoreProbe.FILES);
      overwrite(tree.file("lib"), CHUNK, "evil");
      try (var server = new TestMirrorServer(fixture.mirror, true)) {
        ProcessBuilder heal = java(folder.toString(), server.url(), tree.digest().hex());
        Process one = heal.start();
        Process two = heal.start();
        output(one);
        output(two);
        assertThat(server.ranges()).isEqualTo("bytes=524288-1048575");
      }
      fixture.assertGood(tree);
    }
  }
}
