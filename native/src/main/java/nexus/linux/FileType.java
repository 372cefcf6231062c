package nexus.linux;

/** The kinds of files of inode(7). */
public enum FileType {
  REGULAR("a regular file", Constants.S_IFREG, 8),
  DIRECTORY("a directory", Constants.S_IFDIR, 4),
  SYMLINK("a symbolic link", Constants.S_IFLNK, 10),
  FIFO("a fifo", Constants.S_IFIFO, 1),
  SOCKET("a socket", Constants.S_IFSOCK, 12),
  CHARACTER_DEVICE("a character device", Constants.S_IFCHR, 2),
  BLOCK_DEVICE("a block device", Constants.S_IFBLK, 6),
  UNKNOWN("of unknown type", 0, 0);

  private final String text;
  private final int bits;
  private final int entryType;

  FileType(String text, int bits, int entryType) {
    this.text = text;
    this.bits = bits;
    this.entryType = entryType;
  }

  static FileType ofMode(int mode) {
    for (FileType type : values()) {
      if (type.bits == (mode & Constants.S_IFMT)) {
        return type;
      }
    }
    return UNKNOWN;
  }

  /**
   * Returns the type of a {@code d_type} of getdents(2); a file system that does not say gives
   * {@link #UNKNOWN}.
   */
  static FileType ofEntry(int entryType) {
    for (FileType type : values()) {
      if (type.entryType == entryType) {
        return type;
      }
    }
    return UNKNOWN;
  }

  /** Returns the type with its article, for messages: {@code a fifo}. */
  @Override
  public String toString() {
    return text;
  }
}
