#ifndef NEXUS_JAVA_H
#define NEXUS_JAVA_H

#include "die.h"

/* The Java side of nexus as execve wants it. Lives until nexus execs or exits. */
struct java {
    char *program;
    char **arguments;
    char **environment;
};

/* What the JVM is started as. */
enum java_role {
    JAVA_COMMAND,  /* one command, which talks to the terminal */
    JAVA_LAUNCHER, /* one launch, answered through the socket */
    JAVA_AGENT,    /* any number of them */
};

/* `arguments` are those of nexus.cli.Main, NULL at the end. */
void java_command(struct java *java, enum java_role role, char *const arguments[]);

/* Sets up the descriptors of a launcher or an agent, which finds the socket on descriptor 3. Everything else that
 * it is not to have must be close-on-exec. */
enum step arrange_descriptors(enum java_role role, int socket);

/* Ends this program by becoming the JVM for one command. */
_Noreturn void become_java(char *const arguments[]);

/* Which installation this is, so that an agent of another one notices: four numbers of 20 digits at most. */
enum { BUILD_SIZE = 4 * 21 };
void read_build(char build[BUILD_SIZE]);

#endif
