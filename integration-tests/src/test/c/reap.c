/* Runs a command and says on standard error what waitpid(2) says of it: a shell folds death by signal into a
 * number, as does Java. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
    if (argc < 2)
        return 2;
    pid_t child = fork();
    if (child == 0) {
        execv(argv[1], argv + 1);
        _exit(127);
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child)
        return 1;
    if (WIFEXITED(status))
        fprintf(stderr, "exited %d\n", WEXITSTATUS(status));
    else
        fprintf(stderr, "killed %d\n", WTERMSIG(status));
    return 0;
}
