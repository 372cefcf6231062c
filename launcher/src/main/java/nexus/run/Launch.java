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
import java.util.Optional;
import nexus.cas.Checkouts;
import nexus.cas.Finding;
import nexus.cas.Folders;
import nexus.cas.NexusHome;
import nexus.cas.StoreException;
import nexus.cas.TreeEntry;
import nexus.cas.TreeManifest;
import nexus.install.InstalledApps;
import nexus.install.NoSuchAppException;
import nexus.linux.FileCalls;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.SyscallException;
import nexus.policy.PolicyException;
import nexus.run.LaunchException.Status;
import nexus.trust.Release;
import nexus.trust.TrustException;

/**
 * One launch: resolve, verify, heal, plan, build, hand over.
 *
 * <p>The program is opened and leased before it is hashed, and opened again through the sandbox's
 * read-only mount: the same inode, leased again while the first lease still stands. So nobody has
 * opened it for writing since before it was hashed, and the client sees to it that nobody does
 * until it is executed. Where there is no lease to be had, the app gets a private copy of the
 * program that nobody else can reach, and the copy is what is verified.
 */
final class Launch {
  private static final int MAX_ATTEMPTS = 3;

  private final LaunchRequest request;
  private final RunOptions options;
  private final Folders folders;
  private final LaunchReply reply;
  private final LaunchTools tools;
  private final Client client;

  /** Lends everything. */
  Launch(
      LaunchRequest request,
      RunOptions options,
      Folders folders,
      LaunchReply reply,
      LaunchTools tools,
      Client client) {
    this.request = request;
    this.options = options;
    this.folders = folders;
    this.reply = reply;
    this.tools = tools;
    this.client = client;
  }

  void run()
      throws IOException,
          InterruptedException,
          LaunchException,
          MountNamespaceException,
          PolicyException {
    try (Turn turn = tools.turn()) {
      for (int attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
        client.requirePresent();
        if (attempt(turn)) {
          return;
        }
      }
      throw new LaunchException(
          Status.REFUSED,
          options.app
              + " was healed "
              + MAX_ATTEMPTS
              + " times and is tainted again; something changes it");
    }
  }

  /** Hands the app over to the client, or heals it, and returns whether it did the first. */
  private boolean attempt(Turn turn)
      throws IOException,
          InterruptedException,
          LaunchException,
          MountNamespaceException,
          PolicyException {
    try (SandboxBuild sandbox = SandboxBuild.start();
        KeptHome.Use store = tools.homes().open(folders.nexusHome())) {
      NexusHome home = store.home();
      Release release = release(home);
      var guard =
          new TreeGuard(
              home,
              tools.hasher(),
              release,
              options,
              folders,
              request.variables(),
              new LaunchMessages(request, reply),
              client,
              turn);
      TreeManifest manifest = guard.manifest();
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
      List<Finding> findings = start(sandbox, home, guard, release, manifest, program);
      if (findings.isEmpty()) {
        return true;
      }
      sandbox.end();
      guard.heal(manifest, findings);
      return false;
    }
  }

  private Release release(NexusHome home) throws IOException, LaunchException {
    try {
      return new InstalledApps(home).get(options.app).release();
    } catch (NoSuchAppException e) {
      throw new LaunchException(Status.NOT_FOUND, String.valueOf(e.getMessage()));
    } catch (TrustException.Invalid e) {
      throw new LaunchException(Status.NOT_FOUND, String.valueOf(e.getMessage()));
    } catch (StoreException | TrustException e) {
      throw new LaunchException(
          Status.REFUSED, e.getMessage() + "; import " + options.app + " again");
    }
  }

  /** Hands the app over to the client, or returns what is wrong with it. */
  private List<Finding> start(
      SandboxBuild sandbox,
      NexusHome home,
      TreeGuard guard,
      Release release,
      TreeManifest manifest,
      TreeEntry.RegularFile program)
      throws IOException,
          InterruptedException,
          LaunchException,
          MountNamespaceException,
          PolicyException {
    var checkouts = new Checkouts(home);
    OwnedFd opened;
    try {
      opened = checkouts.open(release.tree());
    } catch (StoreException e) {
      return List.of(new Finding.Missing(manifest.entries().getFirst()));
    }
    try (OwnedFd checkout = opened) {
      FileCalls.flock(checkout, LOCK_SH);
      Optional<HeldProgram> found = HeldProgram.open(checkout, program.path());
      if (found.isEmpty()) {
        return guard.verify(checkout, manifest, Map.of());
      }
      // Closed here, too: what it builds from is lent to it.
      try (HeldProgram held = found.get();
          SandboxBuild building = sandbox) {
        building.order(
            new SandboxBuild.Order(
                HostFactsReader.read(folders),
                AppView.steps(
                    manifest, checkouts.path(release.tree()), program.path(), !held.guarded()),
                held.opened().fd()));
        List<Finding> findings =
            guard.verify(checkout, manifest, Map.of(program.path(), held.opened()));
        if (findings.isEmpty()) {
          handOver(building.await(), checkout, release, program, held);
        }
        return findings;
      }
    }
  }

  private void handOver(
      MountNamespace namespace,
      OwnedFd checkout,
      Release release,
      TreeEntry.RegularFile program,
      HeldProgram held)
      throws IOException, InterruptedException, LaunchException {
    try (OwnedFd executable = openInside(namespace, program.path())) {
      FileCalls.setReadLease(executable);
      boolean right =
          held.guarded()
              ? held.isUntouched(executable)
              : VerifiedCopy.isCopyOf(executable, program, tools.hasher());
      if (!right) {
        throw new LaunchException(
            Status.REFUSED, program.path() + " changed while it was being started; run it again");
      }
      reply.exec(namespace, executable, checkout, program(release, program.path(), namespace));
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
