package nexus.run;

import static nexus.linux.Constants.AT_RECURSIVE;
import static nexus.linux.Constants.CLONE_NEWNS;
import static nexus.linux.Constants.MS_PRIVATE;
import static nexus.linux.Constants.OPEN_TREE_CLONE;
import static nexus.linux.Constants.O_CREAT;
import static nexus.linux.Constants.O_DIRECTORY;
import static nexus.linux.Constants.O_EXCL;
import static nexus.linux.Constants.O_PATH;
import static nexus.linux.Constants.O_RDONLY;
import static nexus.linux.Constants.O_WRONLY;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import nexus.linux.FileCalls;
import nexus.linux.FileType;
import nexus.linux.LinuxPath;
import nexus.linux.MountCalls;
import nexus.linux.OwnedFd;
import nexus.linux.ProcessCalls;
import nexus.linux.SyscallException;
import nexus.policy.HostFacts;
import nexus.policy.HostFacts.RootEntry;
import nexus.policy.MountAttribute;
import nexus.policy.PlanPath;
import nexus.policy.PolicyException;
import nexus.policy.Profile;
import nexus.policy.Step;

/**
 * The program that {@link MountNamespaceTest} runs in a user namespace: it does what each line of
 * its input says, on one thread that has a mount namespace, and answers with one line.
 */
final class NamespaceProbe {
  private static final Set<MountAttribute> READ_ONLY =
      Set.of(MountAttribute.READ_ONLY, MountAttribute.NO_SUID, MountAttribute.NO_DEVICES);

  /** What is in the root directory, asked once as the agent does, before any thread leaves it. */
  private final List<RootEntry> hostRoot;

  // Mutable state
  /** The folders of the test that is running. */
  private PlanPath base = PlanPath.ROOT;

  private NamespaceProbe() throws SyscallException {
    this.hostRoot = HostRoot.entries();
  }

  public static void main(String[] arguments) throws Exception {
    var probe = new NamespaceProbe();
    var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    ExecutorService thread = Executors.newSingleThreadExecutor();
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split("\t", -1);
      if (words[0].equals("new thread")) {
        thread.shutdown();
        thread = Executors.newSingleThreadExecutor();
      }
      boolean outside = words[0].equals("bind outside");
      ExecutorService inside = thread;
      out.println(outside ? probe.answer(words) : inside.submit(() -> probe.answer(words)).get());
    }
    thread.shutdown();
  }

  private String answer(String[] words) throws InterruptedException, ExecutionException {
    try {
      return carryOut(words);
    } catch (SyscallException e) {
      // "call(arguments): EBUSY (device or resource busy)"
      String message = String.valueOf(e.getMessage());
      return message.replaceAll(".*: ([A-Z0-9]+) \\(.*", "$1");
    } catch (MountNamespaceException | PolicyException | IOException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private String carryOut(String[] words)
      throws IOException, MountNamespaceException, PolicyException {
    switch (words[0]) {
      case "new thread" -> {
        base = PlanPath.of(words[1]);
        ProcessCalls.unshare(CLONE_NEWNS);
        if (words[2].equals("private")) {
          try (OwnedFd root = open("/", O_PATH)) {
            MountCalls.mountSetattr(root, AT_RECURSIVE, 0, MS_PRIVATE);
          }
        }
      }
      case "bind", "bind outside" -> {
        try (OwnedFd tree =
                MountCalls.openTree(
                    OwnedFd.CWD, LinuxPath.of(words[1]), OPEN_TREE_CLONE | AT_RECURSIVE);
            OwnedFd target = open(words[2], O_PATH)) {
          MountCalls.moveMount(tree, target);
        }
      }
      case "build" -> {
        return build();
      }
      case "create" -> open(words[1], O_CREAT | O_EXCL | O_WRONLY).close();
      case "write" -> open(words[1], O_WRONLY).close();
      case "chmod" -> {
        try (OwnedFd file = open(words[1], O_RDONLY)) {
          FileCalls.fchmod(file, 0700);
        }
      }
      case "mkdir" -> FileCalls.mkdirat(OwnedFd.CWD, LinuxPath.of(words[1]), 0755);
      case "rename" ->
          FileCalls.renameat2(
              OwnedFd.CWD, LinuxPath.of(words[1]), OwnedFd.CWD, LinuxPath.of(words[2]), 0);
      case "link" ->
          FileCalls.linkat(
              OwnedFd.CWD, LinuxPath.of(words[1]), OwnedFd.CWD, LinuxPath.of(words[2]));
      case "list" -> {
        try (OwnedFd directory = open(words[1], O_RDONLY | O_DIRECTORY)) {
          return FileCalls.getdents64(directory).stream()
              .map(entry -> entry.name().toString())
              .sorted()
              .collect(Collectors.joining(" "));
        }
      }
      case "read" -> {
        return read(words[1]);
      }
      case "readlink" -> {
        return FileCalls.readlinkat(OwnedFd.CWD, LinuxPath.of(words[1])).toString();
      }
      case "type" -> {
        return FileCalls.statx(OwnedFd.CWD, LinuxPath.of(words[1])).type().toString();
      }
      case "mount points" -> {
        return read("/proc/thread-self/mountinfo")
            .lines()
            .map(line -> line.split(" ", -1)[4])
            .collect(Collectors.joining(" "));
      }
      default -> throw new IllegalArgumentException(words[0]);
    }
    return "done";
  }

  private String build() throws SyscallException, MountNamespaceException, PolicyException {
    var facts =
        new HostFacts(
            base.resolve("home/.local/share/nexus"),
            base.resolve("home/.local/share/nexus/cas"),
            base.resolve("home/.config/nexus"),
            List.of(base.resolve("runtime/nexus")),
            hostRoot);
    try (MountNamespace built =
        MountNamespace.build(
            mounts -> Profile.TRUSTED.compile(facts, mounts, appView()), () -> OwnedFd.CWD)) {
      LinuxPath tool = LinuxPath.of("app/bin/tool");
      try (OwnedFd through = FileCalls.openat2(built.root(), tool, O_RDONLY, 0, 0)) {
        return FileCalls.statx(through).type() == FileType.REGULAR
            ? "built, client unshares 0x" + Integer.toHexString(built.cloneFlags())
            : "the app's entry point is not a file";
      }
    }
  }

  /** A view with a spine: only the entry point's folder is a directory of the tmpfs. */
  private List<Step> appView() {
    PlanPath checkout = base.resolve("home/.local/share/nexus/cas/checkouts/tree");
    PlanPath app = Profile.APP;
    return List.of(
        new Step.Tmpfs(app, 0755),
        new Step.Directory(app.resolve("bin")),
        new Step.File(app.resolve("bin/tool")),
        new Step.Bind(checkout.resolve("bin/tool"), app.resolve("bin/tool"), false, READ_ONLY),
        new Step.Directory(app.resolve("lib")),
        new Step.Bind(checkout.resolve("lib"), app.resolve("lib"), false, READ_ONLY),
        new Step.Symlink(
            app.resolve(PlanPath.of(new byte[] {(byte) 0xff})), PlanPath.of("lib/part")),
        new Step.Seal(app));
  }

  private static OwnedFd open(String path, int flags) throws SyscallException {
    return FileCalls.openat2(
        OwnedFd.CWD, LinuxPath.of(path), flags, (flags & O_CREAT) == 0 ? 0 : 0600, 0);
  }

  private static String read(String path) throws SyscallException {
    var text = new StringBuilder();
    byte[] buffer = new byte[65536];
    try (OwnedFd file = open(path, O_RDONLY)) {
      for (int n = FileCalls.read(file, buffer); n > 0; n = FileCalls.read(file, buffer)) {
        text.append(new String(buffer, 0, n, StandardCharsets.UTF_8));
      }
    }
    return text.toString();
  }
}
