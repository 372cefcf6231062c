#include "refusal.h"

#include "fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { UNKNOWN = -1 };

static ssize_t read_text(const char *path, char *text, size_t size)
{
    OWNED_FD fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, text, size - 1);
    text[length < 0 ? 0 : length] = '\0';
    return length;
}

static long read_switch(const char *path)
{
    char text[32];
    return read_text(path, text, sizeof text) > 0 ? strtol(text, NULL, 10) : UNKNOWN;
}

/* Below a chroot the kernel refuses user namespaces: they would lead out of it. A root directory that is
 * not the root of a mount can only come from chroot(2). */
static bool in_chroot(void)
{
    struct statx root;
    return statx(AT_FDCWD, "/", 0, 0, &root) == 0 &&
           (root.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0 &&
           (root.stx_attributes & STATX_ATTR_MOUNT_ROOT) == 0;
}

static bool filtered(void)
{
    char status[4096];
    return read_text("/proc/self/status", status, sizeof status) > 0 && strstr(status, "\nSeccomp:\t2") != NULL;
}

static const char *denial_hint(void)
{
    if (read_switch("/proc/sys/kernel/unprivileged_userns_clone") == 0)
        return "kernel.unprivileged_userns_clone is 0; as root: sysctl -w kernel.unprivileged_userns_clone=1";
    if (read_switch("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1)
        return "AppArmor restricts them (kernel.apparmor_restrict_unprivileged_userns is 1); as root: load an "
               "AppArmor profile for nexus that has the rule `userns,`";
    if (in_chroot())
        return "the kernel allows none below a chroot; use pivot_root, or a container, instead of chroot";
    if (filtered())
        return "a system call filter forbids it, usually a container's; start the container with a filter that "
               "allows unshare(2) (docker and podman: --security-opt seccomp=FILE)";
    return NULL;
}

static const char *hint(struct failure failure)
{
    switch (failure.error) {
    case ENOSPC:
    case EUSERS:
        if (read_switch("/proc/sys/user/max_user_namespaces") == 0)
            return "user.max_user_namespaces is 0; as root: sysctl -w user.max_user_namespaces=10000";
        return "all that are allowed are in use or nested too deep; as root: raise user.max_user_namespaces";
    case EPERM:
    case EACCES:
    case ENOSYS:
        return denial_hint();
    case EINVAL:
        return failure.step == STEP_UNSHARE_USER ? "the kernel was built without CONFIG_USER_NS" : NULL;
    case ENOENT:
        return "/proc is not mounted";
    default:
        return NULL;
    }
}

static _Noreturn void explain_refusal(struct failure failure)
{
    const char *cause = hint(failure);
    if (cause == NULL)
        die_step(failure);
    die(EXIT_LAUNCHER, "cannot %s: %s: %s", step_text(failure.step), errno_name(failure.error), cause);
}

void explain_start(struct failure failure)
{
    if (failure.step < STEP_LAUNCHER_DESCRIPTORS)
        explain_refusal(failure);
    die_step(failure);
}
