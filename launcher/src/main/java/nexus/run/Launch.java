package nexus.run;

import static nexus.linux.Constants.LOCK_SH;
import static nexus.linux.Constants.O_NOFOLLOW;
import static nexus.linux.Constants.O_NONBLOCK;
import static nexus.linux.Constants.O_RDONLY;
import static nexus.linux.Constants.RESOLVE_BENEATH;
import static nexus.linux.Constants.RESOLVE_NO_SYMLINKS;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import nexus.cas.Checkouts;
import nexus.cas.Finding;
import nexus.cas.Folders;
import nexus.cas.Gate;
import nexus.cas.NexusHome;
import nexus.cas.TreeEntry;
import nexus.cas.TreeManifest;
import nexus.cas.TreeStore;
import nexus.cas.TreeVerifier;
import nexus.fetch.ProgressLine;
import nexus.install.InstalledApps;
import nexus.linux.FileCalls;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.SyscallException;
import nexus.merkle.ParallelHasher;
import nexus.policy.HostFacts;
import nexus.policy.PolicyException;
import nexus.policy.Profile;
import nexus.run.LaunchException.Status;
import nexus.trust.Release;

/**
 * One launch: resolve, verify, heal, plan, build, hand over.
 *
 * <p>The program is opened and leased before it is hashed, and opened again through the sandbox's
 * read-only mount: the same inode, leased again while the first lease still stands. So nobody has
 * opened it for writing since before it was hashed, and the client sees to it that nobody does
 * until it is executed.
 */
final class Launch {
  private final LaunchRequest request;
  private final RunOptions options;
  private final Folders folders;
  private final LaunchReply reply;

  Launch(LaunchRequest request, RunOptions options, Folders folders, LaunchReply reply) {
    this.request = request;
    this.options = options;
    this.folders = folders;
    this.reply = reply;
  }

  void run()
      throws IOException,
          InterruptedException,
          LaunchException,
          MountNamespaceException,
          PolicyException {
    try (NexusHome home = NexusHome.open(folders.nexusHome())) {
      Release release =
          new InstalledApps(home)
              .find(options.app)
              .orElseThrow(
                  () ->
                      new LaunchException(
                          Status.NOT_FOUND,
                          "there is no app \""
                              + options.app
                              + "\"; nexus list shows those there are"))
              .release();
      TreeManifest manifest = new TreeStore(home).get(release.tree());
      TreeEntry.RegularFile program =
          manifest
              .resolve(LinuxPath.of(release.entrypoint()))
              .orElseThrow(
                  () ->
                      new LaunchException(
                          Status.REFUSED,
                          "the entry point "
                              + release.entrypoint()
                              + " is no file of "
                              + release.name()));
      try (OwnedFd checkout = new Checkouts(home).open(release.tree())) {
        FileCalls.flock(checkout, LOCK_SH);
        start(home, release, manifest, program, checkout);
      }
    }
  }

  private void start(
      NexusHome home,
      Release release,
      TreeManifest manifest,
      TreeEntry.RegularFile program,
      OwnedFd checkout)
      throws IOException,
          InterruptedException,
          LaunchException,
          MountNamespaceException,
          PolicyException {
    try (Gate.Opened opened = Gate.open(checkout, program.path())) {
      FileCalls.setReadLease(opened.fd());
      verify(home, release, manifest, checkout, Map.of(program.path(), opened));
      HostFacts facts = HostFactsReader.read(folders);
      LinuxPath path = new Checkouts(home).path(release.tree());
      try (MountNamespace namespace = build(facts, manifest, path, program.path());
          OwnedFd executable = openInside(namespace, program.path())) {
        FileCalls.setReadLease(executable);
        if (!FileCalls.hasReadLease(opened.fd())
            || !FileCalls.statx(executable).id().equals(opened.stat().id())) {
          throw new LaunchException(
              Status.REFUSED, program.path() + " changed while it was being started; run it again");
        }
        reply.exec(namespace, executable, checkout, program(release, program.path(), namespace));
      }
    }
  }

  private void verify(
      NexusHome home,
      Release release,
      TreeManifest manifest,
      OwnedFd checkout,
      Map<LinuxPath, Gate.Opened> held)
      throws IOException, InterruptedException, LaunchException {
    try (var hasher = new ParallelHasher(Runtime.getRuntime().availableProcessors());
        var progress =
            new ProgressLine(
                this::show, request.columns(), System::nanoTime, "verifying " + release.name())) {
      progress.total(0, manifest.totalBytes());
      TreeVerifier.Report report =
          new TreeVerifier(new TreeStore(home), hasher)
              .verify(checkout, manifest, options.scope, held, progress::addBytes);
      if (!report.isGood()) {
        throw new LaunchException(Status.REFUSED, describe(release, report.findings()));
      }
    }
  }

  private static String describe(Release release, List<Finding> findings) {
    var text = new StringBuilder(release.name()).append(" is not what it should be:");
    for (Finding finding : findings) {
      text.append("\nnexus:   ").append(finding.path()).append(' ').append(finding.problem());
    }
    return text.toString();
  }

  private void show(String text) {
    if (request.terminal()) {
      try {
        reply.stderr(text);
      } catch (IOException e) {
        // The client has gone, which the next frame that matters will say.
      }
    }
  }

  /** Builds on a thread of its own, as its root is not the host's afterwards. */
  private static MountNamespace build(
      HostFacts facts, TreeManifest manifest, LinuxPath checkout, LinuxPath program)
      throws MountNamespaceException, PolicyException, InterruptedException {
    var task =
        new FutureTask<>(
            () ->
                MountNamespace.build(
                    mounts ->
                        Profile.TRUSTED.compile(
                            facts, mounts, AppView.steps(manifest, checkout, program))));
    Thread.ofPlatform().name("nexus-sandbox").start(task);
    try {
      return task.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case MountNamespaceException cause -> throw cause;
        case PolicyException cause -> throw cause;
        case RuntimeException cause -> throw cause;
        case Error cause -> throw cause;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }

  private static OwnedFd openInside(MountNamespace namespace, LinuxPath program)
      throws SyscallException {
    return FileCalls.openat2(
        namespace.root(),
        LinuxPath.of("app").resolve(program),
        O_RDONLY | O_NOFOLLOW | O_NONBLOCK,
        0,
        RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
  }

  private LaunchReply.Program program(Release release, LinuxPath path, MountNamespace namespace) {
    List<byte[]> arguments = new ArrayList<>();
    arguments.add(AppView.inside(LinuxPath.of(release.entrypoint())).bytes());
    arguments.addAll(options.appArguments(request.arguments()));
    return new LaunchReply.Program(
        namespace.cloneFlags(),
        LinuxPath.of(AppView.inside(path).bytes()),
        arguments,
        environment(release),
        List.of(request.directory(), folders.userHome()));
  }

  /**
   * Returns the user's environment, with the release's variables in the place of those of the same
   * name.
   */
  private List<byte[]> environment(Release release) {
    Map<String, byte[]> variables = new LinkedHashMap<>();
    for (byte[] variable : request.environment()) {
      // Bytes as characters of the same value: the name is compared byte by byte.
      String text = new String(variable, StandardCharsets.ISO_8859_1);
      int equals = text.indexOf('=');
      variables.put(equals < 0 ? text : text.substring(0, equals), variable);
    }
    release
        .environment()
        .forEach(
            (name, value) ->
                variables.put(name, (name + "=" + value).getBytes(StandardCharsets.UTF_8)));
    return List.copyOf(variables.values());
  }
}
