#ifndef NEXUS_SIGNALS_H
#define NEXUS_SIGNALS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* A signal mask as the kernel has it. glibc's functions hide signals 32 and 33 from their callers, but a
 * caller's mask may well have them, and the app is to get exactly that mask. */
typedef uint64_t sigmask;

#define ALL_SIGNALS (~(sigmask)0)

static inline sigmask mask_of(int signal)
{
    return (sigmask)1 << (signal - 1);
}

/* The part of the caller's signal state that nexus has to change for itself and the app gets back. Ignored
 * signals other than SIGCHLD need no record: nexus leaves all of them as they are. */
struct caller_signals {
    sigmask mask;
    bool child_ignored;
    int death_signal;
};

void record_signals(struct caller_signals *caller);

/* In the app, just before execve. */
int restore_signals(const struct caller_signals *caller);

/* In the launcher, just before execve: nothing blocked, nothing ignored. */
void reset_signals(void);

/* Each sets the mask and answers the old one through `old` unless that is NULL. */
int set_mask(sigmask mask, sigmask *old);

/* Waits for any of the blocked signals. */
int wait_signal(siginfo_t *info);

/* Ends or stops this process by the signal's default action; returns if that is to do nothing. */
void suffer(int signal);

#endif
