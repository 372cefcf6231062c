#include "app.h"

#include "die.h"
#include "fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

static enum step enter_directory(char *const directories[])
{
    for (; *directories != NULL; directories++) {
        if (chdir(*directories) == 0)
            return STEP_NONE;
    }
    return chdir("/") == 0 ? STEP_NONE : STEP_CHDIR;
}

/* ENOENT has two meanings: there is no such file, or its interpreter is missing. */
static enum step exec_step(const char *path)
{
    const int error = errno;
    const _Bool there = faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    errno = error;
    return error == ENOENT && there ? STEP_EXEC_INTERPRETER : STEP_EXEC;
}

/* Until the monitor passes signals on. What would else come to it in between could find an app that is running
 * already and kill nexus, which takes the app with it. */
static enum step wait_for_monitor(int event)
{
    uint64_t count;
    ssize_t size;
    do
        size = read(event, &count, sizeof count);
    while (size < 0 && errno == EINTR);
    return size == (ssize_t)sizeof count ? STEP_NONE : STEP_EVENT;
}

/*
 * Phase: the app, before it is the app. No capability anywhere; inside all namespaces; open are 0, 1, 2 as the
 * caller left them, the executable, the event and the failure pipe, which close on exec. Next: execve.
 */
static _Noreturn void become_app(const struct plan *plan, const struct caller_signals *caller, int event,
                                 int failures)
{
    enum step failed = enter_directory(plan->directories);
    if (failed == STEP_NONE)
        failed = wait_for_monitor(event);
    if (failed == STEP_NONE && restore_signals(caller) != 0)
        failed = STEP_SIGNALS;
    if (failed != STEP_NONE)
        report_failure(failures, failed, errno);
    /* The last act: while this descriptor holds its lease, nobody has opened the file for writing since it was
     * verified. Whoever does between here and execve waits for the lease with the file already counted as
     * written to, and execve says ETXTBSY. */
    const int lease = fcntl(plan->executable, F_GETLEASE);
    if (lease != F_RDLCK)
        report_failure(failures, STEP_LEASE, lease < 0 ? errno : 0);
    execve(plan->path, plan->arguments, plan->environment);
    failed = exec_step(plan->path);
    report_failure(failures, failed, errno);
}

static _Noreturn void explain(struct failure failure, const char *path)
{
    const _Bool exec = failure.step == STEP_EXEC || failure.step == STEP_EXEC_INTERPRETER;
    if ((failure.step == STEP_LEASE && failure.error == 0) || (exec && failure.error == ETXTBSY))
        die(EXIT_REFUSED, "%s changed while it was being started; run it again", path);
    if (failure.step == STEP_EXEC_INTERPRETER)
        die(EXIT_REFUSED, "cannot start %s: execve: ENOENT (its interpreter does not exist in the sandbox)",
            path);
    if (!exec)
        die_step(failure);
    errno = failure.error;
    die_errno(failure.error == ENOENT ? EXIT_NOT_FOUND : EXIT_REFUSED, "cannot start %s: execve", path);
}

pid_t start_app(struct plan *plan, const struct caller_signals *caller)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        die_step((struct failure){.step = STEP_PIPE, .error = errno});
    OWNED_FD event = eventfd(0, EFD_CLOEXEC);
    if (event < 0)
        die_step((struct failure){.step = STEP_EVENT, .error = errno});
    const pid_t app = fork();
    if (app < 0)
        die_step((struct failure){.step = STEP_FORK_APP, .error = errno});
    if (app == 0)
        become_app(plan, caller, event, ends[1]);
    /* From here on signals are the app's. Not earlier: one that the terminal sends is not passed on, so before
     * there is an app to get it too, it must act on us. Between the two it finds both with the caller's
     * dispositions, and does to nexus what it does to an app that has not executed yet. */
    set_mask(ALL_SIGNALS, NULL);
    if (eventfd_write(event, 1) != 0)
        die_step((struct failure){.step = STEP_EVENT, .error = errno});
    close(ends[1]);
    /* Now the app alone holds the lease: it ends with the execve. */
    close(give(&plan->executable));
    OWNED_FD failures = ends[0];
    struct failure failure;
    if (read_failure(failures, &failure))
        explain(failure, plan->path);
    return app;
}
