package nexus.policy;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One step of building an app's root file system. Steps are carried out in order; each acts on the
 * new tree as the steps before it left it, and the sources of binds are paths of the host. Nothing
 * on the way to a path may be a symbolic link: the step fails.
 */
public sealed interface Step {
  /** Returns the place in the new tree that this step makes or changes; always normal. */
  PlanPath path();

  /**
   * Mounts an empty tmpfs, writable until it is sealed, nosuid and nodev, on a directory that
   * exists; as first step of all on {@code /}, as the new root.
   *
   * @param mode permission bits of its root directory
   */
  record Tmpfs(PlanPath path, int mode) implements Step {
    public Tmpfs {
      path.requireNormal();
    }

    @Override
    public String toString() {
      return "tmpfs " + path + " mode=0" + Integer.toOctalString(mode);
    }
  }

  /** Makes an empty directory, mode 0755, in a tmpfs of this plan. */
  record Directory(PlanPath path) implements Step {
    public Directory {
      path.requireNormal();
    }

    @Override
    public String toString() {
      return "directory " + path;
    }
  }

  /** Makes an empty file, mode 0444, in a tmpfs of this plan: a place to bind another file onto. */
  record File(PlanPath path) implements Step {
    public File {
      path.requireNormal();
    }

    @Override
    public String toString() {
      return "file " + path;
    }
  }

  /**
   * Makes a file, mode 0555, in a tmpfs of this plan, that is a copy of the app's program: for one
   * whose inode in the store cannot be guarded against writers.
   */
  record Copy(PlanPath path) implements Step {
    public Copy {
      path.requireNormal();
    }

    @Override
    public String toString() {
      return "copy " + path;
    }
  }

  /**
   * Makes a symbolic link in a tmpfs of this plan.
   *
   * @param text what the link says; any bytes, relative or absolute
   */
  record Symlink(PlanPath path, PlanPath text) implements Step {
    public Symlink {
      path.requireNormal();
    }

    @Override
    public String toString() {
      return "symlink " + path + " -> " + text;
    }
  }

  /**
   * Mounts a directory or file of the host onto an existing one of the same kind.
   *
   * @param source in the host's tree, and not all of it
   * @param recursive with everything that is mounted below the source; without, a source with
   *     mounts below it is refused by the kernel, because what they cover would show
   * @param attributes switched on, for all mounts below too if recursive; none is switched off
   */
  record Bind(PlanPath source, PlanPath path, boolean recursive, Set<MountAttribute> attributes)
      implements Step {
    public Bind {
      if (source.requireNormal().isRoot()) {
        // The new root is mounted on it while it is built, and would be part of its own copy.
        throw new IllegalArgumentException("/ cannot be bound, only what is in it");
      }
      path.requireNormal();
      var sorted = EnumSet.noneOf(MountAttribute.class);
      sorted.addAll(attributes);
      attributes = Collections.unmodifiableSet(sorted);
    }

    @Override
    public String toString() {
      return "bind "
          + source
          + " on "
          + path
          + (recursive ? " recursive" : "")
          + attributes.stream().map(a -> " " + a).collect(Collectors.joining());
    }
  }

  /**
   * Binds a directory of the new tree onto itself, with everything mounted below it. A mount point
   * cannot be renamed or removed (EBUSY), whoever owns it.
   *
   * <p>Nothing is done if the way leads through a folder of another user that this one may not
   * enter: then the app does not get there either.
   */
  record Pin(PlanPath path) implements Step {
    public Pin {
      path.requireNormal();
    }

    @Override
    public String toString() {
      return "pin " + path;
    }
  }

  /**
   * Hides what is there: a directory under an empty read-only one, anything else under an empty
   * read-only file. What cannot be reached is passed over as with {@link Pin}.
   */
  record Mask(PlanPath path) implements Step {
    public Mask {
      path.requireNormal();
    }

    @Override
    public String toString() {
      return "mask " + path;
    }
  }

  /** Makes a tmpfs of this plan read-only, now that it holds what it should. */
  record Seal(PlanPath path) implements Step {
    public Seal {
      path.requireNormal();
    }

    @Override
    public String toString() {
      return "seal " + path;
    }
  }
}
