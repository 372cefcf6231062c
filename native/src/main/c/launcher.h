#ifndef NEXUS_LAUNCHER_H
#define NEXUS_LAUNCHER_H

#include <sys/types.h>

/* The JVM that verifies the app and builds its mount namespace: a child, in a user namespace of its own. */
struct launcher {
    pid_t pid;
    int socket;
    int failures; /* what the child had to say before it became the JVM */
};

void start_launcher(struct launcher *launcher);

/* Returns once the child has become the JVM; explains and exits if it could not. */
void expect_launcher(struct launcher *launcher);

/* The socket ended without an answer: says how the JVM ended, and exits. */
_Noreturn void lose_launcher(const struct launcher *launcher);

#endif
