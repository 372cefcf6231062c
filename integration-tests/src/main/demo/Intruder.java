import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/** An app that looks around in its sandbox, and tries to change its own files in the store. */
final class Intruder {
  public static void main(String[] arguments) throws IOException {
    System.out.println("process id: " + ProcessHandle.current().pid());
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("CapEff") || line.startsWith("CapBnd") || line.startsWith("NoNewPrivs")) {
        System.out.println(line.replace('\t', ' '));
      }
    }
    boolean stopped = true;
    for (String file : arguments) {
      try {
        // The owner of a file may change its mode, unless something else stops them.
        Files.setPosixFilePermissions(Path.of(file), PosixFilePermissions.fromString("rw-------"));
        Files.newByteChannel(Path.of(file), StandardOpenOption.WRITE).close();
        System.out.println("could be written: " + file);
        stopped = false;
      } catch (FileSystemException e) {
        System.out.println("cannot be written: " + e.getMessage());
      }
    }
    System.exit(stopped ? 0 : 1);
  }
}
