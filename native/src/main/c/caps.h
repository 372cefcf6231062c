#ifndef NEXUS_CAPS_H
#define NEXUS_CAPS_H

#include "die.h"

/* Keeps CAP_SYS_ADMIN alone, so that it survives execve: what the launcher builds mounts with. Answers
 * STEP_NONE, or the step that failed with errno set. */
enum step keep_mount_capability(void);

/* Leaves no capability and no way to one: not in the sets, not in the bounding set, not by a setuid or
 * setcap file, not by being uid 0 in the namespace. */
enum step drop_privileges(void);

#endif
