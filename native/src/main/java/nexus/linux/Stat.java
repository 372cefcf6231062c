package nexus.linux;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import nexus.linux.Layout.Statx;

/**
 * What statx(2) says of an inode.
 *
 * @param mode type and permission bits, as {@code st_mode}
 * @param links number of hard links
 * @param uid owner, as this user namespace sees it
 * @param gid group, as this user namespace sees it
 * @param size in bytes
 * @param id which inode it is
 */
public record Stat(int mode, long links, int uid, int gid, long size, FileId id) {
  /** The inode's identity: no two inodes that exist at the same time share it. */
  public record FileId(int deviceMajor, int deviceMinor, long inode) {}

  static Stat parse(byte[] statx) {
    ByteBuffer b = ByteBuffer.wrap(statx).order(ByteOrder.nativeOrder());
    return new Stat(
        Short.toUnsignedInt(b.getShort(Statx.STX_MODE)),
        Integer.toUnsignedLong(b.getInt(Statx.STX_NLINK)),
        b.getInt(Statx.STX_UID),
        b.getInt(Statx.STX_GID),
        b.getLong(Statx.STX_SIZE),
        new FileId(
            b.getInt(Statx.STX_DEV_MAJOR),
            b.getInt(Statx.STX_DEV_MINOR),
            b.getLong(Statx.STX_INO)));
  }

  /** Returns what kind of file this is. */
  public FileType type() {
    return FileType.ofMode(mode);
  }

  /** Returns the permission bits, setuid, setgid and sticky included. */
  public int permissions() {
    return mode & 07777;
  }
}
