#include "signals.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LAST_SIGNAL = 64 };

int set_mask(sigmask mask, sigmask *old)
{
    return (int)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, old, sizeof mask);
}

void record_signals(struct caller_signals *caller)
{
    memset(caller, 0, sizeof *caller);
    struct sigaction old;
    const struct sigaction plain = {.sa_handler = SIG_DFL};
    /* A parent that ignores SIGCHLD passes that on; its children would vanish without a status. */
    if (sigaction(SIGCHLD, &plain, &old) == 0)
        caller->child_ignored = old.sa_handler == SIG_IGN;
    prctl(PR_GET_PDEATHSIG, &caller->death_signal);
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &caller->mask, sizeof caller->mask);
    /* A closed pipe on standard output is an EPIPE to be tolerated. Blocking leaves the disposition alone. */
    set_mask(caller->mask | mask_of(SIGPIPE), NULL);
}

int restore_signals(const struct caller_signals *caller)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    if (caller->child_ignored && sigaction(SIGCHLD, &ignore, NULL) != 0)
        return -1;
    return set_mask(caller->mask, NULL);
}

void reset_signals(void)
{
    for (int signal = 1; signal <= LAST_SIGNAL; signal++) {
        /* The kernel's own structure, all zero: SIG_DFL. SIGKILL and SIGSTOP answer EINVAL. */
        const char plain[64] = {0};
        syscall(SYS_rt_sigaction, signal, plain, NULL, sizeof(sigmask));
    }
    set_mask(0, NULL);
}

int wait_signal(siginfo_t *info)
{
    const sigmask all = ALL_SIGNALS;
    int signal;
    do
        signal = (int)syscall(SYS_rt_sigtimedwait, &all, info, NULL, sizeof all);
    while (signal < 0 && errno == EINTR);
    return signal;
}

void suffer(int signal)
{
    const char plain[64] = {0};
    syscall(SYS_rt_sigaction, signal, plain, NULL, sizeof(sigmask));
    kill(getpid(), signal);
    sigmask old;
    set_mask(ALL_SIGNALS & ~mask_of(signal), &old);
    set_mask(old, NULL);
}
