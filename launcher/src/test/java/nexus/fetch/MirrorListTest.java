package nexus.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import nexus.cas.StoreException;
import nexus.linux.LinuxPath;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MirrorListTest {
  @TempDir Path folder;

  // Mutable state
  private Path file;
  private MirrorList list;

  @BeforeEach
  void open() {
    Path config = folder.resolve("config/nexus");
    file = config.resolve("mirrors");
    list = new MirrorList(LinuxPath.of(config.toString()));
  }

  private static MirrorUrl url(String text) throws Exception {
    return MirrorUrl.parse(text);
  }

  @Test
  void isEmptyWhereThereIsNone() throws Exception {
    assertThat(list.mirrors()).isEmpty();
    assertThat(list.remove(url("http://a"))).isFalse();
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void keepsTheOrderInWhichMirrorsWereAdded() throws Exception {
    assertThat(list.add(url("https://b/x/"))).isTrue();
    assertThat(list.add(url("file:///a"))).isTrue();
    assertThat(list.add(url("https://b/x"))).isFalse();

    assertThat(list.mirrors()).containsExactly(url("https://b/x"), url("file:///a"));
    assertThat(file).hasContent("https://b/x\nfile:///a\n");
  }

  @Test
  void keepsCommentsWhenAMirrorIsRemoved() throws Exception {
    Files.createDirectories(file.getParent());
    Files.writeString(file, "# mine\n\n  http://a/ \nhttp://b\n# end");

    assertThat(list.remove(url("http://a"))).isTrue();

    assertThat(file).hasContent("# mine\n\nhttp://b\n# end\n");
  }

  @Test
  void namesTheLineThatIsMalformed() throws Exception {
    Files.createDirectories(file.getParent());
    Files.writeString(file, "http://a\n# b\nftp://c\n");

    assertThatExceptionOfType(FetchException.BadSetting.class)
        .isThrownBy(list::mirrors)
        .withMessageStartingWith(file + ":3 is malformed: ftp://c is no address of a mirror");
    assertThatExceptionOfType(FetchException.BadSetting.class)
        .isThrownBy(() -> list.add(url("http://d")));
    assertThat(file).hasContent("http://a\n# b\nftp://c\n");
  }

  @Test
  void refusesAListThatIsNoText() throws Exception {
    Files.createDirectories(file.getParent());
    Files.write(file, new byte[] {'h', (byte) 0xff});

    assertThatExceptionOfType(FetchException.BadSetting.class)
        .isThrownBy(list::mirrors)
        .withMessage(file + " is not UTF-8 text; write one URL a line");
  }

  @Test
  void refusesAListThatIsAFifo() throws Exception {
    Files.createDirectories(file.getParent());
    assertThat(new ProcessBuilder("mkfifo", file.toString()).start().waitFor()).isZero();

    assertThatExceptionOfType(StoreException.Unsafe.class)
        .isThrownBy(list::mirrors)
        .withMessageContaining("is a fifo, expected a regular file");
  }

  @Test
  void refusesALongList() throws Exception {
    Files.createDirectories(file.getParent());
    var text = new StringBuilder();
    for (int i = 0; i < MirrorList.MAX_MIRRORS; i++) {
      text.append("http://host").append(i).append('\n');
    }
    Files.writeString(file, text);
    assertThat(list.mirrors()).hasSize(MirrorList.MAX_MIRRORS);
    assertThatExceptionOfType(FetchException.BadSetting.class)
        .isThrownBy(() -> list.add(url("http://more")))
        .withMessageContaining("has 100 mirrors already");

    Files.writeString(file, text + "http://more\n");
    assertThatExceptionOfType(FetchException.BadSetting.class)
        .isThrownBy(list::mirrors)
        .withMessage(file + ":101 is one mirror too many; the most is 100");

    Files.writeString(file, "#".repeat(2 << 20));
    assertThatExceptionOfType(StoreException.Malformed.class).isThrownBy(list::mirrors);
  }

  @Test
  void losesNoneOfThoseThatAreAddedAtOnce() throws Exception {
    var adding = new ArrayList<Callable<Boolean>>();
    for (int i = 0; i < 20; i++) {
      MirrorUrl each = url("http://host" + i);
      adding.add(() -> list.add(each));
    }
    try (var threads = Executors.newFixedThreadPool(4)) {
      for (var each : threads.invokeAll(adding)) {
        assertThat(each.get()).isTrue();
      }
    }
    assertThat(list.mirrors()).hasSize(20);
    try (var files = Files.list(folder.resolve("config/nexus"))) {
      assertThat(files).containsExactly(file);
    }
  }
}
