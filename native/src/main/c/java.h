#ifndef NEXUS_JAVA_H
#define NEXUS_JAVA_H

/* The Java side of nexus as execve wants it. Lives until nexus execs or exits. */
struct java {
    char *program;
    char **arguments;
    char **environment;
};

/* `arguments` are those of nexus.cli.Main, NULL at the end. */
void java_command(struct java *java, char *const arguments[]);

#endif
