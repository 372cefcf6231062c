package nexus.policy;

/** What a mount refuses, as in mount_setattr(2). */
public enum MountAttribute {
  READ_ONLY("ro"),
  NO_SUID("nosuid"),
  NO_DEVICES("nodev"),
  NO_EXEC("noexec");

  private final String text;

  MountAttribute(String text) {
    this.text = text;
  }

  /** Returns the option of mount(8): {@code ro}, {@code nosuid}. */
  @Override
  public String toString() {
    return text;
  }
}
