package nexus.cas;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import nexus.linux.LinuxPath;
import nexus.merkle.Digest;
import nexus.merkle.FsVerity;
import nexus.merkle.MerkleEntry;
import nexus.merkle.Xxh3;
import org.jspecify.annotations.Nullable;

/**
 * What a tree consists of, in bytes of which there is one sequence for one tree, so that equal
 * trees have equal digests.
 *
 * <p>All integers are unsigned and big-endian (docs/formats/tree-manifest.md):
 *
 * <pre>
 * manifest  = magic:u32 = 0x4e58544d ("NXTM"), version:u32 = 1, count:u32, entry[count]
 * entry     = type:u8, length:u16, path[length], content
 * type      = 1 directory | 2 file | 3 executable file | 4 symbolic link
 * content   = nothing                                              (directory)
 *           | size:u64, verity:byte[32], xxh3-high:u64, xxh3-low:u64   (files)
 *           | length:u16, target[length]                           (symbolic link)
 * </pre>
 *
 * <p>Entries are in the order of {@link LinuxPath}, without duplicates, and every path's parent is
 * a directory of the tree or its root.
 */
public final class TreeManifest {
  /** The longest encoding, in bytes. */
  public static final int MAX_BYTES = 64 << 20;

  private static final int MAGIC = 0x4e58544d;
  private static final int VERSION = 1;
  private static final int HEADER_BYTES = 12;
  private static final int MIN_ENTRY_BYTES = 4;
  private static final int MAX_PATH = 4095;
  private static final int MAX_NAME = 255;
  private static final int MAX_SYMLINKS = 40;
  private static final int FILE_BYTES = Long.BYTES + Digest.LENGTH + Xxh3.LENGTH;

  private final List<TreeEntry> entries;
  private final Map<LinuxPath, TreeEntry> byPath;
  private final Map<LinuxPath, List<TreeEntry>> byDirectory = new HashMap<>();

  private TreeManifest(List<TreeEntry> entries) {
    this.entries = List.copyOf(entries);
    this.byPath = HashMap.newHashMap(entries.size());
  }

  /**
   * Returns the manifest of these entries, in any order.
   *
   * @throws StoreException.Malformed if they are no tree
   */
  public static TreeManifest of(Collection<TreeEntry> entries) throws StoreException {
    return checked(
        "tree", entries.stream().sorted((a, b) -> a.path().compareTo(b.path())).toList());
  }

  private static TreeManifest checked(String source, List<TreeEntry> entries)
      throws StoreException {
    var manifest = new TreeManifest(entries);
    LinuxPath previous = LinuxPath.EMPTY;
    for (TreeEntry entry : entries) {
      LinuxPath path = entry.path();
      String problem = problem(path);
      if (problem != null) {
        throw new StoreException.Malformed(source, "has a path that " + problem + ": " + path);
      }
      if (path.compareTo(previous) <= 0) {
        throw new StoreException.Malformed(source, "has paths that are not in order: " + path);
      }
      LinuxPath parent = path.parent();
      if (parent.length() > 0 && !(manifest.byPath.get(parent) instanceof TreeEntry.Directory)) {
        throw new StoreException.Malformed(source, "has a path in no directory of it: " + path);
      }
      manifest.byPath.put(path, entry);
      manifest.byDirectory.computeIfAbsent(parent, _ -> new ArrayList<>()).add(entry);
      previous = path;
    }
    return manifest;
  }

  private static @Nullable String problem(LinuxPath path) {
    if (path.length() == 0) {
      return "is empty";
    }
    if (path.length() > MAX_PATH) {
      return "is longer than " + MAX_PATH + " bytes";
    }
    byte[] bytes = path.bytes();
    int start = 0;
    for (int i = 0; i <= bytes.length; i++) {
      if (i == bytes.length || bytes[i] == '/') {
        int length = i - start;
        if (length == 0) {
          return "has an empty component";
        }
        if (length > MAX_NAME) {
          return "has a component longer than " + MAX_NAME + " bytes";
        }
        if (bytes[start] == '.' && (length == 1 || (length == 2 && bytes[start + 1] == '.'))) {
          return "has a component . or ..";
        }
        start = i + 1;
      }
    }
    return null;
  }

  /**
   * Returns the manifest that {@code bytes} are the encoding of.
   *
   * @param source what the bytes were read from, for messages
   */
  public static TreeManifest decode(String source, byte[] bytes) throws StoreException {
    if (bytes.length < HEADER_BYTES || bytes.length > MAX_BYTES) {
      throw new StoreException.Malformed(
          source, "has " + bytes.length + " bytes, which no tree manifest has");
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    if (in.getInt() != MAGIC || in.getInt() != VERSION) {
      throw new StoreException.Malformed(source, "is not a tree manifest of version " + VERSION);
    }
    int count = in.getInt();
    if (count < 0 || count > in.remaining() / MIN_ENTRY_BYTES) {
      throw new StoreException.Malformed(
          source, "announces " + Integer.toUnsignedString(count) + " entries, more than it has");
    }
    var entries = new ArrayList<TreeEntry>(count);
    for (int i = 0; i < count; i++) {
      entries.add(decodeEntry(source, in));
    }
    if (in.hasRemaining()) {
      throw new StoreException.Malformed(source, "has bytes behind its last entry");
    }
    return checked(source, entries);
  }

  private static TreeEntry decodeEntry(String source, ByteBuffer in) throws StoreException {
    int type = take(source, in, 1).get();
    LinuxPath path = decodePath(source, in);
    return switch (type) {
      case 1 -> new TreeEntry.Directory(path);
      case 2, 3 -> {
        ByteBuffer content = take(source, in, FILE_BYTES);
        long size = content.getLong();
        if (size < 0 || size > FsVerity.MAX_SIZE) {
          throw new StoreException.Malformed(source, "has a file of an impossible size: " + path);
        }
        byte[] digest = new byte[Digest.LENGTH];
        content.get(digest);
        var xxh3 = new Xxh3(content.getLong(), content.getLong());
        yield new TreeEntry.RegularFile(
            path, type == 3, new MerkleEntry(size, Digest.read(digest, 0), xxh3));
      }
      case 4 -> {
        LinuxPath target = decodePath(source, in);
        if (target.length() == 0 || target.length() > MAX_PATH) {
          throw new StoreException.Malformed(source, "has an impossible symbolic link: " + path);
        }
        yield new TreeEntry.Symlink(path, target);
      }
      default ->
          throw new StoreException.Malformed(
              source, "has an entry of the unknown type " + type + ": " + path);
    };
  }

  private static LinuxPath decodePath(String source, ByteBuffer in) throws StoreException {
    int length = Short.toUnsignedInt(take(source, in, Short.BYTES).getShort());
    byte[] path = new byte[length];
    take(source, in, length).get(path);
    for (byte b : path) {
      if (b == 0) {
        throw new StoreException.Malformed(source, "has a path with a NUL in it");
      }
    }
    return LinuxPath.of(path);
  }

  private static ByteBuffer take(String source, ByteBuffer in, int length) throws StoreException {
    if (in.remaining() < length) {
      throw new StoreException.Malformed(source, "is truncated");
    }
    ByteBuffer part = in.slice(in.position(), length);
    in.position(in.position() + length);
    return part;
  }

  /**
   * Returns the encoding.
   *
   * @throws StoreException.Malformed if it is longer than {@link #MAX_BYTES}
   */
  public byte[] encode() throws StoreException {
    long length = HEADER_BYTES;
    for (TreeEntry entry : entries) {
      length += 1 + Short.BYTES + entry.path().length();
      length +=
          switch (entry) {
            case TreeEntry.Directory _ -> 0;
            case TreeEntry.RegularFile _ -> FILE_BYTES;
            case TreeEntry.Symlink link -> Short.BYTES + link.target().length();
          };
    }
    if (length > MAX_BYTES) {
      throw new StoreException.Malformed(
          "tree", "has " + entries.size() + " entries, too many for a manifest of 64 MiB");
    }
    ByteBuffer out = ByteBuffer.allocate((int) length);
    out.putInt(MAGIC).putInt(VERSION).putInt(entries.size());
    for (TreeEntry entry : entries) {
      switch (entry) {
        case TreeEntry.Directory directory -> encode(out.put((byte) 1), directory.path());
        case TreeEntry.RegularFile file -> {
          encode(out.put((byte) (file.executable() ? 3 : 2)), file.path());
          MerkleEntry content = file.content();
          out.putLong(content.size()).put(content.verity().toBytes());
          out.putLong(content.xxh3().high()).putLong(content.xxh3().low());
        }
        case TreeEntry.Symlink link -> {
          encode(out.put((byte) 4), link.path());
          encode(out, link.target());
        }
      }
    }
    return out.array();
  }

  private static void encode(ByteBuffer out, LinuxPath path) {
    out.putShort((short) path.length()).put(path.bytes());
  }

  /** Returns the entries, in order. */
  public List<TreeEntry> entries() {
    return entries;
  }

  /** Returns the regular files, in order. */
  public List<TreeEntry.RegularFile> files() {
    return entries.stream()
        .filter(TreeEntry.RegularFile.class::isInstance)
        .map(TreeEntry.RegularFile.class::cast)
        .toList();
  }

  /** Returns the entry at a path, if there is one. */
  public Optional<TreeEntry> find(LinuxPath path) {
    return Optional.ofNullable(byPath.get(path));
  }

  /**
   * Returns the regular file that a path leads to, through symbolic links of this tree as the
   * kernel would follow them if the tree were mounted on {@code /app}; empty if it leads to no
   * file, out of the tree or in circles.
   */
  public Optional<TreeEntry.RegularFile> resolve(LinuxPath path) {
    var pending = new ArrayDeque<String>(components(path));
    var reached = LinuxPath.EMPTY;
    int links = 0;
    while (!pending.isEmpty()) {
      String component = pending.pop();
      if (component.isEmpty() || component.equals(".")) {
        continue;
      }
      if (component.equals("..")) {
        if (reached.length() == 0) {
          return Optional.empty();
        }
        reached = reached.parent();
        continue;
      }
      LinuxPath next = reached.resolve(fromLatin1(component));
      switch (byPath.get(next)) {
        case null -> {
          return Optional.empty();
        }
        case TreeEntry.Directory _ -> reached = next;
        case TreeEntry.RegularFile file -> {
          return pending.isEmpty() ? Optional.of(file) : Optional.empty();
        }
        case TreeEntry.Symlink link -> {
          if (link.target().isAbsolute() || ++links > MAX_SYMLINKS) {
            return Optional.empty();
          }
          List<String> target = components(link.target());
          for (int i = target.size() - 1; i >= 0; i--) {
            pending.push(target.get(i));
          }
        }
      }
    }
    return Optional.empty();
  }

  // Bytes as characters of the same value: splits at slashes whatever the encoding.
  private static List<String> components(LinuxPath path) {
    return Arrays.asList(new String(path.bytes(), StandardCharsets.ISO_8859_1).split("/"));
  }

  private static LinuxPath fromLatin1(String component) {
    return LinuxPath.of(component.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** Returns the children of a directory, in order; {@link LinuxPath#EMPTY} is the root. */
  public List<TreeEntry> children(LinuxPath directory) {
    return Collections.unmodifiableList(byDirectory.getOrDefault(directory, List.of()));
  }

  /** Returns the bytes of all files together. */
  public long totalBytes() {
    return files().stream().mapToLong(file -> file.content().size()).sum();
  }
}
