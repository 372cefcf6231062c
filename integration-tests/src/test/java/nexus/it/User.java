package nexus.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Who starts Nexus. */
enum User {
  /** Whoever runs the tests. */
  SELF(0),

  /** A user without any rights; to become one takes root. */
  ORDINARY(1000);

  private final int id;

  User(int id) {
    this.id = id;
  }

  /** Returns root and an ordinary user if the tests run as root, else the one there is. */
  static List<User> all() {
    return isRoot() ? List.of(SELF, ORDINARY) : List.of(SELF);
  }

  /** Returns an ordinary user, who is whoever runs the tests unless that is root. */
  static User ordinary() {
    return isRoot() ? ORDINARY : SELF;
  }

  static boolean isRoot() {
    try {
      return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  boolean isPowerful() {
    return this == SELF && isRoot();
  }

  /** Returns the command line that runs another one as this user. */
  List<String> become(List<String> command) {
    return switch (this) {
      case SELF -> command;
      case ORDINARY ->
          Stream.concat(
                  Stream.of("setpriv", "--reuid=" + id, "--regid=" + id, "--clear-groups", "--"),
                  command.stream())
              .toList();
    };
  }

  /** Gives the user a file, or a directory with all that is in it. */
  void own(Path root) throws IOException {
    if (this == SELF) {
      return;
    }
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(root)) {
      paths = walk.toList();
    }
    for (Path path : paths) {
      ownOne(path);
    }
  }

  /** Gives the user a file, or a directory without what is in it. */
  void ownOne(Path path) throws IOException {
    if (this != SELF) {
      Files.setAttribute(path, "unix:uid", id, LinkOption.NOFOLLOW_LINKS);
      Files.setAttribute(path, "unix:gid", id, LinkOption.NOFOLLOW_LINKS);
    }
  }
}
