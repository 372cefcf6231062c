#ifndef NEXUS_PLACE_H
#define NEXUS_PLACE_H

#include <limits.h>
#include <sys/un.h>

/* Where the agent of this user and this $NEXUS_HOME is to be met. docs/formats/launch-protocol.md has the rules;
 * the agent follows the same ones. */
struct place {
    struct sockaddr_un address;
    char lock[sizeof(struct sockaddr_un)];
};

/* Finds the place and makes the folder. NULL, or why there can be no agent, as the end of a sentence; exits if the
 * folder is there and not safe to use. */
const char *find_place(struct place *place);

#endif
