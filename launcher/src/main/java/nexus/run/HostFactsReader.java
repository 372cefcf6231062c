package nexus.run;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import nexus.cas.Folders;
import nexus.cas.NexusHome;
import nexus.linux.Errno;
import nexus.linux.FileCalls;
import nexus.linux.FileType;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.ProcessCalls;
import nexus.linux.Stat;
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
        agents(folders),
        HostRoot.entries());
  }

  /**
   * Returns the folders that can have an agent's socket. No client believes what is in one that is
   * no directory of this user, as somebody else can make it in /tmp, and hiding where it leads to
   * would be the stranger's choice: it is left alone.
   */
  private static List<PlanPath> agents(Folders folders) throws IOException {
    var found = new ArrayList<PlanPath>();
    for (LinuxPath folder : folders.agents()) {
      if (!canHave(folder)) {
        continue;
      }
      Stat stat = FileCalls.statx(OwnedFd.CWD, folder);
      if (stat.type() == FileType.DIRECTORY && stat.uid() == ProcessCalls.geteuid()) {
        PlanPath canonical = plan(SteadyPath.canonical(folder));
        if (!found.contains(canonical)) {
          found.add(canonical);
        }
      }
    }
    return found;
  }

  private static boolean canHave(LinuxPath folder) throws SyscallException {
    try {
      NexusHome.makeWithParents(folder);
      return true;
    } catch (SyscallException e) {
      if (e.is(Errno.EACCES, Errno.EROFS)) {
        // What we cannot make there, no client and no app of this user can.
        return false;
      }
      throw e;
    }
  }

  private static LinuxPath made(LinuxPath folder) throws IOException {
    NexusHome.makeWithParents(folder);
    return SteadyPath.canonical(folder);
  }

  private static PlanPath plan(LinuxPath path) {
    return PlanPath.of(path.bytes());
  }
}
