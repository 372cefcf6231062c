package nexus.run;

import static nexus.linux.Constants.AT_RECURSIVE;
import static nexus.linux.Constants.CLONE_NEWCGROUP;
import static nexus.linux.Constants.CLONE_NEWIPC;
import static nexus.linux.Constants.CLONE_NEWNS;
import static nexus.linux.Constants.CLONE_NEWPID;
import static nexus.linux.Constants.CLONE_NEWUTS;
import static nexus.linux.Constants.MS_PRIVATE;
import static nexus.linux.Constants.O_DIRECTORY;
import static nexus.linux.Constants.O_PATH;
import static nexus.linux.Constants.O_RDONLY;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.function.Supplier;
import nexus.linux.Errno;
import nexus.linux.FileCalls;
import nexus.linux.LinuxPath;
import nexus.linux.MountCalls;
import nexus.linux.OwnedFd;
import nexus.linux.ProcessCalls;
import nexus.linux.SyscallException;
import nexus.policy.MountTable;
import nexus.policy.Namespace;
import nexus.policy.PolicyException;
import nexus.policy.SandboxPlan;
import nexus.policy.Step;

/**
 * A mount namespace with an app's root file system, as a plan describes it, and descriptors that
 * keep it alive. No process needs to be in it.
 *
 * <p>Building takes a user namespace of our own, with CAP_SYS_ADMIN in it, and Linux 5.12.
 */
final class MountNamespace implements AutoCloseable {
  /** Makes the plan, for the mounts that it will be carried out among. */
  @FunctionalInterface
  interface Planner {
    SandboxPlan plan(MountTable mounts) throws PolicyException;
  }

  private static final LinuxPath MOUNTS = LinuxPath.of("/proc/thread-self/mountinfo");
  private static final LinuxPath MOUNT_NAMESPACE = LinuxPath.of("/proc/thread-self/ns/mnt");
  private static final LinuxPath USER_NAMESPACE = LinuxPath.of("/proc/thread-self/ns/user");
  private static final int BUFFER = 64 * 1024;

  private final SandboxPlan plan;
  private final OwnedFd root;
  private final OwnedFd mountNamespace;
  private final OwnedFd userNamespace;

  private MountNamespace(
      SandboxPlan plan, OwnedFd root, OwnedFd mountNamespace, OwnedFd userNamespace) {
    this.plan = plan;
    this.root = root;
    this.mountNamespace = mountNamespace;
    this.userNamespace = userNamespace;
  }

  /**
   * Builds a mount namespace on the calling thread, which must be a platform thread and must end
   * afterwards without touching another file by its path: its root is the app's from here on, or,
   * after a failure, the host's with half a sandbox on it. Nothing of that is seen by other
   * threads.
   *
   * @param planner called once, after which no mount of the host comes into the namespace any more:
   *     between the plan and the building of it, no second path to the store can appear
   * @param program asked after the planner, what a {@link Step.Copy} of the plan copies, lent
   */
  static MountNamespace build(Planner planner, Supplier<OwnedFd> program)
      throws MountNamespaceException, PolicyException {
    if (Thread.currentThread().isVirtual()) {
      throw new IllegalStateException("a virtual thread has no mount namespace of its own");
    }
    var opened = new ArrayList<OwnedFd>();
    boolean built = false;
    try {
      OwnedFd host = separate();
      opened.add(host);
      OwnedFd mountNamespace = namespace(MOUNT_NAMESPACE);
      opened.add(mountNamespace);
      OwnedFd userNamespace = namespace(USER_NAMESPACE);
      opened.add(userNamespace);
      SandboxPlan plan = planner.plan(mounts());
      try (var tree = new NewRoot(host, program.get())) {
        carryOut(plan, tree);
        enter(tree);
        built = true;
        return new MountNamespace(plan, tree.release(), mountNamespace, userNamespace);
      } finally {
        host.close();
      }
    } finally {
      if (!built) {
        opened.forEach(OwnedFd::close);
      }
    }
  }

  /** Gives the thread mounts of its own and returns the host's root directory among them. */
  private static OwnedFd separate() throws MountNamespaceException {
    try {
      ProcessCalls.unshare(CLONE_NEWNS);
      OwnedFd host = FileCalls.openat2(OwnedFd.CWD, LinuxPath.of("/"), O_PATH | O_DIRECTORY, 0, 0);
      try {
        // Private, not slave: what the host mounts from now on must not appear in the sandbox,
        // where
        // it could be one more path to the store. It also makes unbindable mounts bindable, which
        // are refused in a recursive bind.
        MountCalls.mountSetattr(host, AT_RECURSIVE, 0, MS_PRIVATE);
        return host;
      } catch (SyscallException e) {
        host.close();
        throw e;
      }
    } catch (SyscallException e) {
      throw failed("making a mount namespace", e);
    }
  }

  private static OwnedFd namespace(LinuxPath link) throws MountNamespaceException {
    try {
      // No RESOLVE_* here: these names are magic links, and /proc is asked before the root changes.
      return FileCalls.openat2(OwnedFd.CWD, link, O_RDONLY, 0, 0);
    } catch (SyscallException e) {
      throw failed("opening the new namespaces", e);
    }
  }

  private static MountTable mounts() throws MountNamespaceException, PolicyException {
    var text = new ByteArrayOutputStream();
    try (OwnedFd table = FileCalls.openat2(OwnedFd.CWD, MOUNTS, O_RDONLY, 0, 0)) {
      byte[] buffer = new byte[BUFFER];
      int count = FileCalls.read(table, buffer);
      while (count > 0) {
        text.write(buffer, 0, count);
        count = FileCalls.read(table, buffer);
      }
    } catch (SyscallException e) {
      throw failed("reading the mount table", e);
    }
    return MountTable.parse(text.toByteArray());
  }

  private static void carryOut(SandboxPlan plan, NewRoot tree) throws MountNamespaceException {
    for (Step step : plan.steps()) {
      try {
        tree.carryOut(step);
      } catch (SyscallException e) {
        if (e.is(Errno.ENOSYS)) {
          throw new MountNamespaceException.KernelTooOld(e);
        }
        throw new MountNamespaceException.StepFailed(step, e);
      }
    }
  }

  private static void enter(NewRoot tree) throws MountNamespaceException {
    try {
      tree.enter();
    } catch (SyscallException e) {
      throw failed("changing the root", e);
    }
  }

  private static MountNamespaceException failed(String doing, SyscallException cause) {
    return cause.is(Errno.ENOSYS)
        ? new MountNamespaceException.KernelTooOld(cause)
        : new MountNamespaceException.EntryFailed(doing, cause);
  }

  /** Returns the plan that was carried out. */
  SandboxPlan plan() {
    return plan;
  }

  /**
   * Lends the app's root directory, {@code O_PATH}. What is opened below it by a relative path is
   * opened through the mounts that the app has, read-only ones included.
   */
  OwnedFd root() {
    return root;
  }

  /** Lends the mount namespace, for setns(2). */
  OwnedFd mountNamespace() {
    return mountNamespace;
  }

  /** Lends the user namespace that owns the mount namespace, for setns(2). */
  OwnedFd userNamespace() {
    return userNamespace;
  }

  /** Returns the {@code CLONE_NEW*} bits of the namespaces that the plan leaves to the client. */
  int cloneFlags() {
    int flags = 0;
    for (Namespace namespace : plan.namespaces()) {
      flags |=
          switch (namespace) {
            case PID -> CLONE_NEWPID;
            case IPC -> CLONE_NEWIPC;
            case UTS -> CLONE_NEWUTS;
            case CGROUP -> CLONE_NEWCGROUP;
          };
    }
    return flags;
  }

  /** Closes the descriptors; a namespace that no process has entered ends with that. */
  @Override
  public void close() {
    root.close();
    mountNamespace.close();
    userNamespace.close();
  }
}
