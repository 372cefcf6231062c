package nexus.linux;

/**
 * One name of a directory, as getdents(2) gives it.
 *
 * @param name one path component, never {@code .} or {@code ..}
 * @param type {@link FileType#UNKNOWN} where the file system does not say
 */
public record DirectoryEntry(LinuxPath name, FileType type) {}
