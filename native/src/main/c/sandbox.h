#ifndef NEXUS_SANDBOX_H
#define NEXUS_SANDBOX_H

#include "protocol.h"

#include <sys/types.h>

/* Moves this process into the app's namespaces, with all capabilities there, none of them outside. What it
 * forks from then on is in a new process namespace; it is not. Closes the plan's namespace descriptors. */
void enter_sandbox(struct plan *plan);

/* Forks pid 1 of the process namespace and returns when it has mounted /proc. It ends when this process
 * does, and everything in the namespace with it. */
pid_t start_init(void);

#endif
