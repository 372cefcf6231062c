package nexus.run;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import nexus.linux.OwnedFd;
import nexus.policy.HostFacts;
import nexus.policy.MountTable;
import nexus.policy.PolicyException;
import nexus.policy.Profile;
import nexus.policy.SandboxPlan;
import nexus.policy.Step;

/**
 * Builds an app's mount namespace while the app is verified. Building has a thread of its own
 * anyway, as the root of that thread is not the host's afterwards, and half of the time goes by
 * before it has to know what it builds.
 */
final class SandboxBuild implements AutoCloseable {
  /**
   * What is built.
   *
   * @param program what a {@link Step.Copy} copies, lent until the build is closed
   */
  record Order(HostFacts facts, List<Step> appView, OwnedFd program) {}

  private final CompletableFuture<Order> order = new CompletableFuture<>();
  private final FutureTask<MountNamespace> task = new FutureTask<>(this::build);

  private SandboxBuild() {}

  /** Starts with what is the same for every app. */
  static SandboxBuild start() {
    var build = new SandboxBuild();
    Thread.ofPlatform().name("nexus-sandbox").start(build.task);
    return build;
  }

  /** Says what to build; called once, or not at all. */
  void order(Order wanted) {
    order.complete(wanted);
  }

  private MountNamespace build() throws MountNamespaceException, PolicyException {
    return MountNamespace.build(this::plan, () -> order.join().program);
  }

  private SandboxPlan plan(MountTable mounts) throws PolicyException {
    Order wanted = order.join();
    return Profile.TRUSTED.compile(wanted.facts, mounts, wanted.appView);
  }

  /** Waits for the namespace, which is lent until this is closed. */
  MountNamespace await() throws MountNamespaceException, PolicyException, InterruptedException {
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

  /** Waits until nothing is built any more, and closes what was. Once more does no harm. */
  void end() {
    order.cancel(false);
    boolean interrupted = false;
    while (true) {
      try {
        task.get().close();
        break;
      } catch (ExecutionException e) {
        // There is nothing to close; whoever wanted to know why has asked await().
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends it. */
  @Override
  public void close() {
    end();
  }
}
