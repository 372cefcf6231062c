#include "monitor.h"

#include "signals.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* The shell's convention for a death by signal, should the signal not kill us. */
enum { SIGNAL_STATUS = 128 };

static int wait_for(pid_t child, int *status, int options)
{
    pid_t found;
    do
        found = waitpid(child, status, options);
    while (found < 0 && errno == EINTR);
    return found;
}

/* Whoever waits for nexus gets what they would have got from the app: the wait status itself. */
static _Noreturn void end_as(int status, pid_t init)
{
    /* Its end kills what is left in the process namespace, and it is not over before all of that is dead. */
    kill(init, SIGKILL);
    wait_for(init, NULL, 0);
    if (WIFEXITED(status))
        _exit(WEXITSTATUS(status));
    /* The app has dumped its core already, if it was to. */
    const struct rlimit none = {0};
    setrlimit(RLIMIT_CORE, &none);
    suffer(WTERMSIG(status));
    _exit(SIGNAL_STATUS + WTERMSIG(status));
}

static bool is_pending(int signal)
{
    sigmask pending = 0;
    syscall(SYS_rt_sigpending, &pending, sizeof pending);
    return (pending & mask_of(signal)) != 0;
}

/* The shell is to see a stopped job. A SIGCONT that waits says that we were stopped; if not, then our process
 * group has no shell to look after it, so that the kernel lets the terminal's stop signals pass, and SIGSTOP
 * is what remains. */
static void stop_as(int signal)
{
    suffer(signal);
    if (!is_pending(SIGCONT))
        suffer(SIGSTOP);
}

/* Of all children (the launcher may end at any time) only the app's state matters. */
static void look_after(pid_t app, pid_t init)
{
    int status;
    pid_t child;
    while ((child = wait_for(-1, &status, WNOHANG | WUNTRACED)) > 0) {
        if (child == app && WIFSTOPPED(status))
            stop_as(WSTOPSIG(status));
        else if (child == app)
            end_as(status, init);
    }
}

/* What processes sent (si_code <= 0) was meant for the app. What the kernel sent came from the terminal and
 * went to the whole process group, so the app has it. Except SIGALRM, from a timer that was set before nexus
 * was executed (alarm 5; exec nexus ...), and SIGCONT, which twice is as good as once. Our own kill and SIGPIPE
 * are nobody's message. A signal sent to the whole group does arrive twice: better than to lose one. */
static bool is_for_app(const siginfo_t *info)
{
    if (info->si_signo == SIGALRM || info->si_signo == SIGCONT)
        return true;
    return info->si_code <= 0 && info->si_pid != getpid();
}

/* The app cannot be another process by then: its pid is not free before look_after has reaped it. */
static void pass_on(pid_t app, const siginfo_t *info)
{
    if (info->si_code == SI_QUEUE)
        sigqueue(app, info->si_signo, info->si_value);
    else
        kill(app, info->si_signo);
}

/*
 * Phase: what the caller's child is while the app runs. The user, no capability; all signals blocked and taken
 * one by one; only the checkout
 * with its lock is open, no memory of the plan left. Next: the app's end.
 */
void monitor(pid_t app, pid_t init)
{
    for (;;) {
        siginfo_t info;
        look_after(app, init);
        if (wait_signal(&info) != SIGCHLD && is_for_app(&info))
            pass_on(app, &info);
    }
}
