package nexus.heal;

import static nexus.linux.Constants.RENAME_NOREPLACE;

import java.io.IOException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import nexus.cas.CheckoutUses;
import nexus.cas.Checkouts;
import nexus.cas.Finding;
import nexus.cas.NexusHome;
import nexus.cas.ObjectId;
import nexus.cas.Quarantine;
import nexus.cas.Staging;
import nexus.cas.TaintCause;
import nexus.cas.TaintLog;
import nexus.cas.TaintRecord;
import nexus.cas.TreeEntry;
import nexus.cas.TreeManifest;
import nexus.cas.TreeStore;
import nexus.linux.Errno;
import nexus.linux.FileCalls;
import nexus.linux.FileType;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.Stat;
import nexus.linux.SyscallException;
import nexus.merkle.Digest;
import nexus.merkle.ParallelHasher;
import nexus.merkle.Verdict;

/** The healing of one checkout, once, by somebody who holds the store's lock. */
final class CheckoutHealing {
  private final NexusHome home;
  private final MirrorPool mirrors;
  private final InstantSource clock;
  private final HealProgress progress;
  private final Digest tree;
  private final TreeManifest manifest;
  private final Checkouts checkouts;
  private final Quarantine quarantine;
  private final Verification verification;
  private final ObjectHealer objectHealer;

  // Mutable state
  private final Map<LinuxPath, HealReport.Item> items = new TreeMap<>();
  private final Map<ObjectId, Set<Stat.FileId>> replaced = new HashMap<>();

  CheckoutHealing(
      NexusHome home,
      ParallelHasher hasher,
      MirrorPool mirrors,
      InstantSource clock,
      HealProgress progress,
      Digest tree,
      TreeManifest manifest) {
    this.home = home;
    this.mirrors = mirrors;
    this.clock = clock;
    this.progress = progress;
    this.tree = tree;
    this.manifest = manifest;
    this.checkouts = new Checkouts(home);
    this.quarantine = new Quarantine(home, clock);
    this.verification = new Verification(new TreeStore(home), hasher);
    this.objectHealer = new ObjectHealer(home, hasher, mirrors, quarantine, progress);
  }

  HealReport heal(List<Finding> findings, TaintCause cause)
      throws IOException, InterruptedException {
    quarantine.takeUnless(
        FileType.DIRECTORY, checkouts.directory(), Checkouts.name(tree), tree.hex());
    if (isThere()) {
      // Who cannot write to it cannot mend it.
      Quarantine.setPermissions(
          checkouts.directory(), Checkouts.name(tree), Checkouts.DIRECTORY_PERMISSIONS);
      try (OwnedFd checkout = checkouts.open(tree)) {
        heal(checkout, findings);
      }
    } else {
      remake(findings);
    }
    if (!items.isEmpty()) {
      // For all directories that were written to: the files were synced before they got names.
      home.sync();
    }
    for (Finding finding : findings) {
      items.computeIfAbsent(
          finding.path(), _ -> new HealReport.Item(finding, new HealReport.AlreadyGood()));
    }
    items.values().forEach(progress::finished);
    record(cause);
    return new HealReport(List.copyOf(items.values()), mirrors.complaints());
  }

  private boolean isThere() throws SyscallException {
    try {
      return FileCalls.statx(checkouts.directory(), Checkouts.name(tree)).type()
          == FileType.DIRECTORY;
    } catch (SyscallException e) {
      if (e.is(Errno.ENOENT)) {
        return false;
      }
      throw e;
    }
  }

  private void heal(OwnedFd checkout, List<Finding> findings)
      throws IOException, InterruptedException {
    List<Finding> wrong = new ShapeHealer(quarantine).heal(checkout, manifest, items);
    Map<LinuxPath, Finding> files = new TreeMap<>();
    wrong.forEach(finding -> files.put(finding.path(), finding));
    lookAgain(checkout, findings, files);
    healFiles(checkout, files.values());
  }

  /** Makes the checkout in staging and gives it its name when it is whole. */
  private void remake(List<Finding> findings) throws IOException, InterruptedException {
    LinuxPath staged = home.staging().newName();
    OwnedFd staging = home.staging().directory();
    FileCalls.mkdirat(staging, staged, Checkouts.DIRECTORY_PERMISSIONS);
    Quarantine.setPermissions(staging, staged, Checkouts.DIRECTORY_PERMISSIONS);
    try (OwnedFd checkout = NexusHome.openDirectory(staging, staged)) {
      heal(checkout, findings);
    }
    if (items.values().stream().anyMatch(i -> i.result() instanceof HealReport.NotHealed)) {
      Staging.remove(staging, staged);
      return;
    }
    home.sync();
    FileCalls.renameat2(
        staging, staged, checkouts.directory(), Checkouts.name(tree), RENAME_NOREPLACE);
  }

  /** Adds those files that were found tainted, look right from outside and still are tainted. */
  private void lookAgain(OwnedFd checkout, List<Finding> findings, Map<LinuxPath, Finding> files)
      throws InterruptedException {
    var doubtful = new ArrayList<TreeEntry.RegularFile>();
    for (Finding finding : findings) {
      if (!files.containsKey(finding.path())
          && manifest.find(finding.path()).orElse(null) instanceof TreeEntry.RegularFile file) {
        doubtful.add(file);
      }
    }
    Map<LinuxPath, Verdict> verdicts = verification.files(checkout, doubtful);
    for (TreeEntry.RegularFile file : doubtful) {
      Verdict verdict = verdicts.get(file.path());
      if (verdict != null && !(verdict instanceof Verdict.Good)) {
        files.put(file.path(), new Finding.TaintedFile(file, verdict));
      }
    }
  }

  private void healFiles(OwnedFd checkout, Iterable<Finding> findings)
      throws IOException, InterruptedException {
    Map<ObjectId, Map<TreeEntry.RegularFile, Finding>> byObject = new LinkedHashMap<>();
    Set<Digest> digests = new HashSet<>();
    for (Finding finding : findings) {
      if (manifest.find(finding.path()).orElse(null) instanceof TreeEntry.RegularFile file) {
        byObject.computeIfAbsent(file.object(), _ -> new LinkedHashMap<>()).put(file, finding);
        digests.add(file.content().verity());
      }
    }
    if (byObject.isEmpty()) {
      return;
    }
    List<CheckoutUses.Use> uses = new CheckoutUses(home).of(digests);
    for (var group : byObject.entrySet()) {
      var files = group.getValue();
      ObjectHealer.Outcome outcome = objectHealer.heal(files.keySet().iterator().next(), uses);
      outcome.replaced().ifPresent(inode -> replaced(group.getKey()).add(inode));
      files.forEach((file, finding) -> link(checkout, file, finding, outcome.result()));
    }
    relinkOthers(uses);
  }

  private Set<Stat.FileId> replaced(ObjectId object) {
    return replaced.computeIfAbsent(object, _ -> new HashSet<>());
  }

  private void link(
      OwnedFd checkout, TreeEntry.RegularFile file, Finding finding, HealReport.Result result) {
    HealReport.Result linked = result;
    if (!(result instanceof HealReport.NotHealed)) {
      try {
        replace(checkout, file);
        if (result instanceof HealReport.AlreadyGood) {
          // The object was; the path was not.
          linked = new HealReport.Healed(HealReport.THIS_STORE, 0, 0);
        }
      } catch (IOException e) {
        linked =
            new HealReport.NotHealed(
                List.of(
                    checkout.description()
                        + "/"
                        + file.path()
                        + " cannot be replaced: "
                        + e.getMessage()));
      }
    }
    items.put(file.path(), new HealReport.Item(finding, linked));
  }

  private void replace(OwnedFd checkout, TreeEntry.RegularFile file) throws IOException {
    String label = file.content().verity().hex();
    try (OwnedFd parent = Checkouts.openFolder(checkout, file.path().parent())) {
      LinuxPath name = file.path().name();
      quarantine.takeUnless(FileType.REGULAR, parent, name, label);
      try {
        Stat.FileId inode = FileCalls.statx(parent, name).id();
        // The object's own old inode was kept when the object was replaced, if it was worth it.
        if (replaced(file.object()).add(inode)) {
          quarantine.keep(parent, name, label);
        }
      } catch (SyscallException e) {
        if (!e.is(Errno.ENOENT)) {
          throw e;
        }
      }
    }
    checkouts.relink(checkout, file);
  }

  /** Links the new inodes wherever, in any checkout, one of the old ones still is. */
  private void relinkOthers(List<CheckoutUses.Use> uses) {
    for (CheckoutUses.Use use : uses) {
      TreeEntry.RegularFile file = use.file();
      Set<Stat.FileId> old = replaced.getOrDefault(file.object(), Set.of());
      if (old.isEmpty()) {
        continue;
      }
      try (OwnedFd checkout = checkouts.open(use.tree());
          OwnedFd parent = Checkouts.openFolder(checkout, file.path().parent())) {
        if (old.contains(FileCalls.statx(parent, file.path().name()).id())) {
          checkouts.relink(checkout, file);
        }
      } catch (IOException e) {
        // Nothing is started from that checkout before it was verified, and healed in turn.
        mirrors.complain(
            checkouts.path(use.tree())
                + "/"
                + file.path()
                + " cannot be replaced now: "
                + e.getMessage());
      }
    }
  }

  private void record(TaintCause cause) {
    var records = new ArrayList<TaintRecord>();
    for (HealReport.Item item : items.values()) {
      TaintRecord.Outcome outcome =
          switch (item.result()) {
            case HealReport.AlreadyGood _ -> null;
            case HealReport.Healed healed -> new TaintRecord.Outcome.Healed(healed.source());
            case HealReport.NotHealed(List<String> reasons) ->
                new TaintRecord.Outcome.NotHealed(reasons);
          };
      if (outcome != null) {
        records.add(TaintRecord.of(item.finding(), clock.instant(), cause, tree, outcome));
      }
    }
    try {
      new TaintLog(home, clock).add(records);
    } catch (SyscallException e) {
      // What was healed is healed, though nobody will read of it later.
      mirrors.complain(home.path() + "/state/taints cannot be written: " + e.getMessage());
    }
  }
}
