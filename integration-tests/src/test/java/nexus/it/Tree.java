package nexus.it;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** A folder that a test fills, for a user. */
final class Tree {
  private final User user;
  private final Path root;

  Tree(User user, Path root) throws IOException {
    this.user = user;
    this.root = root;
    user.own(root);
  }

  Path root() {
    return root;
  }

  Path path(String name) {
    return root.resolve(name);
  }

  Tree file(String name, byte[] content) throws IOException {
    return file(name, content, "rw-r--r--");
  }

  Tree file(String name, String content) throws IOException {
    return file(name, content.getBytes(StandardCharsets.UTF_8));
  }

  Tree executable(String name, byte[] content) throws IOException {
    return file(name, content, "rwxr-xr-x");
  }

  Tree executable(String name, String content) throws IOException {
    return executable(name, content.getBytes(StandardCharsets.UTF_8));
  }

  private Tree file(String name, byte[] content, String permissions) throws IOException {
    Path file = path(name);
    Files.createDirectories(file.getParent());
    Files.write(file, content);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    own(file);
    return this;
  }

  Tree directory(String name) throws IOException {
    own(Files.createDirectories(path(name)));
    return this;
  }

  Tree symlink(String name, String target) throws IOException {
    own(Files.createSymbolicLink(path(name), Path.of(target)));
    return this;
  }

  Tree hardLink(String name, String to) throws IOException {
    Files.createLink(path(name), path(to));
    return this;
  }

  private void own(Path made) throws IOException {
    Path each = root;
    for (Path name : root.relativize(made)) {
      each = each.resolve(name);
      user.ownOne(each);
    }
  }
}
