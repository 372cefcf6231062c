package nexus.cas;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDirFactory;

/**
 * Temporary folders in memory where there is a tmpfs, for tests whose subject is not the disk:
 * syncing a busy one takes most of their time.
 */
public final class InMemory implements TempDirFactory {
  private static final Path TMPFS = Path.of("/dev/shm");

  @Override
  public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext extension)
      throws Exception {
    return Files.isWritable(TMPFS)
        ? Files.createTempDirectory(TMPFS, "nexus-test-")
        : Files.createTempDirectory("nexus-test-");
  }
}
