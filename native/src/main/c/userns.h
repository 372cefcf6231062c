#ifndef NEXUS_USERNS_H
#define NEXUS_USERNS_H

#include "die.h"

/* Moves this process, which must have one thread, into a user namespace of its own with its own ids alone, and
 * leaves it CAP_SYS_ADMIN there, across execve. Answers STEP_NONE, or the step that failed with errno set. */
enum step enter_user_namespace(void);

#endif
