#include "die.h"
#include "fd.h"
#include "java.h"
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The JVM does not start in a directory that was removed. Not in another one either, where a relative path would
 * lead to something else. */
static void require_directory(void)
{
    char directory[PATH_MAX];
    if (getcwd(directory, sizeof directory) == NULL && errno == ENOENT)
        die(EXIT_FAILURE, "the working directory was removed; go to another one and try again");
}

/* Every command but run is Java's alone. */
static _Noreturn void become_java(char *const arguments[])
{
    require_directory();
    struct java java;
    java_command(&java, arguments);
    OWNED_FD null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || replace_placeholders(null) != 0)
        die_errno(EXIT_LAUNCHER, "cannot replace closed standard descriptors: open(/dev/null)");
    execve(java.program, java.arguments, java.environment);
    die_errno(EXIT_LAUNCHER, "cannot start %s: execve", java.program);
}

int main(int argc, char *argv[])
{
    settle_descriptors();
    if (argc > 1 && strcmp(argv[1], "run") == 0)
        run(argv + 2);
    become_java(argc > 1 ? argv + 1 : argv + argc);
}
