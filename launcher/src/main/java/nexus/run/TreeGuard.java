package nexus.run;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import nexus.cas.Finding;
import nexus.cas.Folders;
import nexus.cas.Gate;
import nexus.cas.NexusHome;
import nexus.cas.StoreException;
import nexus.cas.TaintCause;
import nexus.cas.TreeManifest;
import nexus.cas.TreeStore;
import nexus.cas.TreeVerifier;
import nexus.fetch.ProgressLine;
import nexus.heal.HealReport;
import nexus.heal.ManifestReport;
import nexus.heal.MirroredHealer;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.merkle.ParallelHasher;
import nexus.run.LaunchException.Status;
import nexus.run.RunOptions.OnTaint;
import nexus.trust.Release;

/**
 * Verifies the tree of an app that is about to be started, and has it healed unless the user wants
 * a refusal.
 */
final class TreeGuard {
  private final NexusHome home;
  private final ParallelHasher hasher;
  private final Release release;
  private final RunOptions options;
  private final Folders folders;
  private final Map<String, String> environment;
  private final LaunchMessages messages;
  private final Client client;
  private final Turn turn;

  /** Lends everything. */
  TreeGuard(
      NexusHome home,
      ParallelHasher hasher,
      Release release,
      RunOptions options,
      Folders folders,
      Map<String, String> environment,
      LaunchMessages messages,
      Client client,
      Turn turn) {
    this.home = home;
    this.hasher = hasher;
    this.release = release;
    this.options = options;
    this.folders = folders;
    this.environment = environment;
    this.messages = messages;
    this.client = client;
    this.turn = turn;
  }

  /** Returns the tree's manifest, whose digest has been verified. */
  TreeManifest manifest() throws IOException, InterruptedException, LaunchException {
    try {
      return new TreeStore(home).get(release.tree());
    } catch (StoreException e) {
      if (options.onTaint == OnTaint.REFUSE) {
        throw new LaunchException(Status.REFUSED, String.valueOf(e.getMessage()));
      }
    }
    turn.pause();
    try (MirroredHealer healer = healer(List.of())) {
      return switch (healer.healer().healManifest(release.tree())) {
        case ManifestReport.Good good -> good.manifest();
        case ManifestReport.NotHealed not ->
            throw new LaunchException(Status.REFUSED, String.join("; ", not.reasons()));
      };
    } finally {
      turn.resume();
    }
  }

  /** Verifies what is in scope, and returns what is wrong. */
  List<Finding> verify(OwnedFd checkout, TreeManifest manifest, Map<LinuxPath, Gate.Opened> held)
      throws IOException, InterruptedException {
    try (ProgressLine progress = messages.progress("verifying " + release.name())) {
      progress.total(0, manifest.totalBytes());
      return new TreeVerifier(new TreeStore(home), hasher)
          .verify(
              checkout,
              manifest,
              options.scope,
              held,
              bytes -> {
                client.requirePresentNowAndThen();
                progress.addBytes(bytes);
              })
          .findings();
    }
  }

  /**
   * Heals.
   *
   * @throws LaunchException if not everything could be healed, or the user wants no healing
   */
  void heal(TreeManifest manifest, List<Finding> findings)
      throws IOException, InterruptedException, LaunchException {
    if (options.onTaint == OnTaint.REFUSE) {
      throw new LaunchException(Status.REFUSED, refusal(findings));
    }
    HealReport report;
    turn.pause();
    try (MirroredHealer healer = healer(findings)) {
      report =
          healer
              .healer()
              .heal(release.tree(), manifest, findings, new TaintCause.Launch(release.name()));
    } finally {
      turn.resume();
    }
    for (HealReport.Item item : report.items()) {
      messages.say(release.name() + ": " + item.sentence());
      if (item.result() instanceof HealReport.NotHealed not) {
        not.reasons().forEach(messages::say);
      }
    }
    if (!report.isHealed()) {
      throw new LaunchException(
          Status.REFUSED,
          release.name() + " is tainted and could not be healed; it was not started");
    }
  }

  private MirroredHealer healer(List<Finding> findings) throws LaunchException {
    try {
      return new MirroredHealer(
          home, hasher, folders.config(), environment, messages.healing(release.name()));
    } catch (IOException e) {
      throw new LaunchException(Status.REFUSED, refusal(findings) + "\nnexus: " + e.getMessage());
    }
  }

  private String refusal(List<Finding> findings) {
    var text = new StringBuilder(release.name()).append(" is not what it should be");
    for (Finding finding : findings) {
      text.append("\nnexus:   ").append(finding.path()).append(' ').append(finding.problem());
    }
    return text.append("\nnexus: run nexus verify --heal ").append(release.name()).toString();
  }
}
