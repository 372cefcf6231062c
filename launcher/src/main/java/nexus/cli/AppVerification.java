package nexus.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import nexus.cas.Checkouts;
import nexus.cas.Finding;
import nexus.cas.NexusHome;
import nexus.cas.StoreException;
import nexus.cas.TaintCause;
import nexus.cas.TreeManifest;
import nexus.cas.TreeStore;
import nexus.cas.TreeVerifier;
import nexus.fetch.ProgressLine;
import nexus.heal.HealLine;
import nexus.heal.HealProgress;
import nexus.heal.HealReport;
import nexus.heal.ManifestReport;
import nexus.heal.MirroredHealer;
import nexus.install.InstalledApps.Listed;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.merkle.Digest;
import nexus.merkle.ParallelHasher;
import nexus.merkle.Verdict;

/** Verifies installed apps one by one, and heals them if that is wanted. */
final class AppVerification {
  private final NexusHome home;
  private final ParallelHasher hasher;
  private final LinuxPath config;
  private final Terminal terminal;
  private final boolean heal;

  /** Lends everything. */
  AppVerification(
      NexusHome home, ParallelHasher hasher, LinuxPath config, Terminal terminal, boolean heal) {
    this.home = home;
    this.hasher = hasher;
    this.config = config;
    this.terminal = terminal;
    this.heal = heal;
  }

  /**
   * What was found out about one app.
   *
   * @param problem why nothing could be verified, one sentence; empty if something could
   * @param items what was wrong; without healing, what is
   */
  record Result(
      String app,
      Optional<String> problem,
      int files,
      long bytes,
      double seconds,
      List<Item> items) {

    /** One thing that was wrong, and what became of it if healing was wanted. */
    record Item(Finding finding, Optional<HealReport.Item> healing) {
      boolean isGood() {
        return healing.isPresent() && !(healing.get().result() instanceof HealReport.NotHealed);
      }
    }

    boolean isGood() {
      return problem.isEmpty() && items.stream().allMatch(Item::isGood);
    }

    void print(PrintStream out) {
      if (problem.isPresent()) {
        out.println(app + ": cannot be verified: " + problem.get());
        return;
      }
      long bad = items.stream().filter(item -> !item.isGood()).count();
      out.printf(
          "%s: %s; %d files, %s verified in %.2f s%n",
          app,
          bad > 0 ? bad + " tainted" : items.isEmpty() ? "good" : "healed",
          files,
          ProgressLine.size(bytes),
          seconds);
      for (Item item : items) {
        if (item.healing().isPresent()) {
          HealReport.Item healing = item.healing().get();
          out.println("  " + healing.sentence());
          if (healing.result() instanceof HealReport.NotHealed not) {
            not.reasons().forEach(reason -> out.println("    " + reason));
          }
        } else {
          out.println("  " + item.finding().path() + " " + item.finding().problem());
        }
      }
    }

    void write(JsonGenerator out) throws IOException {
      out.writeStartObject();
      out.writeStringField("app", app);
      out.writeBooleanField("good", isGood());
      if (problem.isPresent()) {
        out.writeStringField("problem", problem.get());
      }
      out.writeNumberField("files", files);
      out.writeNumberField("bytes", bytes);
      out.writeArrayFieldStart("findings");
      for (Item item : items) {
        write(out, item);
      }
      out.writeEndArray();
      out.writeEndObject();
    }

    private static void write(JsonGenerator out, Item item) throws IOException {
      out.writeStartObject();
      out.writeStringField("path", item.finding().path().toString());
      out.writeStringField("problem", item.finding().problem());
      if (item.finding()
          instanceof Finding.TaintedFile(var _, Verdict.TaintedChunks(var _, var chunks))) {
        out.writeArrayFieldStart("chunks");
        for (Verdict.TaintedChunk chunk : chunks) {
          out.writeNumber(chunk.index());
        }
        out.writeEndArray();
      }
      if (item.healing().isPresent()) {
        switch (item.healing().get().result()) {
          case HealReport.AlreadyGood _ -> out.writeBooleanField("healed", true);
          case HealReport.Healed healed -> {
            out.writeBooleanField("healed", true);
            out.writeStringField("source", healed.source());
            out.writeNumberField("bytesFetched", healed.bytesFetched());
          }
          case HealReport.NotHealed not -> {
            out.writeBooleanField("healed", false);
            out.writeArrayFieldStart("reasons");
            for (String reason : not.reasons()) {
              out.writeString(reason);
            }
            out.writeEndArray();
          }
        }
      }
      out.writeEndObject();
    }
  }

  Result verify(Listed app) throws IOException, InterruptedException {
    return switch (app) {
      case Listed.Broken broken -> unverifiable(broken.name(), broken.why());
      case Listed.Installed installed ->
          verify(installed.name(), installed.envelope().release().tree());
    };
  }

  private static Result unverifiable(String app, String why) {
    return new Result(app, Optional.of(why), 0, 0, 0, List.of());
  }

  private Result verify(String app, Digest tree) throws IOException, InterruptedException {
    long started = System.nanoTime();
    TreeManifest manifest;
    try {
      manifest = new TreeStore(home).get(tree);
    } catch (StoreException e) {
      if (!heal) {
        return unverifiable(app, String.valueOf(e.getMessage()));
      }
      try (MirroredHealer healer = healer(app)) {
        switch (healer.healer().healManifest(tree)) {
          case ManifestReport.Good good -> manifest = good.manifest();
          case ManifestReport.NotHealed not -> {
            return unverifiable(app, String.join("; ", not.reasons()));
          }
        }
      }
    }
    TreeVerifier.Report report = compare(app, tree, manifest);
    List<Result.Item> items =
        heal && !report.isGood()
            ? heal(app, tree, manifest, report.findings())
            : report.findings().stream()
                .map(finding -> new Result.Item(finding, Optional.empty()))
                .toList();
    double seconds = (System.nanoTime() - started) / 1e9;
    return new Result(app, Optional.empty(), report.files(), report.bytes(), seconds, items);
  }

  private TreeVerifier.Report compare(String app, Digest tree, TreeManifest manifest)
      throws IOException, InterruptedException {
    OwnedFd opened;
    try {
      opened = new Checkouts(home).open(tree);
    } catch (StoreException e) {
      return new TreeVerifier.Report(
          List.of(new Finding.Missing(manifest.entries().getFirst())), 0, 0);
    }
    try (OwnedFd checkout = opened;
        ProgressLine line = terminal.progress("verifying " + app)) {
      line.total(0, manifest.totalBytes());
      return new TreeVerifier(new TreeStore(home), hasher)
          .verify(checkout, manifest, TreeVerifier.Scope.TREE, Map.of(), line::addBytes);
    }
  }

  private List<Result.Item> heal(
      String app, Digest tree, TreeManifest manifest, List<Finding> findings)
      throws IOException, InterruptedException {
    try (MirroredHealer healer = healer(app)) {
      return healer
          .healer()
          .heal(tree, manifest, findings, new TaintCause.Verify())
          .items()
          .stream()
          .map(item -> new Result.Item(item.finding(), Optional.of(item)))
          .toList();
    }
  }

  private MirroredHealer healer(String app) throws IOException {
    HealProgress progress = new HealLine(terminal.progress("healing " + app), terminal::say);
    return new MirroredHealer(home, hasher, config, System.getenv(), progress);
  }
}
