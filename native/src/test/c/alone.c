/*
 * The client with --no-agent in front of what follows `run`: client-test.sh runs most of its tests with and without
 * an agent. Executes ../bin/nexus, and is the same process, with all that it was given.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    char folder[PATH_MAX] = "", client[PATH_MAX + 16];
    if (readlink("/proc/self/exe", folder, sizeof folder - 1) < 0)
        return 70;
    *strrchr(folder, '/') = '\0';
    snprintf(client, sizeof client, "%s/../bin/nexus", folder);
    char **arguments = calloc((size_t)argc + 2, sizeof *arguments);
    int used = 0;
    for (int i = 0; i < argc; i++) {
        arguments[used++] = argv[i];
        if (i == 1 && strcmp(argv[i], "run") == 0)
            arguments[used++] = "--no-agent";
    }
    execv(client, arguments);
    return 71;
}
