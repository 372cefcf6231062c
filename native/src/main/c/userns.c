#include "userns.h"

#include "caps.h"
#include "fd.h"

#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool write_file(const char *path, const char *text)
{
    OWNED_FD fd = open(path, O_WRONLY | O_CLOEXEC);
    return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* One line, own id to own id: all that the kernel lets an ordinary user map without a helper. Root gets the
 * same, so that root's apps too are without power over the mounts that root's launcher made. */
static enum step map_own_ids(uid_t user, gid_t group)
{
    char line[64];
    snprintf(line, sizeof line, "%u %u 1", user, user);
    if (!write_file("/proc/self/uid_map", line))
        return STEP_UID_MAP;
    /* The kernel wants this before an unprivileged gid_map: a group may deny what others are allowed. */
    if (!write_file("/proc/self/setgroups", "deny"))
        return STEP_SETGROUPS;
    snprintf(line, sizeof line, "%u %u 1", group, group);
    if (!write_file("/proc/self/gid_map", line))
        return STEP_GID_MAP;
    return STEP_NONE;
}

enum step enter_user_namespace(void)
{
    const uid_t user = geteuid();
    const gid_t group = getegid();
    if (unshare(CLONE_NEWUSER) != 0)
        return STEP_UNSHARE_USER;
    enum step failed = map_own_ids(user, group);
    return failed != STEP_NONE ? failed : keep_mount_capability();
}
