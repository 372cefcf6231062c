package nexus.cas;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import nexus.linux.FileCalls;
import nexus.linux.LinuxPath;
import nexus.linux.OwnedFd;
import nexus.merkle.Digest;
import nexus.merkle.FsVerity;
import nexus.merkle.HashResult;
import nexus.merkle.MerkleException;
import nexus.merkle.ParallelHasher;

/** A store in a temporary folder, with trees that tests make up. */
public final class TestStore implements AutoCloseable {
  /** The size of a chunk, for tests that count in chunks. */
  public static final int CHUNK = FsVerity.CHUNK_SIZE;

  public final Path path;
  public final NexusHome home;
  public final ParallelHasher hasher = new ParallelHasher(2);
  public final TreeStore trees;
  public final ObjectStore objects;
  public final Checkouts checkouts;

  public TestStore(Path path) throws IOException {
    this.path = path;
    this.home = NexusHome.open(LinuxPath.of(path.toString()));
    this.trees = new TreeStore(home);
    this.objects = new ObjectStore(home);
    this.checkouts = new Checkouts(home);
  }

  /** A tree that is installed. */
  public record Tree(Digest digest, TreeManifest manifest, Path path) {
    /** Returns the path of something in the checkout. */
    public Path file(String name) {
      return path.resolve(name);
    }

    /** Returns what the manifest says of a file. */
    public TreeEntry.RegularFile entry(String name) {
      return (TreeEntry.RegularFile) manifest.find(LinuxPath.of(name)).orElseThrow();
    }
  }

  /** Returns bytes that look random and are the same for the same seed. */
  public static byte[] bytes(int length, long seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  /**
   * Installs a tree.
   *
   * @param files contents by path; a path that ends in {@code *} is an executable file, one that
   *     ends in {@code @} a symbolic link, one that ends in {@code /} an empty directory
   */
  public Tree install(Map<String, byte[]> files) throws Exception {
    var entries = new ArrayList<TreeEntry>();
    var folders = new TreeSet<LinuxPath>();
    try (StoreLock _ = home.lock()) {
      objects.prepare();
      trees.prepare();
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        char last = file.getKey().charAt(file.getKey().length() - 1);
        boolean plain = "*@/".indexOf(last) < 0;
        var name =
            LinuxPath.of(
                plain ? file.getKey() : file.getKey().substring(0, file.getKey().length() - 1));
        for (LinuxPath folder = name.parent(); folder.length() > 0; folder = folder.parent()) {
          folders.add(folder);
        }
        switch (last) {
          case '@' -> entries.add(new TreeEntry.Symlink(name, LinuxPath.of(file.getValue())));
          case '/' -> folders.add(name);
          default -> entries.add(add(name, last == '*', file.getValue()));
        }
      }
      folders.forEach(folder -> entries.add(new TreeEntry.Directory(folder)));
      TreeManifest manifest = TreeManifest.of(entries);
      Digest tree = trees.put(manifest);
      checkouts.create(tree, manifest);
      home.sync();
      return new Tree(tree, manifest, Path.of(checkouts.path(tree).toString()));
    }
  }

  private TreeEntry.RegularFile add(LinuxPath name, boolean executable, byte[] content)
      throws IOException, MerkleException.WrongSize, InterruptedException {
    try (Staging.StagedFile staged = home.staging().createFile()) {
      staged.write(content, content.length, 0);
      HashResult.Hashed hashed = hasher.hash(new FileSource(staged.fd()), content.length);
      var file = new TreeEntry.RegularFile(name, executable, hashed.entry());
      staged.finish(file.object().permissions());
      objects.place(staged, file.object());
      trees.putMap(hashed.entry().verity(), hashed.map());
      return file;
    }
  }

  /** Returns the path of an object. */
  public Path object(ObjectId id) {
    return path.resolve("cas/objects").resolve(id.path().toString());
  }

  /** Returns the path of a chunk map. */
  public Path map(Digest object) {
    return path.resolve("cas/maps").resolve(TreeStore.mapPath(object).toString());
  }

  /** Returns the path of a tree manifest. */
  public Path tree(Digest tree) {
    return path.resolve("cas/trees").resolve(TreeStore.treePath(tree).toString());
  }

  /** Returns what is in quarantine, the oldest first. */
  public List<Path> quarantined() throws IOException {
    return list(path.resolve("quarantine"));
  }

  /** Returns what is in staging. */
  public List<Path> staged() throws IOException {
    return list(path.resolve("staging"));
  }

  private static List<Path> list(Path folder) throws IOException {
    try (var entries = Files.list(folder)) {
      return entries.sorted().toList();
    }
  }

  /** Writes over bytes of a file in place, as a disk or another program would. */
  public static void overwrite(Path file, long offset, String bytes) throws IOException {
    boolean writable = file.toFile().setWritable(true);
    if (!writable) {
      throw new IOException(file + " does not become writable");
    }
    try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(bytes.getBytes(StandardCharsets.UTF_8)), offset);
    }
    Files.setPosixFilePermissions(
        file,
        PosixFilePermissions.fromString(
            Files.isExecutable(file) && isExecutable(file) ? "r-xr-xr-x" : "r--r--r--"));
  }

  private static boolean isExecutable(Path file) throws IOException {
    return Files.getPosixFilePermissions(file).contains(PosixFilePermission.OTHERS_EXECUTE);
  }

  /** Returns what is wrong with a tree's checkout. */
  public List<Finding> verify(Tree tree) throws Exception {
    try (OwnedFd checkout = checkouts.open(tree.digest())) {
      return new TreeVerifier(trees, hasher)
          .verify(checkout, tree.manifest(), TreeVerifier.Scope.TREE, Map.of(), _ -> {})
          .findings();
    }
  }

  /** Returns whether two paths lead to one inode. */
  public static boolean sameInode(Path a, Path b) throws IOException {
    return FileCalls.statx(OwnedFd.CWD, LinuxPath.of(a.toString()))
        .id()
        .equals(FileCalls.statx(OwnedFd.CWD, LinuxPath.of(b.toString())).id());
  }

  @Override
  public void close() {
    hasher.close();
    home.close();
  }
}
