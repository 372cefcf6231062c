package nexus.fetch;

import static nexus.linux.Constants.LOCK_EX;
import static nexus.linux.Constants.O_CREAT;
import static nexus.linux.Constants.O_DIRECTORY;
import static nexus.linux.Constants.O_EXCL;
import static nexus.linux.Constants.O_RDONLY;
import static nexus.linux.Constants.O_WRONLY;
import static nexus.linux.Constants.RESOLVE_BENEATH;
import static nexus.linux.Constants.RESOLVE_NO_SYMLINKS;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import nexus.cas.Gate;
import nexus.cas.NexusHome;
import nexus.cas.StoreException;
import nexus.linux.Errno;
import nexus.linux.FileCalls;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.SyscallException;

/**
 * The user's mirrors in the order in which they are asked: the file {@code mirrors} of the user's
 * configuration folder, one address a line. Empty lines, and those that begin with {@code #}, say
 * nothing and are kept.
 */
public final class MirrorList {
  /** The most mirrors that a list has. */
  public static final int MAX_MIRRORS = 100;

  private static final int MAX_BYTES = 1 << 20;
  private static final LinuxPath FILE = LinuxPath.of("mirrors");
  private static final LinuxPath NEW_FILE = LinuxPath.of(".mirrors.new");

  private final LinuxPath folder;

  /**
   * Reads nothing yet.
   *
   * @param folder {@code ${XDG_CONFIG_HOME}/nexus}, absolute; made when a mirror is added
   */
  public MirrorList(LinuxPath folder) {
    this.folder = folder;
  }

  /** Returns the mirrors; none if there is no list. */
  public List<MirrorUrl> mirrors() throws IOException {
    try (OwnedFd open = openFolder()) {
      return urls(lines(open));
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT)) {
        return List.of();
      }
      throw e;
    }
  }

  /**
   * Adds a mirror behind the others.
   *
   * @return false if it was in the list already
   */
  public boolean add(MirrorUrl mirror) throws IOException {
    NexusHome.makeWithParents(folder);
    try (OwnedFd open = openFolder()) {
      FileCalls.flock(open, LOCK_EX);
      List<String> lines = lines(open);
      List<MirrorUrl> present = urls(lines);
      if (present.contains(mirror)) {
        return false;
      }
      if (present.size() == MAX_MIRRORS) {
        throw new FetchException.BadSetting(
            file(), "has " + MAX_MIRRORS + " mirrors already; remove one before you add another");
      }
      lines.add(mirror.toString());
      write(open, lines);
      return true;
    }
  }

  /**
   * Removes a mirror.
   *
   * @return false if it was not in the list
   */
  public boolean remove(MirrorUrl mirror) throws IOException {
    try (OwnedFd open = openFolder()) {
      FileCalls.flock(open, LOCK_EX);
      List<String> lines = lines(open);
      if (!urls(lines).contains(mirror)) {
        return false;
      }
      var kept = new ArrayList<String>();
      for (String line : lines) {
        if (saysNothing(line) || !MirrorUrl.parse(line.strip()).equals(mirror)) {
          kept.add(line);
        }
      }
      write(open, kept);
      return true;
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT)) {
        return false;
      }
      throw e;
    }
  }

  private OwnedFd openFolder() throws SyscallException {
    return FileCalls.openat2(OwnedFd.CWD, folder, O_RDONLY | O_DIRECTORY, 0, 0);
  }

  private List<String> lines(OwnedFd open) throws IOException {
    byte[] bytes;
    try {
      bytes = Gate.read(open, FILE, MAX_BYTES);
    } catch (StoreException.Missing e) {
      return new ArrayList<>();
    }
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return new ArrayList<>(text.lines().toList());
    } catch (CharacterCodingException e) {
      throw new FetchException.BadSetting(file(), "is not UTF-8 text; write one URL a line");
    }
  }

  private List<MirrorUrl> urls(List<String> lines) throws FetchException.BadSetting {
    var urls = new ArrayList<MirrorUrl>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (saysNothing(line)) {
        continue;
      }
      try {
        urls.add(MirrorUrl.parse(line.strip()));
      } catch (FetchException.BadAddress e) {
        throw new FetchException.BadSetting(
            file() + ":" + (i + 1), "is malformed: " + e.getMessage());
      }
      if (urls.size() > MAX_MIRRORS) {
        throw new FetchException.BadSetting(
            file() + ":" + (i + 1), "is one mirror too many; the most is " + MAX_MIRRORS);
      }
    }
    return urls;
  }

  private static boolean saysNothing(String line) {
    return line.isBlank() || line.strip().startsWith("#");
  }

  private void write(OwnedFd open, List<String> lines) throws IOException {
    var text = new StringBuilder();
    lines.forEach(line -> text.append(line).append('\n'));
    byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
    try {
      // Left by somebody who died: the lock says that nobody is writing it now.
      FileCalls.unlinkat(open, NEW_FILE, 0);
    } catch (SyscallException e) {
      if (!e.is(Errno.ENOENT)) {
        throw e;
      }
    }
    try (OwnedFd file =
        FileCalls.openat2(
            open,
            NEW_FILE,
            O_WRONLY | O_CREAT | O_EXCL,
            0600,
            RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS)) {
      ByteBuffer direct = ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
      for (long at = 0; direct.hasRemaining(); ) {
        at += FileCalls.pwrite(file, direct, at);
      }
      FileCalls.fsync(file);
    }
    FileCalls.renameat2(open, NEW_FILE, open, FILE, 0);
    FileCalls.fsync(open);
  }

  private String file() {
    return folder.resolve(FILE).toString();
  }
}
