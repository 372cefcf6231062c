/*
 * A user at a terminal: pty STEP... -- COMMAND...
 *
 * Starts COMMAND as the leader of a session with a pseudo-terminal and does the steps one after the other:
 *
 *     send:TEXT     types TEXT; \n is the return key, \z, \c and \\ are Ctrl-Z, Ctrl-C and Ctrl-\
 *     expect:TEXT   waits until TEXT is shown, after what the steps before have seen
 *     never:TEXT    fails if TEXT has been shown at all
 *     wait:MS       lets milliseconds pass
 *
 * Exits with 0 if all steps went through, else with 1 and everything that was shown.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STEP_SECONDS = 5 };

static char shown[1 << 20];
static size_t length, seen;

static int open_terminal(char *const command[], pid_t *child)
{
    int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0) {
        perror("pty");
        exit(2);
    }
    *child = fork();
    if (*child == 0) {
        setsid();
        int end = open(ptsname(terminal), O_RDWR);
        ioctl(end, TIOCSCTTY, 0);
        for (int fd = 0; fd < 3; fd++)
            dup2(end, fd);
        if (end > 2)
            close(end);
        execvp(command[0], command);
        _exit(127);
    }
    return terminal;
}

/* Takes in what is shown for at most so long; false if there will be no more. */
static bool watch(int terminal, int milliseconds)
{
    struct pollfd output = {.fd = terminal, .events = POLLIN};
    if (poll(&output, 1, milliseconds) <= 0)
        return true;
    ssize_t count = read(terminal, shown + length, sizeof shown - 1 - length);
    if (count > 0)
        length += (size_t)count;
    shown[length] = '\0';
    return count > 0;
}

static bool expect(int terminal, const char *text)
{
    const time_t end = time(NULL) + STEP_SECONDS;
    while (time(NULL) <= end) {
        const char *found = strstr(shown + seen, text);
        if (found != NULL) {
            seen = (size_t)(found - shown) + strlen(text);
            return true;
        }
        if (!watch(terminal, 50) && strstr(shown + seen, text) == NULL)
            return false;
    }
    return false;
}

static void type(int terminal, const char *text)
{
    for (; *text != '\0'; text++) {
        char key = *text;
        if (key == '\\' && text[1] != '\0') {
            text++;
            key = *text == 'n' ? '\n' : *text == 'z' ? 0x1a : *text == 'c' ? 0x03 : 0x1c;
        }
        if (write(terminal, &key, 1) != 1)
            return;
    }
}

static bool do_step(int terminal, const char *step)
{
    const char *argument = strchr(step, ':') + 1;
    if (strncmp(step, "send:", 5) == 0)
        type(terminal, argument);
    else if (strncmp(step, "expect:", 7) == 0)
        return expect(terminal, argument);
    else if (strncmp(step, "never:", 6) == 0)
        return strstr(shown, argument) == NULL;
    else
        for (int left = atoi(argument); left > 0; left -= 10) {
            watch(terminal, 10);
            if (left < 10)
                break;
        }
    return true;
}

int main(int argc, char *argv[])
{
    int steps = 1;
    while (steps < argc && strcmp(argv[steps], "--") != 0)
        steps++;
    if (steps + 1 >= argc)
        return 2;
    pid_t child;
    int terminal = open_terminal(argv + steps + 1, &child);
    int status = 0;
    for (int i = 1; i < steps && status == 0; i++) {
        if (!do_step(terminal, argv[i])) {
            printf("# failed at %s; shown was:\n%s\n", argv[i], shown);
            status = 1;
        }
    }
    close(terminal);
    kill(child, SIGHUP);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return status;
}
