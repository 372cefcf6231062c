package nexus.run;

import static nexus.linux.Constants.O_DIRECTORY;
import static nexus.linux.Constants.O_RDONLY;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import nexus.cas.Folders;
import nexus.cas.NexusHome;
import nexus.linux.DirectoryEntry;
import nexus.linux.Errno;
import nexus.linux.FileCalls;
import nexus.linux.FileType;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.SyscallException;
import nexus.policy.HostFacts;
import nexus.policy.PlanPath;

/** Asks the host for what a sandbox plan depends on. */
final class HostFactsReader {
  private HostFactsReader() {}

  /**
   * Returns the facts. Folders of ours that are not there yet are made: what does not exist cannot
   * be masked, and an app could make it.
   */
  static HostFacts read(Folders folders) throws IOException {
    LinuxPath nexusHome = SteadyPath.canonical(folders.nexusHome());
    return new HostFacts(
        plan(nexusHome),
        plan(nexusHome.resolve("cas")),
        plan(made(folders.config())),
        runtime(folders),
        HostRoot.entries());
  }

  private static Optional<PlanPath> runtime(Folders folders) throws IOException {
    if (folders.runtime().isEmpty() || !exists(folders.runtime().get().parent())) {
      return Optional.empty();
    }
    return Optional.of(plan(made(folders.runtime().get())));
  }

  private static LinuxPath made(LinuxPath folder) throws IOException {
    NexusHome.makeWithParents(folder);
    return SteadyPath.canonical(folder);
  }

  private static boolean exists(LinuxPath path) throws IOException {
    try {
      FileCalls.statx(OwnedFd.CWD, path);
      return true;
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT, Errno.ENOTDIR)) {
        return false;
      }
      throw e;
    }
  }

  private static PlanPath plan(LinuxPath path) {
    return PlanPath.of(path.bytes());
  }
}
