/* An app without a shell or libraries, which says what it was given. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void open_descriptors(void)
{
    for (int fd = 0; fd < 1024; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            printf("fd %d\n", fd);
    }
}

int main(int argc, char *argv[])
{
    char directory[4096];
    struct rlimit files;
    for (int i = 0; i < argc; i++)
        printf("argv[%d] %s\n", i, argv[i]);
    open_descriptors();
    const mode_t mask = umask(0);
    printf("umask %03o\n", (unsigned)mask);
    if (getcwd(directory, sizeof directory) != NULL)
        printf("cwd %s\n", directory);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0)
        printf("nofile %lu %lu\n", (unsigned long)files.rlim_cur, (unsigned long)files.rlim_max);
    for (int signal = 1; signal < 32; signal++) {
        struct sigaction action;
        if (sigaction(signal, NULL, &action) == 0 && action.sa_handler != SIG_DFL)
            printf("not default %d\n", signal);
    }
    sigset_t blocked;
    sigprocmask(SIG_SETMASK, NULL, &blocked);
    for (int signal = 1; signal < 32; signal++) {
        if (sigismember(&blocked, signal) == 1)
            printf("blocked %d\n", signal);
    }
    return 0;
}
