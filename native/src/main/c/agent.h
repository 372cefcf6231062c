#ifndef NEXUS_AGENT_H
#define NEXUS_AGENT_H

#include "place.h"

#include <stdbool.h>

/* How often a client asks, if the agents end before they answer. */
enum { AGENT_TRIES = 3 };

/* How long an agent waits for something to do before it ends, in seconds. */
extern const char default_idle_exit[];

/* A connection to the agent, or -1 if there is none. The other end is of the same user. */
int connect_agent(const struct place *place);

/* The same, but starts an agent if there is none; `started` says so. Still -1 if that one has ended already.
 * Explains and exits if it cannot be started. */
int ensure_agent(const struct place *place, const char *idle_exit, bool *started);

/* Whether the agent's user namespace has this process's group. It has one, that of the client that started it. */
bool knows_group(int connection);

/* All tries are used up. */
_Noreturn void lose_agent(void);

#endif
