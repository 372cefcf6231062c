package nexus.linux;

/** The kinds of files of inode(7). */
public enum FileType {
  REGULAR("a regular file", Constants.S_IFREG, Constants.DT_REG),
  DIRECTORY("a directory", Constants.S_IFDIR, Constants.DT_DIR),
  SYMLINK("a symbolic link", Constants.S_IFLNK, Constants.DT_LNK),
  FIFO("a fifo", Constants.S_IFIFO, Constants.DT_FIFO),
  SOCKET("a socket", Constants.S_IFSOCK, Constants.DT_SOCK),
  CHARACTER_DEVICE("a character device", Constants.S_IFCHR, Constants.DT_CHR),
  BLOCK_DEVICE("a block device", Constants.S_IFBLK, Constants.DT_BLK),
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
