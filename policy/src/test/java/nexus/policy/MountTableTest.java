package nexus.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import nexus.policy.PolicyException.MalformedMountTable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class MountTableTest {
  private static final String ROOT = "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n";

  private static MountTable parse(String text) throws MalformedMountTable {
    return MountTable.parse(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  @Test
  void readsEveryFieldThatMatters() throws MalformedMountTable {
    assertThat(
            parse(ROOT + "98 27 0:44 /@home /home rw shared:1 master:2 - btrfs /dev/sda rw,x=y\n")
                .entries())
        .containsExactly(
            new MountEntry(27, 1, "254:0", PlanPath.ROOT, PlanPath.ROOT),
            new MountEntry(98, 27, "0:44", PlanPath.of("/@home"), PlanPath.of("/home")));
  }

  @Test
  void readsEscapedAndForeignBytes() throws MalformedMountTable {
    MountEntry entry =
        parse("1 2 0:1 / /a\\040b\\011c\\012d\\134e\\043f\377 rw - tmpfs none rw\n")
            .entries()
            .getFirst();
    assertThat(entry.mountPoint().bytes())
        .isEqualTo("/a b\tc\nd\\e#f\377".getBytes(StandardCharsets.ISO_8859_1));
    assertThat(entry.mountPoint()).hasToString("/a b\\x09c\\x0ad\\e#f\\xff");
  }

  @Test
  void readsSourceThatIsEmpty() throws MalformedMountTable {
    assertThat(parse("1 2 0:1 / /a rw -  tmpfs  rw\n").entries()).hasSize(1);
  }

  @Test
  void readsRootOfANamespaceFile() throws MalformedMountTable {
    assertThat(parse("1 2 0:4 net:[4026531992] /run/netns/a rw - nsfs nsfs rw\n").entries())
        .extracting(MountEntry::root)
        .containsExactly(PlanPath.of("net:[4026531992]"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "1",
        "1 2 0:1 / /a",
        "1 2 0:1 / /a rw",
        "1 2 0:1 / /a rw shared:1",
        "1 2 0:1 / /a rw - tmpfs",
        "x 2 0:1 / /a rw - tmpfs none rw",
        "1 -2 0:1 / /a rw - tmpfs none rw",
        "1 9999999999999999999 0:1 / /a rw - tmpfs none rw",
        "1 2 01 / /a rw - tmpfs none rw",
        "1 2 0:1 / a rw - tmpfs none rw",
        "1 2 0:1  /a rw - tmpfs none rw",
        "1 2 0:1 / /a\\ rw - tmpfs none rw",
        "1 2 0:1 / /a\\04 rw - tmpfs none rw",
        "1 2 0:1 / /a\\400 rw - tmpfs none rw",
        "1 2 0:1 / /a\\000b rw - tmpfs none rw",
        "27 1 0:1 / /a rw - tmpfs none rw"
      })
  void namesTheLineThatIsMalformed(String line) {
    assertThatThrownBy(() -> parse(ROOT + line + "\n"))
        .isInstanceOf(MalformedMountTable.class)
        .hasMessageStartingWith("mount table, line 2: ");
  }

  @Test
  void refusesTableThatIsCutOff() {
    assertThatThrownBy(() -> parse(ROOT + "28 27 0:5 / /a rw - tmpfs none"))
        .hasMessage("mount table, line 2: ends without a line feed");
  }

  @Test
  void refusesIdsThatRepeat() {
    var entry = new MountEntry(1, 2, "0:1", PlanPath.ROOT, PlanPath.ROOT);
    assertThatIllegalArgumentException().isThrownBy(() -> MountTable.of(List.of(entry, entry)));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void damagedTablesAreParsedOrRefused(long seed) {
    var random = new Random(seed);
    byte[] intact =
        (ROOT + "28 27 0:23 / /a\\040b rw shared:3 - tmpfs none rw\n")
            .getBytes(StandardCharsets.ISO_8859_1);
    for (int i = 0; i < 2000; i++) {
      byte[] damaged = intact.clone();
      for (int changes = random.nextInt(4); changes >= 0; changes--) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      try {
        MountTable.parse(damaged).mountAt(PlanPath.of("/a b/c"));
      } catch (MalformedMountTable e) {
        assertThat(e.line()).isPositive();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "/, 1",
    "/usr, 1",
    "/home, 3",
    "/home/user/deep, 3",
    "/homes, 1",
    "/mnt/a, 4",
    "/mnt/a/b, 4",
    "/mnt/a/b/c, 4",
  })
  void lookUpEndsInTheTopmostMountOfEachComponent(String path, long id) {
    MountTable table =
        MountTable.of(
            List.of(
                new MountEntry(1, 0, "8:1", PlanPath.ROOT, PlanPath.ROOT),
                new MountEntry(2, 1, "8:2", PlanPath.ROOT, PlanPath.of("/home")),
                // Stacked on the one before.
                new MountEntry(3, 2, "8:3", PlanPath.ROOT, PlanPath.of("/home")),
                // Covers the mount on /mnt/a/b, which was there first.
                new MountEntry(5, 1, "8:5", PlanPath.ROOT, PlanPath.of("/mnt/a/b")),
                new MountEntry(4, 1, "8:4", PlanPath.ROOT, PlanPath.of("/mnt/a")),
                // Mounted on the root directory itself: no look-up climbs onto it.
                new MountEntry(6, 1, "8:6", PlanPath.ROOT, PlanPath.ROOT)));
    assertThat(table.mountAt(PlanPath.of(path)))
        .hasValueSatisfying(m -> assertThat(m.id()).isEqualTo(id));
  }

  @Test
  void lookUpFindsNothingWhereTheRootIsNoMount() {
    assertThat(MountTable.of(List.of()).mountAt(PlanPath.of("/a"))).isEmpty();
  }
}
