package nexus.heal;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import nexus.cas.CheckoutUses;
import nexus.cas.Checkouts;
import nexus.cas.FileSource;
import nexus.cas.Gate;
import nexus.cas.NexusHome;
import nexus.cas.ObjectId;
import nexus.cas.ObjectStore;
import nexus.cas.StoreException;
import nexus.linux.OwnedFd;
import nexus.linux.Stat;
import nexus.linux.SyscallException;
import nexus.merkle.Digest;

/** Opens the files of this store that should have the bytes of an object. */
final class LocalCopies {
  /** Each holds a descriptor, and one that is good is enough. */
  private static final int MAX_CANDIDATES = 16;

  private final ObjectStore objects;
  private final Checkouts checkouts;

  LocalCopies(NexusHome home) {
    this.objects = new ObjectStore(home);
    this.checkouts = new Checkouts(home);
  }

  /**
   * Opens every inode that should have an object's bytes: the object itself, the files of checkouts
   * that should be links to it, its twin.
   *
   * @param uses of this object and others
   * @return to be closed by the caller
   */
  List<Candidate> of(ObjectId id, List<CheckoutUses.Use> uses) {
    var found = new ArrayList<Candidate>();
    var seen = new HashSet<Stat.FileId>();
    add(found, seen, object(id), true);
    for (CheckoutUses.Use use : uses) {
      if (found.size() < MAX_CANDIDATES && use.file().content().verity().equals(id.digest())) {
        add(found, seen, file(use), use.file().object().equals(id));
      }
    }
    add(found, seen, object(id.twin()), false);
    return found;
  }

  /** Opens the objects, of either mode, that have this digest; closed by the caller. */
  List<Candidate> of(Digest digest) {
    var found = new ArrayList<Candidate>();
    var seen = new HashSet<Stat.FileId>();
    for (boolean executable : new boolean[] {false, true}) {
      add(found, seen, object(new ObjectId(digest, executable)), false);
    }
    return found;
  }

  private static void add(
      List<Candidate> found, Set<Stat.FileId> seen, Optional<Gate.Opened> opened, boolean isCopy) {
    if (opened.isEmpty()) {
      return;
    }
    if (seen.add(opened.get().stat().id())) {
      found.add(new Candidate(new FileSource(opened.get().fd()), isCopy));
    } else {
      opened.get().close();
    }
  }

  private Optional<Gate.Opened> object(ObjectId id) {
    try {
      return objects.open(id);
    } catch (StoreException | SyscallException e) {
      // No file, or one that cannot be read: of no use, whatever the reason.
      return Optional.empty();
    }
  }

  private Optional<Gate.Opened> file(CheckoutUses.Use use) {
    try (OwnedFd checkout = checkouts.open(use.tree())) {
      return Optional.of(Gate.open(checkout, use.file().path()));
    } catch (StoreException | SyscallException e) {
      return Optional.empty();
    }
  }
}
