package nexus.it;

import static nexus.it.Sentences.assertReadable;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What is tainted is found, named, and healed from wherever there are good bytes. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class VerifyAndHealTest {
  private static final int CHUNK = 512 << 10;
  private static final int BIG = 5 * CHUNK + 100;

  private final byte[] big = new byte[BIG];
  private Nexus nexus;
  private String digest = "";
  private Path template;
  private Path mirror;

  @BeforeAll
  void install(@TempDir Path folder) throws IOException, InterruptedException {
    nexus = Nexus.of(User.ordinary(), folder);
    new Random(5).nextBytes(big);
    Tree tree =
        nexus
            .tree("app")
            .executable("main", "#!/bin/sh\necho running\nexec sha256sum </app/share/big\n")
            .file("share/big", big)
            .file("share/small", "small\n")
            .directory("share/empty")
            .symlink("share/link", "small");
    nexus.install("app", tree, "main");
    digest = nexus.treeDigest("app");
    nexus.installScript("other", "#!/bin/sh\necho other\n");
    mirror = nexus.work().resolve("mirror");
    Outcome exported = nexus.run("mirror", "export", mirror.toString());
    assertThat(exported.status()).as(exported::toString).isZero();
    template = nexus.home().resolveSibling("template");
    copy(nexus.home(), template);
  }

  @BeforeEach
  void startFromAGoodStore() throws IOException, InterruptedException {
    run("rm", "-rf", nexus.home().toString());
    copy(template, nexus.home());
  }

  // Finding

  @Test
  void goodAppsAreGood() throws IOException, InterruptedException {
    Outcome one = nexus.run("verify", "app");
    assertThat(one.status()).as(one::toString).isZero();
    assertThat(one.out()).contains("app: good");
    Outcome all = nexus.run("verify", "--all");
    assertThat(all.status()).isZero();
    assertThat(all.out()).contains("app: good", "other: good");
    Outcome json = nexus.run("verify", "--json", "--all");
    assertThat(CliTest.strings(json, "app")).containsExactly("app", "other");
    assertThat(CliTest.strings(json, "good")).containsExactly("true", "true");
  }

  @Test
  void everyTaintedFileAndChunkIsListed() throws IOException, InterruptedException {
    damage("share/big", CHUNK + 5);
    damage("share/big", 3 * CHUNK);
    damage("main", 3);
    Outcome outcome = nexus.run("verify", "app");
    assertThat(outcome.status()).as(outcome::toString).isEqualTo(1);
    assertThat(outcome.out())
        .contains("app: 2 tainted", "share/big has 2 tainted chunks: 1, 3", "main has ");
    Outcome json = nexus.run("verify", "--all", "--json");
    assertThat(json.status()).isEqualTo(1);
    assertThat(CliTest.strings(json, "path")).containsExactlyInAnyOrder("share/big", "main");
    assertThat(json.out().replaceAll("\\s", "")).contains("\"chunks\":[1,3]");
    assertThat(CliTest.strings(json, "good")).containsExactly("false", "true");
  }

  @Test
  void verifyChangesNothingUnlessAsked() throws IOException, InterruptedException {
    addMirror(mirror.toUri().toString());
    damage("share/big", 0);
    nexus.run("verify", "app");
    assertThat(Files.readAllBytes(checkout("share/big"))).isNotEqualTo(big);
    assertThat(nexus.store().resolve("quarantine")).isEmptyDirectory();
  }

  @ParameterizedTest
  @CsvSource({
    "rm share/small, share/small is missing",
    "echo x >share/extra, share/extra",
    "mkdir share/more, share/more",
    "chmod 755 share/small, share/small is",
    "chmod 644 main, main is",
    "rm share/link && ln -s big share/link, share/link is",
    "rm share/small && ln -s big share/small, share/small is a symbolic link",
    "rm share/small && mkfifo share/small, share/small is a fifo",
    "rm share/small && mkdir share/small, share/small is",
    "rmdir share/empty && echo x >share/empty, share/empty is",
    "chmod 700 share, share is",
    "chmod 644 share/big && truncate -s 100 share/big && chmod 444 share/big, share/big is too short",
    "chmod 644 share/big && echo >>share/big && chmod 444 share/big, share/big is too long",
    "rm -rf share, share is missing",
  })
  void damageInShapeIsFoundAndHealedFromTheStore(String damage, String finding)
      throws IOException, InterruptedException {
    addMirror(mirror.toUri().toString());
    Outcome damaged = nexus.shell("cd \"$1\" && " + damage, checkout("").toString());
    assertThat(damaged.status()).as(damaged::toString).isZero();
    Outcome found = nexus.run("verify", "app");
    assertThat(found.status()).as(found::toString).isEqualTo(1);
    assertThat(found.out()).contains(finding);

    Outcome launch = nexus.launch("app");
    assertThat(launch.status()).as(launch::toString).isZero();
    assertThat(launch.out()).startsWith("running\n");
    assertThat(launch.err()).startsWith("nexus: ");
  }

  // Healing

  @Test
  void verifyHealsFromAFolder() throws IOException, InterruptedException {
    addMirror(mirror.toUri().toString());
    Path file = checkout("share/big");
    damage("share/big", 2 * CHUNK + 7);
    byte[] tainted = Files.readAllBytes(file);
    Object taintedInode = inode(file);

    Outcome outcome = nexus.run("verify", "--heal", "app");
    assertThat(outcome.status()).as(outcome::toString).isZero();
    assertThat(outcome.out())
        .contains(
            "app: healed",
            "share/big",
            "healed from " + mirror.toUri().toString().replaceFirst("/$", ""));
    assertThat(Files.readAllBytes(file)).isEqualTo(big);
    assertThat(Files.getLastModifiedTime(file).toMillis()).isEqualTo(1000);
    assertThat(inode(file)).as("a new file, renamed over the old").isNotEqualTo(taintedInode);
    assertThat(nexus.objects().stream().map(VerifyAndHealTest::inode)).contains(inode(file));
    List<Path> kept = Nexus.files(nexus.store().resolve("quarantine"));
    assertThat(kept).hasSize(1);
    assertThat(Files.readAllBytes(kept.getFirst())).isEqualTo(tainted);
    assertThat(inode(kept.getFirst())).isEqualTo(taintedInode);
    assertThat(Nexus.files(nexus.store().resolve("state/taints"))).hasSize(1);
    assertThat(nexus.store().resolve("staging")).isEmptyDirectory();
  }

  @Test
  void launchFetchesOnlyTheTaintedChunks() throws IOException, InterruptedException {
    try (var server = new MirrorServer(mirror, MirrorServer.Manner.HONEST)) {
      addMirror(server.url());
      damage("share/big", CHUNK);
      damage("share/big", 4L * CHUNK + 9);
      Outcome outcome = nexus.launch("app");
      assertThat(outcome.status()).as(outcome::toString).isZero();
      assertThat(outcome.out()).startsWith("running\n");
      assertThat(outcome.err()).contains("share/big").contains(server.url());
      assertReadable(outcome);
      assertThat(server.requests())
          .hasSize(2)
          .anySatisfy(request -> assertThat(request).endsWith(" bytes=524288-1048575"))
          .anySatisfy(request -> assertThat(request).endsWith(" bytes=2097152-2621439"))
          .allSatisfy(request -> assertThat(request).startsWith("objects/"));
    }
  }

  @Test
  void chunkOfAnotherObjectIsUsedWithoutAnyMirror() throws IOException, InterruptedException {
    byte[] next = big.clone();
    next[0] ^= 1;
    nexus.install(
        "next", nexus.tree("next").executable("main", "#!/bin/sh\n").file("big", next), "main");
    damage("share/big", 3L * CHUNK);
    Outcome outcome = nexus.run("verify", "--heal", "app");
    assertThat(outcome.status()).as(outcome::toString).isZero();
    assertThat(outcome.out()).contains("this store");
    assertThat(Files.readAllBytes(checkout("share/big"))).isEqualTo(big);
  }

  @Test
  void launchIsRefusedWhenNobodyHasGoodBytes() throws IOException, InterruptedException {
    damage("share/big", CHUNK);
    byte[] tainted = Files.readAllBytes(checkout("share/big"));
    Outcome outcome = nexus.launch("app");
    assertThat(outcome.status()).as(outcome::toString).isEqualTo(126);
    assertThat(outcome.out()).isEmpty();
    assertThat(outcome.err()).contains("share/big", "nexus mirror add");
    assertReadable(outcome);
    assertThat(nexus.run("verify", "--heal", "app").status()).isEqualTo(1);
    assertThat(Files.readAllBytes(checkout("share/big"))).as("nothing is lost").isEqualTo(tainted);
    assertThat(nexus.launch("other").out()).isEqualTo("other\n");
  }

  @Test
  void refusalIsWhatTheUserMayWant() throws IOException, InterruptedException {
    try (var server = new MirrorServer(mirror, MirrorServer.Manner.HONEST)) {
      addMirror(server.url());
      damage("share/big", CHUNK);
      damage("share/small", 0);
      Outcome outcome = nexus.run("run", "--on-taint=refuse", "app");
      assertThat(outcome.status()).as(outcome::toString).isEqualTo(126);
      assertThat(outcome.out()).isEmpty();
      assertThat(outcome.err()).contains("share/big", "share/small", "nexus verify --heal app");
      assertThat(server.requests()).isEmpty();
    }
  }

  @Test
  void fileOutOfScopeDoesNotStopALaunch() throws IOException, InterruptedException {
    damage("share/small", 0);
    assertThat(nexus.run("run", "--verify=exec", "app").status()).isZero();
    damage("main", 3);
    assertThat(nexus.run("run", "--verify=exec", "app").status()).isEqualTo(126);
  }

  @Test
  void launchesAtOnceHealOnce() throws IOException, InterruptedException {
    try (var server = new MirrorServer(mirror, MirrorServer.Manner.HONEST)) {
      addMirror(server.url());
      damage("share/big", CHUNK);
      List<Nexus.Running> launches = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        launches.add(nexus.start("run", "app"));
      }
      for (Nexus.Running launch : launches) {
        Outcome outcome = launch.end();
        assertThat(outcome.status()).as(outcome::toString).isZero();
        assertThat(outcome.out()).startsWith("running\n");
      }
      assertThat(server.requests()).hasSize(1);
    }
  }

  @Test
  void runningAppKeepsWhatItHasOpen() throws IOException, InterruptedException {
    addMirror(mirror.toUri().toString());
    nexus.installScript(
        "reader", "#!/bin/sh\nexec 3</app/main\necho up\nread line <\"$1\"\ncat <&3\n");
    Path fifo = nexus.work().resolve("gate");
    nexus.command(List.of("mkfifo", fifo.toString()));
    Nexus.Running reader = nexus.start("run", "reader", fifo.toString());
    reader.awaitOut("up");
    nexus.run("mirror", "export", mirror.toString(), "reader");
    Path main = nexus.checkout("reader", "main");
    // Not in place: that would change what the app reads.
    nexus.shell(
        "cp \"$1\" \"$1.new\" && chmod u+w \"$1.new\" && echo >>\"$1.new\" && mv -f \"$1.new\" \"$1\"",
        main.toString());
    Outcome healed = nexus.run("verify", "--heal", "reader");
    assertThat(healed.status()).as(healed::toString).isZero();
    nexus.shell("echo go >\"$1\"", fifo.toString());
    assertThat(reader.end().out()).startsWith("up\n#!/bin/sh\n").endsWith("cat <&3\n");
  }

  @Test
  void manifestIsHealed() throws IOException, InterruptedException {
    Path tree =
        nexus
            .store()
            .resolve("cas/trees")
            .resolve(digest.substring(0, 2))
            .resolve(digest.substring(2));
    damage(tree, Files.size(tree) / 2);
    Outcome refused = nexus.launch("app");
    assertThat(refused.status()).as(refused::toString).isEqualTo(126);
    assertReadable(refused);
    addMirror(mirror.toUri().toString());
    Outcome outcome = nexus.launch("app");
    assertThat(outcome.status()).as(outcome::toString).isZero();
    assertThat(nexus.run("verify", "app").status()).isZero();
  }

  @Test
  void forgedChunkMapIsNotBelieved() throws IOException, InterruptedException {
    addMirror(mirror.toUri().toString());
    for (Path map : Nexus.files(nexus.store().resolve("cas/maps"))) {
      damage(map, Files.size(map) - 20);
    }
    assertThat(nexus.run("verify", "app").status()).isZero();
    damage("share/big", CHUNK);
    Outcome outcome = nexus.launch("app");
    assertThat(outcome.status()).as(outcome::toString).isZero();
    assertThat(Files.readAllBytes(checkout("share/big"))).isEqualTo(big);
  }

  @Test
  void damagedRecordIsRefusedAndHidesNoOtherApp() throws IOException, InterruptedException {
    Path record = nexus.store().resolve("state/installed/app.json");
    damage(record, 40);
    Outcome launch = nexus.launch("app");
    assertThat(launch.status()).as(launch::toString).isEqualTo(126);
    Sentences.assertSentence(launch);
    assertThat(launch.err()).contains(record.toString());
    Outcome list = nexus.run("list");
    assertThat(list.status()).isEqualTo(1);
    assertThat(list.out()).contains("other");
    assertThat(nexus.launch("other").out()).isEqualTo("other\n");
    assertThat(nexus.run("verify", "--all").out())
        .contains("other: good", "app: cannot be verified");
  }

  // Bad mirrors

  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"HONEST", "STALLS", "FLOODS", "IGNORES_RANGES"})
  void badMirrorAloneIsNamedAndNothingRuns(MirrorServer.Manner manner)
      throws IOException, InterruptedException {
    try (var server = new MirrorServer(mirror, manner)) {
      addMirror(server.url());
      damage("share/big", CHUNK);
      Outcome launch = nexus.launch("app");
      assertThat(launch.status()).as(launch::toString).isEqualTo(126);
      assertThat(launch.out()).isEmpty();
      assertThat(launch.err()).contains(server.url(), "share/big");
      assertReadable(launch);
      assertThat(launch.duration()).isLessThan(Duration.ofSeconds(20));
      Outcome verify = nexus.run("verify", "--heal", "app");
      assertThat(verify.status()).as(verify::toString).isEqualTo(1);
      assertThat(verify.out()).contains(server.url());
      assertThat(nexus.store().resolve("staging")).isEmptyDirectory();
    }
  }

  @Test
  void mirrorThatIsNotThereIsNamed() throws IOException, InterruptedException {
    String gone;
    try (var server = new MirrorServer(mirror, MirrorServer.Manner.HONEST)) {
      gone = server.url();
    }
    addMirror(gone);
    damage("share/big", CHUNK);
    Outcome launch = nexus.launch("app");
    assertThat(launch.status()).as(launch::toString).isEqualTo(126);
    assertThat(launch.err()).contains(gone, "cannot be reached");
  }

  @Test
  void nextMirrorIsAskedWhateverTheOneBeforeDoes() throws IOException, InterruptedException {
    List<MirrorServer> servers = new ArrayList<>();
    try {
      for (MirrorServer.Manner manner :
          List.of(
              MirrorServer.Manner.IS_EMPTY,
              MirrorServer.Manner.LIES,
              MirrorServer.Manner.CUTS_OFF,
              MirrorServer.Manner.REDIRECTS,
              MirrorServer.Manner.STALLS,
              MirrorServer.Manner.HONEST)) {
        servers.add(new MirrorServer(mirror, manner));
        addMirror(servers.getLast().url());
      }
      damage("share/big", CHUNK);
      Outcome launch = nexus.launch("app");
      assertThat(launch.status()).as(launch::toString).isZero();
      assertThat(launch.out()).startsWith("running\n");
      assertThat(launch.duration()).isLessThan(Duration.ofSeconds(50));
      assertThat(Files.readAllBytes(checkout("share/big"))).isEqualTo(big);
    } finally {
      servers.forEach(MirrorServer::close);
    }
  }

  // The list of mirrors

  @Test
  void mirrorsAreKeptInOrder() throws IOException, InterruptedException {
    addMirror("https://b.example/x/");
    addMirror("file:///a");
    assertThat(nexus.run("mirror", "list").outLines())
        .containsExactly("https://b.example/x", "file:///a");
    assertThat(nexus.run("mirror", "add", "file:///a").out()).contains("already there");
    assertThat(nexus.run("mirror", "remove", "https://b.example/x").status()).isZero();
    assertThat(nexus.run("mirror", "list").outLines()).containsExactly("file:///a");
    assertThat(nexus.run("mirror", "list", "--json").out().replaceAll("\\s", ""))
        .isEqualTo("[\"file:///a\"]");
    Sentences.assertRefused(nexus.run("mirror", "remove", "file:///nosuch"), 1, "file:///nosuch");
  }

  @ParameterizedTest
  @CsvSource({
    "/path, file:///path",
    "ftp://host/x, ftp://host/x",
    "http://user:secret@host/, user name",
    "http://host/?q, http://host/?q",
    "file://host/path, file://host/path",
    "nonsense, nonsense",
  })
  void badAddressIsOneSentence(String url, String words) throws IOException, InterruptedException {
    Sentences.assertRefused(nexus.run("mirror", "add", url), 1, words);
  }

  @Test
  void damagedListOfMirrorsIsOneSentenceAndStopsNoGoodApp()
      throws IOException, InterruptedException {
    addMirror("file:///a");
    nexus.shell("echo 'no url at all' >>~/.config/nexus/mirrors");
    Sentences.assertRefused(nexus.run("mirror", "list"), 1, ".config/nexus/mirrors:2");
    assertThat(nexus.launch("app").status()).isZero();
    damage("share/big", 0);
    Outcome launch = nexus.launch("app");
    assertThat(launch.status()).as(launch::toString).isEqualTo(126);
    assertThat(launch.err()).contains(".config/nexus/mirrors:2");
  }

  @Test
  void exportRefusesWhatIsTainted() throws IOException, InterruptedException {
    damage("share/big", 0);
    Path target = nexus.work().resolve("tainted-export");
    Outcome outcome = nexus.run("mirror", "export", target.toString());
    assertThat(outcome.status()).as(outcome::toString).isEqualTo(1);
    assertReadable(outcome);
    for (Path file : Nexus.files(target)) {
      assertThat(Files.size(file)).as("%s", file).isNotEqualTo(BIG);
    }
  }

  @Test
  void exportIsReadableByAWebServerAndMadeAgainAtNoCost() throws IOException, InterruptedException {
    Outcome again = nexus.run("mirror", "export", mirror.toString(), "app", "other");
    assertThat(again.status()).isZero();
    assertThat(again.out()).contains(": 0 files new");
    for (Path file : Nexus.files(mirror)) {
      assertThat(Files.getPosixFilePermissions(file).toString()).contains("OTHERS_READ");
    }
  }

  private void addMirror(String url) throws IOException, InterruptedException {
    Outcome outcome = nexus.run("mirror", "add", url);
    assertThat(outcome.status()).as(outcome::toString).isZero();
  }

  private void damage(String path, long offset) throws IOException {
    damage(checkout(path), offset);
  }

  private Path checkout(String path) {
    return nexus.store().resolve("cas/checkouts").resolve(digest).resolve(path);
  }

  /** Changes one byte in place, and puts the mode and the time of the file back. */
  private static void damage(Path file, long offset) throws IOException {
    FileTime modified = Files.getLastModifiedTime(file);
    var permissions = Files.getPosixFilePermissions(file);
    assertThat(file.toFile().setWritable(true)).isTrue();
    try (var open = new RandomAccessFile(file.toFile(), "rw")) {
      open.seek(offset);
      int old = open.read();
      open.seek(offset);
      open.write(old ^ 0x20);
    }
    Files.setPosixFilePermissions(file, permissions);
    Files.setLastModifiedTime(file, modified);
  }

  private static Object inode(Path file) {
    try {
      return Files.getAttribute(file, "unix:ino", LinkOption.NOFOLLOW_LINKS);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void copy(Path from, Path to) throws IOException, InterruptedException {
    run("cp", "-a", from.toString(), to.toString());
  }

  private static void run(String... command) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor())
        .as("%s", Stream.of(command).toList())
        .isZero();
  }
}
