/*
 * measure RESULT-FILE COMMAND [ARGUMENT...]: runs the command and writes "STATUS NANOSECONDS KIBIBYTES": how it ended (as
 * a shell says it), how long it took, and the peak resident memory of it and of what it waited for.
 *
 * A program of its own, because it must be small: a process counts the memory of what it was forked from as its own, so
 * that whatever a JVM forks seems to need as much as a JVM.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static _Noreturn void fail(const char *what)
{
    perror(what);
    exit(1);
}

static long long now(void)
{
    struct timespec time;
    if (clock_gettime(CLOCK_MONOTONIC, &time) != 0)
        fail("clock_gettime");
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int argc, char *argv[])
{
    if (argc < 3) {
        fputs("usage: measure RESULT-FILE COMMAND [ARGUMENT...]\n", stderr);
        return 2;
    }
    int status;
    struct rusage usage;
    const long long started = now();
    const pid_t child = fork();
    if (child < 0)
        fail("fork");
    if (child == 0) {
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    if (wait4(child, &status, 0, &usage) != child)
        fail("wait4");
    const long long ended = now();
    FILE *result = fopen(argv[1], "w");
    if (result == NULL)
        fail(argv[1]);
    fprintf(result, "%d %lld %ld\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), ended - started,
            usage.ru_maxrss);
    return fclose(result) == 0 ? 0 : 1;
}
