#include "die.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const texts[] = {
    [STEP_NONE] = "do nothing",
    [STEP_UNSHARE_USER] = "enter a user namespace: unshare(CLONE_NEWUSER)",
    [STEP_UID_MAP] = "map the user id: write(/proc/self/uid_map)",
    [STEP_SETGROUPS] = "give up setgroups: write(/proc/self/setgroups, deny)",
    [STEP_GID_MAP] = "map the group id: write(/proc/self/gid_map)",
    [STEP_BOUNDING_SET] = "drop capabilities: prctl(PR_CAPBSET_DROP)",
    [STEP_CAPSET] = "drop capabilities: capset()",
    [STEP_AMBIENT_SET] = "set ambient capabilities: prctl(PR_CAP_AMBIENT)",
    [STEP_SECUREBITS] = "lock capabilities: prctl(PR_SET_SECUREBITS)",
    [STEP_NO_NEW_PRIVS] = "refuse new privileges: prctl(PR_SET_NO_NEW_PRIVS)",
    [STEP_LAUNCHER_DESCRIPTORS] = "set up the launcher's descriptors: dup2(/dev/null)",
    [STEP_DEATH_SIGNAL] = "tie a process to its parent: prctl(PR_SET_PDEATHSIG, SIGKILL)",
    [STEP_FORK_AGENT] = "start the agent: fork()",
    [STEP_EXEC_LAUNCHER] = "start the launcher: execve(runtime/bin/java)",
    [STEP_SETNS_USER] = "join the sandbox: setns(user, CLONE_NEWUSER)",
    [STEP_SETNS_MOUNT] = "join the sandbox: setns(mnt, CLONE_NEWNS)",
    [STEP_DUMPABLE] = "hide from the app: prctl(PR_SET_DUMPABLE, 0)",
    [STEP_KEYRING] = "leave the session keyring: keyctl(KEYCTL_JOIN_SESSION_KEYRING)",
    [STEP_UNSHARE] = "make the sandbox's own namespaces: unshare()",
    [STEP_LOOPBACK] = "bring up the loopback interface: ioctl(SIOCSIFFLAGS, lo, IFF_UP)",
    [STEP_PIPE] = "prepare the start: pipe2(O_CLOEXEC)",
    [STEP_EVENT] = "prepare the start: eventfd2(EFD_CLOEXEC)",
    [STEP_FORK_INIT] = "start the sandbox's init: fork()",
    [STEP_FORK_APP] = "start the app: fork()",
    [STEP_INIT_DIED] = "start the sandbox's init: it ended early: read(pipe)",
    [STEP_SEAL_PROC] = "make the kernel's switches read-only: mount_setattr(/proc/sys, MOUNT_ATTR_RDONLY)",
    [STEP_MOUNT_PROC] = "mount a fresh /proc: mount(proc, /proc, proc, MS_NOSUID|MS_NODEV|MS_NOEXEC)",
    [STEP_SIGNALS] = "restore the caller's signals: rt_sigprocmask(SIG_SETMASK)",
    [STEP_CHDIR] = "enter a directory: chdir(/)",
    [STEP_LEASE] = "ask for the lease: fcntl(F_GETLEASE)",
    [STEP_EXEC] = "start the app: execve()",
    [STEP_EXEC_INTERPRETER] = "start the app: execve()",
};

const char *step_text(enum step step)
{
    return texts[step];
}

const char *errno_name(int error)
{
    const char *name = strerrorname_np(error);
    return name != NULL ? name : "unknown error";
}

/* Paths and arguments come from packages: a control character in them must not reach the user's terminal. */
static void defuse(char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
    }
}

/* One write, so that lines of several processes do not mix. */
static void say(const char *format, va_list arguments, int error)
{
    char line[8192] = "nexus: ";
    size_t used = strlen(line);
    size_t room = sizeof line - 128;
    int length = vsnprintf(line + used, room - used, format, arguments);
    if (length > 0)
        used += (size_t)length < room - used ? (size_t)length : room - used - 1;
    if (error != 0)
        snprintf(line + used, sizeof line - used - 1, ": %s (%s)", errno_name(error), strerror(error));
    defuse(line);
    used = strlen(line);
    line[used] = '\n';
    /* Nobody is left to tell if standard error is closed. */
    if (write(STDERR_FILENO, line, used + 1) < 0)
        return;
}

void die(int status, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments, 0);
    va_end(arguments);
    _exit(status);
}

void die_errno(int status, const char *format, ...)
{
    int error = errno;
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments, error);
    va_end(arguments);
    _exit(status);
}

void die_step(struct failure failure)
{
    errno = failure.error;
    die_errno(EXIT_LAUNCHER, "cannot %s", step_text(failure.step));
}

void report_failure(int pipe, enum step step, int error)
{
    struct failure failure = {.step = step, .error = error};
    /* If the reader is gone, so is everybody who would want to know. */
    if (write(pipe, &failure, sizeof failure) < 0)
        _exit(EXIT_LAUNCHER);
    _exit(EXIT_LAUNCHER);
}

bool read_failure(int pipe, struct failure *failure)
{
    ssize_t count;
    do
        count = read(pipe, failure, sizeof *failure);
    while (count < 0 && errno == EINTR);
    return count == (ssize_t)sizeof *failure;
}
