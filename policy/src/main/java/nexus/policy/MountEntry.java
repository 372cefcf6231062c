package nexus.policy;

/**
 * One mount, as proc_pid_mountinfo(5) shows it.
 *
 * @param id unique among the mounts that exist
 * @param parent id of the mount that this one is mounted in
 * @param device {@code major:minor} of the file system: two mounts with the same device show the
 *     same file system, all subvolumes of a btrfs included
 * @param root which folder, or file, of the file system the mount shows
 * @param mountPoint where; not normal if the directory it was mounted on is gone
 */
public record MountEntry(long id, long parent, String device, PlanPath root, PlanPath mountPoint) {}
