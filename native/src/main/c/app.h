#ifndef NEXUS_APP_H
#define NEXUS_APP_H

#include "protocol.h"
#include "signals.h"

#include <sys/types.h>

/* Forks the app and returns when its execve succeeded, or the process is gone; explains and exits if it could
 * not be started. Closes the plan's executable. All signals of this process are blocked from then on. */
pid_t start_app(struct plan *plan, const struct caller_signals *caller);

#endif
