#ifndef NEXUS_DIE_H
#define NEXUS_DIE_H

/* What nexus exits with when not the app but nexus itself decides. */
enum {
    EXIT_NOT_DONE = 1,
    EXIT_USAGE = 2,
    EXIT_LAUNCHER = 125,
    EXIT_REFUSED = 126,
    EXIT_NOT_FOUND = 127,
};

/* Where a forked process failed. It cannot say so itself: its standard error is not ours to write to, or
 * belongs to the app by then. It sends the step and errno to the process that has the words. */
enum step {
    STEP_NONE,
    STEP_UNSHARE_USER,
    STEP_UID_MAP,
    STEP_SETGROUPS,
    STEP_GID_MAP,
    STEP_BOUNDING_SET,
    STEP_CAPSET,
    STEP_AMBIENT_SET,
    STEP_SECUREBITS,
    STEP_NO_NEW_PRIVS,
    STEP_LAUNCHER_DESCRIPTORS,
    STEP_DEATH_SIGNAL,
    STEP_FORK_AGENT,
    STEP_EXEC_LAUNCHER,
    STEP_SETNS_USER,
    STEP_SETNS_MOUNT,
    STEP_DUMPABLE,
    STEP_KEYRING,
    STEP_UNSHARE,
    STEP_LOOPBACK,
    STEP_PIPE,
    STEP_EVENT,
    STEP_FORK_INIT,
    STEP_FORK_APP,
    STEP_INIT_DIED,
    STEP_MOUNT_PROC,
    STEP_SEAL_PROC,
    STEP_SIGNALS,
    STEP_CHDIR,
    STEP_LEASE,
    STEP_EXEC,
    STEP_EXEC_INTERPRETER,
};

struct failure {
    enum step step;
    int error;
};

/* Both write one line to standard error, `nexus: ` in front, and exit with the status. */
_Noreturn void die(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));
_Noreturn void die_errno(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* `cannot STEP: CALL(ARGUMENTS): ERRNO`, status 125. */
_Noreturn void die_step(struct failure failure);

/* The step in words, with the system call and its arguments. */
const char *step_text(enum step step);

/* Sends the failure to whoever reads the pipe, and ends this process. */
_Noreturn void report_failure(int pipe, enum step step, int error);

/* Reads what report_failure wrote; false if the pipe was closed without it, by execve or by death. */
_Bool read_failure(int pipe, struct failure *failure);

/* The name of an errno value, `EPERM`. */
const char *errno_name(int error);

#endif
