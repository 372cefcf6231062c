package nexus.cli;

import java.io.IOException;
import java.lang.reflect.Constructor;
import nexus.cas.Folders;
import nexus.cas.NexusHome;
import nexus.linux.Posix;
import picocli.CommandLine.IFactory;

/** What commands are made with: each has one constructor, which takes this or nothing. */
final class Commands implements IFactory {
  private final Terminal terminal;

  Commands(Terminal terminal) {
    this.terminal = terminal;
  }

  Terminal terminal() {
    return terminal;
  }

  /** Returns where the user's files are. */
  Folders folders() throws IOException {
    return Folders.of(System.getenv(), Posix::homeDirectory);
  }

  /** Opens the store, to be closed by the caller. */
  NexusHome home() throws IOException {
    return NexusHome.open(folders().nexusHome());
  }

  @Override
  public <K> K create(Class<K> type) throws Exception {
    for (Constructor<?> constructor : type.getDeclaredConstructors()) {
      if (constructor.getParameterCount() == 1
          && constructor.getParameterTypes()[0] == Commands.class) {
        return type.cast(constructor.newInstance(this));
      }
    }
    return picocli.CommandLine.defaultFactory().create(type);
  }
}
