package nexus.cas;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;
import nexus.linux.DirectoryEntry;
import nexus.linux.Errno;
import nexus.linux.FileCalls;
import nexus.linux.FileType;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.Stat;
import nexus.linux.SyscallException;
import nexus.merkle.ChunkMap;
import nexus.merkle.Digest;
import nexus.merkle.FileToVerify;
import nexus.merkle.OpenSource;
import nexus.merkle.ParallelHasher;
import nexus.merkle.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * Compares checkouts with their manifests: the shape (no path more, none less, same types, modes
 * and links), then the bytes of the files in scope.
 */
public final class TreeVerifier {
  /** Which files' bytes are looked at. */
  public enum Scope {
    /** Every file. */
    TREE,
    /** Files that are executable, or that begin like an ELF file or a script. */
    EXEC
  }

  /**
   * What a verification found.
   *
   * @param findings by path; none if all is good
   * @param files how many files were hashed
   * @param bytes how many bytes were hashed
   */
  public record Report(List<Finding> findings, int files, long bytes) {
    /** Returns whether everything is as it should be. */
    public boolean isGood() {
      return findings.isEmpty();
    }
  }

  private static final byte[] ELF = {0x7f, 'E', 'L', 'F'};
  private static final byte[] SCRIPT = {'#', '!'};

  private final TreeStore trees;
  private final ParallelHasher hasher;

  /** Lends the hasher. */
  public TreeVerifier(TreeStore trees, ParallelHasher hasher) {
    this.trees = trees;
    this.hasher = hasher;
  }

  /**
   * Verifies a checkout.
   *
   * @param held files that the caller has opened beneath the checkout and keeps open: for these the
   *     given handle is read, and the path must lead to its inode
   * @param progress told of bytes as they are hashed, on other threads, one at a time
   */
  public Report verify(
      OwnedFd checkout,
      TreeManifest manifest,
      Scope scope,
      Map<LinuxPath, Gate.Opened> held,
      LongConsumer progress)
      throws IOException, InterruptedException {
    List<Finding> findings = shape(checkout, manifest);
    Set<LinuxPath> misshapen = new HashSet<>();
    findings.forEach(finding -> misshapen.add(finding.path()));
    var files = new ArrayList<CheckoutFile>();
    for (TreeEntry.RegularFile file : manifest.files()) {
      if (misshapen.contains(file.path())) {
        continue;
      }
      if (scope == Scope.TREE || file.executable() || beginsLikeCode(checkout, file.path())) {
        files.add(new CheckoutFile(checkout, file, held.get(file.path())));
      }
    }
    var counter = new Counter(findings, progress);
    hasher.verify(files.iterator(), counter);
    findings.sort(Comparator.comparing(Finding::path));
    return new Report(List.copyOf(findings), files.size(), counter.bytes);
  }

  /**
   * Compares the shape alone, without reading a file: types, modes, links, nothing more and nothing
   * less. What is in a directory that is itself wrong is not looked at.
   *
   * @return in an array list of the caller's own
   */
  public static List<Finding> shape(OwnedFd checkout, TreeManifest manifest)
      throws SyscallException {
    var findings = new ArrayList<Finding>();
    compareDirectory(checkout, LinuxPath.EMPTY, manifest, findings);
    findings.sort(Comparator.comparing(Finding::path));
    return findings;
  }

  /** Counts and collects; called by one worker at a time. */
  private static final class Counter implements ParallelHasher.Listener<CheckoutFile, Verdict> {
    private final List<Finding> findings;
    private final LongConsumer progress;

    // Mutable state
    private long bytes;

    Counter(List<Finding> findings, LongConsumer progress) {
      this.findings = findings;
      this.progress = progress;
    }

    @Override
    public void finished(CheckoutFile file, Verdict verdict) {
      if (verdict instanceof Verdict.Unreadable(StoreException.Missing _)) {
        findings.add(new Finding.Missing(file.entry));
      } else if (verdict instanceof Verdict.Unreadable(StoreException.Unsafe _)) {
        findings.add(new Finding.WrongKind(file.entry, "no regular file"));
      } else if (!(verdict instanceof Verdict.Good)) {
        findings.add(new Finding.TaintedFile(file.entry, verdict));
      }
    }

    @Override
    public void progress(long more) {
      bytes += more;
      progress.accept(more);
    }
  }

  private final class CheckoutFile implements FileToVerify {
    private final OwnedFd checkout;
    private final TreeEntry.RegularFile entry;
    private final Gate.@Nullable Opened held;

    CheckoutFile(OwnedFd checkout, TreeEntry.RegularFile entry, Gate.@Nullable Opened held) {
      this.checkout = checkout;
      this.entry = entry;
      this.held = held;
    }

    @Override
    public long size() {
      return entry.content().size();
    }

    @Override
    public Digest expected() {
      return entry.content().verity();
    }

    @Override
    public OpenSource open() throws IOException {
      if (held != null) {
        return new FileSource(held.fd()).lent();
      }
      return new FileSource(Gate.open(checkout, entry.path()).fd());
    }

    @Override
    public Optional<ChunkMap> chunkMap() throws SyscallException {
      return trees.map(expected(), size());
    }
  }

  private static void compareDirectory(
      OwnedFd checkout, LinuxPath path, TreeManifest manifest, List<Finding> findings)
      throws SyscallException {
    Map<LinuxPath, TreeEntry> expected = new HashMap<>();
    for (TreeEntry entry : manifest.children(path)) {
      expected.put(entry.path().name(), entry);
    }
    try (OwnedFd directory = Checkouts.openFolder(checkout, path)) {
      for (DirectoryEntry found : FileCalls.getdents64(directory)) {
        TreeEntry entry = expected.remove(found.name());
        Stat stat;
        try {
          stat = FileCalls.statx(directory, found.name());
        } catch (SyscallException e) {
          if (!e.is(Errno.ENOENT)) {
            throw e;
          }
          // Removed since the directory was read.
          if (entry != null) {
            findings.add(new Finding.Missing(entry));
          }
          continue;
        }
        if (entry == null) {
          findings.add(new Finding.Unexpected(path.resolve(found.name()), stat.type().toString()));
        } else {
          compare(checkout, directory, entry, stat, manifest, findings);
        }
      }
    }
    expected.values().forEach(entry -> findings.add(new Finding.Missing(entry)));
  }

  private static void compare(
      OwnedFd checkout,
      OwnedFd directory,
      TreeEntry entry,
      Stat stat,
      TreeManifest manifest,
      List<Finding> findings)
      throws SyscallException {
    switch (entry) {
      case TreeEntry.Directory expected -> {
        if (wrong(stat, FileType.DIRECTORY, Checkouts.DIRECTORY_PERMISSIONS)) {
          findings.add(new Finding.WrongKind(expected, describe(stat)));
        } else {
          compareDirectory(checkout, expected.path(), manifest, findings);
        }
      }
      case TreeEntry.RegularFile expected -> {
        if (wrong(stat, FileType.REGULAR, expected.object().permissions())) {
          findings.add(new Finding.WrongKind(expected, describe(stat)));
        }
      }
      case TreeEntry.Symlink expected -> {
        if (stat.type() != FileType.SYMLINK) {
          findings.add(new Finding.WrongKind(expected, describe(stat)));
          return;
        }
        LinuxPath target = FileCalls.readlinkat(directory, expected.path().name());
        if (!target.equals(expected.target())) {
          findings.add(new Finding.WrongKind(expected, "a symbolic link to " + target));
        }
      }
    }
  }

  private static boolean wrong(Stat stat, FileType type, int permissions) {
    return stat.type() != type || stat.permissions() != permissions;
  }

  private static String describe(Stat stat) {
    return stat.type() + " with mode 0" + Integer.toOctalString(stat.permissions());
  }

  private static boolean beginsLikeCode(OwnedFd checkout, LinuxPath path) {
    byte[] start = new byte[ELF.length];
    try (Gate.Opened file = Gate.open(checkout, path)) {
      FileCalls.read(file.fd(), start);
    } catch (IOException e) {
      // Gone, or in a folder that is wrong itself: let the verification say so for each such file.
      return true;
    }
    return startsWith(start, ELF) || startsWith(start, SCRIPT);
  }

  private static boolean startsWith(byte[] bytes, byte[] prefix) {
    return Arrays.equals(bytes, 0, prefix.length, prefix, 0, prefix.length);
  }
}
