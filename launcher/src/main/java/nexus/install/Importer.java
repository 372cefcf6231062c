package nexus.install;

import static nexus.linux.Constants.O_DIRECTORY;
import static nexus.linux.Constants.O_RDONLY;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import nexus.cas.Checkouts;
import nexus.cas.FileSource;
import nexus.cas.Gate;
import nexus.cas.NexusHome;
import nexus.cas.ObjectId;
import nexus.cas.ObjectStore;
import nexus.cas.Staging;
import nexus.cas.StoreException;
import nexus.cas.StoreLock;
import nexus.cas.TreeEntry;
import nexus.cas.TreeManifest;
import nexus.cas.TreeStore;
import nexus.linux.FileCalls;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.linux.SyscallException;
import nexus.merkle.ChunkMap;
import nexus.merkle.Digest;
import nexus.merkle.FileToHash;
import nexus.merkle.FileToVerify;
import nexus.merkle.HashResult;
import nexus.merkle.MerkleEntry;
import nexus.merkle.OpenSource;
import nexus.merkle.ParallelHasher;
import nexus.merkle.Verdict;
import nexus.trust.Release;
import nexus.trust.ReleaseEnvelope;
import nexus.trust.TrustException;
import org.jspecify.annotations.Nullable;

/**
 * Imports a directory as an app, in one transaction: whatever happens on the way, the app is
 * installed as it was before or as it is now.
 *
 * <p>Every file is copied into staging and hashed from the very bytes that are copied. All of them
 * are made durable before the first gets its name; the record of the app, which makes it exist,
 * comes last.
 */
public final class Importer {
  /**
   * What is asked for.
   *
   * @param source directory, may be reached through symbolic links
   * @param entrypoint path of the program in the directory
   */
  public record Request(
      LinuxPath source,
      String name,
      String version,
      String entrypoint,
      Map<String, String> environment) {
    public Request {
      environment = Map.copyOf(environment);
    }
  }

  /**
   * What was imported.
   *
   * @param files how many regular files
   * @param bytes of all of them
   * @param newBytes of those whose content was not in the store
   */
  public record Imported(ReleaseEnvelope envelope, int files, long bytes, long newBytes) {}

  /** Told how far the import is, on other threads, one at a time. */
  public interface Progress {
    /** The directory has been read. */
    void started(int files, long bytes);

    /** So many more bytes have been copied and hashed. */
    void copied(long bytes);

    /** One more file is complete. */
    void finishedFile();
  }

  private final NexusHome home;
  private final ParallelHasher hasher;
  private final ObjectStore objects;
  private final TreeStore trees;

  /** Lends both. */
  public Importer(NexusHome home, ParallelHasher hasher) {
    this.home = home;
    this.hasher = hasher;
    this.objects = new ObjectStore(home);
    this.trees = new TreeStore(home);
  }

  /** Imports and returns what is installed now. */
  public Imported importTree(Request request, Progress progress)
      throws IOException, InterruptedException {
    Release.checkClaims(request.name, request.version, request.entrypoint, request.environment);
    try (OwnedFd source =
            FileCalls.openat2(OwnedFd.CWD, request.source, O_RDONLY | O_DIRECTORY, 0, 0);
        StoreLock _ = home.lock()) {
      SourceTree tree = SourceTree.read(source);
      progress.started(tree.files().size(), tree.totalBytes());
      objects.prepare();
      trees.prepare();
      try {
        return importLocked(request, source, tree, progress);
      } finally {
        home.staging().empty();
      }
    }
  }

  private Imported importLocked(Request request, OwnedFd source, SourceTree tree, Progress progress)
      throws IOException, InterruptedException {
    var copies = new Copies(progress);
    try {
      hasher.hash(tree.files().stream().map(file -> new Copy(source, file)).iterator(), copies);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    List<TreeEntry> entries = new ArrayList<>(copies.entries);
    tree.directories().forEach(path -> entries.add(new TreeEntry.Directory(path)));
    tree.symlinks().forEach((path, target) -> entries.add(new TreeEntry.Symlink(path, target)));
    TreeManifest manifest = TreeManifest.of(entries);
    LinuxPath entrypoint = LinuxPath.of(request.entrypoint);
    if (!manifest.resolve(entrypoint).map(TreeEntry.RegularFile::executable).orElse(false)) {
      throw new EntryPointException(request.source, entrypoint, manifest);
    }

    home.sync();
    long newBytes = placeObjects(copies);
    for (Map.Entry<Digest, ChunkMap> map : copies.maps.entrySet()) {
      trees.putMap(map.getKey(), map.getValue());
    }
    Digest digest = trees.put(manifest);
    new Checkouts(home).create(digest, manifest);
    home.sync();

    var apps = new InstalledApps(home);
    ReleaseEnvelope envelope =
        new ReleaseEnvelope(
            new Release(
                request.name,
                request.version,
                nextSequence(apps, request.name),
                System.getProperty("os.arch", "unknown"),
                digest,
                request.entrypoint,
                request.environment));
    envelope.release().check();
    apps.put(envelope);
    return new Imported(envelope, tree.files().size(), manifest.totalBytes(), newBytes);
  }

  private static long nextSequence(InstalledApps apps, String name) throws IOException {
    try {
      Optional<ReleaseEnvelope> installed = apps.find(name);
      return installed.map(envelope -> envelope.release().sequence() + 1).orElse(1L);
    } catch (StoreException | TrustException e) {
      // The record is damaged; importing again is how it is repaired.
      return 1;
    }
  }

  /** Gives the copies their names, where there is no good object with that name. */
  private long placeObjects(Copies copies) throws IOException, InterruptedException {
    Set<ObjectId> good = new HashSet<>();
    var present = new ArrayList<PresentObject>();
    for (Map.Entry<ObjectId, MerkleEntry> wanted : copies.contents.entrySet()) {
      present.add(new PresentObject(objects, wanted.getKey(), wanted.getValue().size()));
    }
    hasher.verify(
        present.iterator(),
        (object, verdict) -> {
          if (verdict instanceof Verdict.Good) {
            good.add(object.id);
          }
        });
    long newBytes = 0;
    for (Map.Entry<ObjectId, Staging.StagedFile> copy : copies.staged.entrySet()) {
      if (!good.contains(copy.getKey())) {
        objects.place(copy.getValue(), copy.getKey());
        newBytes += copies.sizeOf(copy.getKey());
      }
    }
    return newBytes;
  }

  /** A source file that is copied while it is hashed. */
  private final class Copy implements FileToHash {
    private final OwnedFd root;
    private final SourceTree.SourceFile file;

    // Mutable state, set on the worker that opens the file before any other reads it
    private Staging.@Nullable StagedFile staged;

    Copy(OwnedFd root, SourceTree.SourceFile file) {
      this.root = root;
      this.file = file;
    }

    @Override
    public long size() {
      return file.size();
    }

    @Override
    public OpenSource open() throws IOException {
      var source = new FileSource(Gate.open(root, file.path()).fd());
      Staging.StagedFile target = home.staging().createFile();
      staged = target;
      return new OpenSource() {
        @Override
        public int read(long offset, byte[] buffer, int length) throws IOException {
          int count = source.read(offset, buffer, length);
          target.write(buffer, count, offset);
          return count;
        }

        @Override
        public void close() {
          source.close();
        }
      };
    }
  }

  /** Collects the copies; called by one worker at a time. */
  private static final class Copies implements ParallelHasher.Listener<Copy, HashResult> {
    private final Progress progress;
    private final List<TreeEntry.RegularFile> entries = new ArrayList<>();
    private final Map<ObjectId, Staging.StagedFile> staged = new HashMap<>();
    private final Map<ObjectId, MerkleEntry> contents = new HashMap<>();
    private final Map<Digest, ChunkMap> maps = new HashMap<>();

    Copies(Progress progress) {
      this.progress = progress;
    }

    long sizeOf(ObjectId id) {
      MerkleEntry content = contents.get(id);
      return content == null ? 0 : content.size();
    }

    @Override
    public void progress(long bytes) {
      progress.copied(bytes);
    }

    @Override
    public void finished(Copy copy, HashResult result) {
      try {
        switch (result) {
          case HashResult.Hashed hashed -> add(copy, hashed);
          case HashResult.Unreadable unreadable -> throw unreadable.cause();
          case HashResult.WrongSize _ ->
              throw new StoreException.Refused(
                  copy.file.path(), "changed while it was being imported; import again");
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private void add(Copy copy, HashResult.Hashed hashed) throws SyscallException {
      var entry =
          new TreeEntry.RegularFile(copy.file.path(), copy.file.executable(), hashed.entry());
      entries.add(entry);
      Staging.StagedFile file = copy.staged;
      if (file == null) {
        throw new IllegalStateException("hashed without being opened: " + copy.file.path());
      }
      if (contents.putIfAbsent(entry.object(), hashed.entry()) == null) {
        file.finish(entry.object().permissions());
        file.closeHandle();
        staged.put(entry.object(), file);
        maps.put(hashed.entry().verity(), hashed.map());
      } else {
        file.close();
      }
      progress.finishedFile();
    }
  }

  /** An object that may be in the store already, and good. */
  private record PresentObject(ObjectStore objects, ObjectId id, long size)
      implements FileToVerify {
    @Override
    public Digest expected() {
      return id.digest();
    }

    @Override
    public OpenSource open() throws IOException {
      return new FileSource(
          objects.open(id).orElseThrow(() -> new IOException("not in the store")).fd());
    }

    @Override
    public Optional<ChunkMap> chunkMap() {
      return Optional.empty();
    }
  }
}
