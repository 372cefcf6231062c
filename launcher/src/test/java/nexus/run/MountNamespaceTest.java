package nexus.run;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import nexus.run.UserNamespace.User;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Real namespaces, built and then tried from the inside. */
@ParameterizedClass
@EnumSource(User.class)
final class MountNamespaceTest {
  private static final String HOME = "home/.local/share/nexus";

  // Mutable state: one process for all tests of a user
  private static @Nullable UserNamespace process;

  private final UserNamespace inside = requireNonNull(process);

  MountNamespaceTest(User user) {
    assertThat(user).isNotNull();
  }

  @BeforeParameterizedClassInvocation
  static void start(User user, @TempDir Path folder) throws IOException, InterruptedException {
    process = UserNamespace.start(user, folder);
  }

  @AfterParameterizedClassInvocation
  static void stop() throws IOException {
    requireNonNull(process).close();
  }

  @BeforeEach
  void newThread(@TempDir Path folder) throws IOException {
    inside.newThread(folder, "private");
  }

  private void build() {
    // pid, ipc, uts and cgroup namespaces
    assertThat(inside.does("build")).isEqualTo("built, client unshares 0x2e000000");
  }

  @Test
  void storeIsShownReadOnly() {
    build();
    assertThat(inside.does("read", HOME + "/cas/objects/ab/cd")).isEqualTo("object");
    assertThat(inside.does("write", HOME + "/cas/objects/ab/cd")).isEqualTo("EROFS");
    assertThat(inside.does("chmod", HOME + "/cas/objects/ab/cd")).isEqualTo("EROFS");
    assertThat(inside.does("create", HOME + "/cas/objects/ab/new")).isEqualTo("EROFS");
    assertThat(inside.does("rename", HOME + "/cas/objects", HOME + "/cas/old")).isEqualTo("EROFS");
    assertThat(inside.does("link", HOME + "/cas/objects/ab/cd", "home/linked")).isEqualTo("EXDEV");
  }

  @Test
  void nothingButTheStoreIsLeftOfNexusHome() {
    build();
    assertThat(inside.does("list", HOME)).isEqualTo("cas");
    assertThat(inside.does("mkdir", HOME + "/state")).isEqualTo("EROFS");
  }

  @Test
  void ownFoldersAreEmptyAndStaySo() {
    build();
    assertThat(inside.does("list", "home/.config/nexus")).isEmpty();
    assertThat(inside.does("create", "home/.config/nexus/policy.json")).isEqualTo("EROFS");
    assertThat(inside.does("list", "runtime/nexus")).isEmpty();
    assertThat(inside.does("create", "runtime/nexus/agent")).isEqualTo("EROFS");
  }

  @Test
  void noFolderOnTheWayToAProtectedOneCanBeMoved() {
    build();
    for (String ancestor :
        new String[] {
          "home", "home/.local", "home/.local/share", HOME, "home/.config", "runtime"
        }) {
      assertThat(inside.does("rename", ancestor, ancestor + ".moved"))
          .as(ancestor)
          .isEqualTo("EBUSY");
    }
    assertThat(inside.does("rename", "home/.config/nexus", "home/.config/moved"))
        .isEqualTo("EBUSY");
    assertThat(inside.does("rename", HOME + "/cas", HOME + "/moved")).isIn("EBUSY", "EROFS");
  }

  @Test
  void restOfTheHomeIsTheHosts() throws IOException {
    build();
    assertThat(inside.does("create", "home/document")).isEqualTo("done");
    assertThat(inside.path("home/document")).exists();
    Files.writeString(inside.path("home/.config/later"), "from the host");
    assertThat(inside.does("read", "home/.config/later")).isEqualTo("from the host");
  }

  @Test
  void otherPathsToTheStoreAreMasked() {
    inside.does("bind", "home", "mnt/alias");
    inside.does("bind", HOME + "/cas/objects", "mnt/objects");
    inside.does("bind", HOME + "/cas/objects/ab/cd", "mnt/file");
    build();
    assertThat(inside.does("list", "mnt/alias/.local/share")).isEqualTo("nexus");
    assertThat(inside.does("list", "mnt/alias/.local/share/nexus")).isEmpty();
    assertThat(inside.does("list", "mnt/alias/.config/nexus")).isEmpty();
    assertThat(inside.does("rename", "mnt/alias/.local", "mnt/alias/moved")).isEqualTo("EBUSY");
    assertThat(inside.does("list", "mnt/objects")).isEmpty();
    assertThat(inside.does("create", "mnt/objects/new")).isEqualTo("EROFS");
    assertThat(inside.does("read", "mnt/file")).isEmpty();
    assertThat(inside.does("write", "mnt/file")).isEqualTo("EROFS");
    assertThat(inside.does("list", "/")).doesNotContain("mask");
  }

  @Test
  void coveredPathToTheStoreIsLeftAlone() {
    inside.does("bind", "home", "mnt/alias");
    inside.does("bind", "mnt/other", "mnt/alias");
    build();
    assertThat(inside.does("create", "mnt/alias/file")).isEqualTo("done");
    assertThat(inside.path("mnt/other/file")).exists();
  }

  @Test
  void pathToTheStoreThroughAnothersClosedFolderIsPassedOver() throws IOException {
    inside.does("bind", "home", "mnt/closed/alias");
    inside.close("mnt/closed", false);
    build();
    assertThat(inside.does("list", "mnt/closed/alias")).isEqualTo("EACCES");
  }

  @Test
  void pathToTheStoreThroughAFolderThatTheAppCouldOpenIsNot() throws IOException {
    inside.does("bind", "home", "mnt/closed/alias");
    inside.close("mnt/closed", true);
    assertThat(inside.does("build"))
        .startsWith("cannot build the sandbox: pin " + inside.path("mnt/closed/alias"))
        .endsWith(": EACCES (permission denied)");
  }

  @Test
  void mountInsideTheStoreIsShownReadOnlyAndMaskedWhereItComesFrom() {
    inside.does("bind", "mnt/other", HOME + "/cas/objects");
    build();
    assertThat(inside.does("create", HOME + "/cas/objects/new")).isEqualTo("EROFS");
    assertThat(inside.does("create", "mnt/other/new")).isEqualTo("EROFS");
  }

  @Test
  void appFindsItsTreeAndCannotChangeIt() {
    build();
    assertThat(inside.does("list", "/app")).isEqualTo("\\xff bin lib");
    assertThat(inside.does("read", "/app/bin/tool")).isEqualTo("tool");
    assertThat(inside.does("read", "/app/lib/part")).isEqualTo("part");
    assertThat(inside.does("write", "/app/bin/tool")).isEqualTo("EROFS");
    assertThat(inside.does("write", "/app/lib/part")).isEqualTo("EROFS");
    assertThat(inside.does("mkdir", "/app/new")).isEqualTo("EROFS");
    assertThat(inside.does("mkdir", "/new")).isEqualTo("EROFS");
  }

  @Test
  void entryPointStaysWhenTheCheckoutIsExchanged() throws IOException {
    build();
    Path checkout = inside.path(HOME + "/cas/checkouts/tree");
    Files.move(checkout.resolve("bin"), checkout.resolve("old"));
    Files.createDirectory(checkout.resolve("bin"));
    Files.writeString(checkout.resolve("bin/tool"), "evil");
    assertThat(inside.does("read", "/app/bin/tool")).isEqualTo("tool");
  }

  @Test
  void noMountLeadsToTheOldRoot() {
    build();
    String[] mountPoints = inside.does("mount points").split(" ", -1);
    assertThat(mountPoints).contains("/app").containsOnlyOnce("/");
  }

  @Test
  void mountThatTheHostMakesLaterDoesNotComeIn(@TempDir Path folder) throws IOException {
    inside.newThread(folder, "shared");
    build();
    assertThat(inside.does("bind outside", "home", "mnt/late")).isEqualTo("done");
    assertThat(inside.does("list", "mnt/late")).isEmpty();
  }

  @Test
  void refusesSymbolicLinkOnTheWayToTheStore() throws IOException {
    Files.move(inside.path("home/.local/share"), inside.path("home/elsewhere"));
    Files.createSymbolicLink(inside.path("home/.local/share"), Path.of("../elsewhere"));
    assertThat(inside.does("build"))
        .startsWith("cannot build the sandbox: pin " + inside.path("home/.local/share") + ": ")
        .endsWith(": ELOOP (symbolic link in the way)");
  }

  @Test
  void refusesSymbolicLinkInThePlaceOfAFileOfTheApp() throws IOException {
    Path tool = inside.path(HOME + "/cas/checkouts/tree/bin/tool");
    Files.delete(tool);
    Files.createSymbolicLink(tool, Path.of("../lib/part"));
    assertThat(inside.does("build"))
        .startsWith("cannot build the sandbox: bind " + tool + " on /app/bin/tool ro nosuid nodev")
        .contains("openat2(")
        .endsWith(": ELOOP (symbolic link in the way)");
  }
}
