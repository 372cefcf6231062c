#include "launcher.h"

#include "die.h"
#include "fd.h"
#include "java.h"
#include "refusal.h"
#include "signals.h"
#include "userns.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Phase: the child that becomes the JVM. The user, no capability; the caller's namespaces; open are 0, 1, 2,
 * our end of the socket and the failure pipe. Next: a user namespace, CAP_SYS_ADMIN in it, execve.
 * This happens here because the kernel refuses unshare(CLONE_NEWUSER) to a process with threads, as a JVM is.
 */
static _Noreturn void become_launcher(const struct java *java, pid_t parent, int socket, int failures)
{
    /* A session of its own: Ctrl-C and Ctrl-Z are for the app and for nexus, which takes the JVM with it. */
    setsid();
    reset_signals();
    /* The request says where the caller is. The JVM does not start in a directory that was removed, and must not
     * keep a file system busy. */
    if (chdir("/") != 0)
        report_failure(failures, STEP_CHDIR, errno);
    enum step failed = enter_user_namespace();
    if (failed == STEP_NONE)
        failed = arrange_descriptors(JAVA_LAUNCHER, socket);
    /* Last, because the kernel forgets it when credentials change. */
    if (failed == STEP_NONE && prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        failed = STEP_DEATH_SIGNAL;
    if (failed != STEP_NONE)
        report_failure(failures, failed, errno);
    /* The parent may have died before it was tied to us. */
    if (getppid() != parent)
        _exit(EXIT_LAUNCHER);
    execve(java->program, java->arguments, java->environment);
    report_failure(failures, STEP_EXEC_LAUNCHER, errno);
}

void start_launcher(struct launcher *launcher)
{
    static char mode[] = "launch";
    char *const arguments[] = {mode, NULL};
    struct java java;
    int sockets[2], failures[2];
    java_command(&java, JAVA_LAUNCHER, arguments);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) != 0)
        die_errno(EXIT_LAUNCHER, "cannot start the launcher: socketpair(AF_UNIX, SOCK_STREAM)");
    if (pipe2(failures, O_CLOEXEC) != 0)
        die_errno(EXIT_LAUNCHER, "cannot start the launcher: pipe2(O_CLOEXEC)");
    const pid_t self = getpid();
    launcher->pid = fork();
    if (launcher->pid < 0)
        die_errno(EXIT_LAUNCHER, "cannot start the launcher: fork()");
    if (launcher->pid == 0)
        become_launcher(&java, self, sockets[1], failures[1]);
    close(sockets[1]);
    close(failures[1]);
    launcher->socket = sockets[0];
    launcher->failures = failures[0];
}

void expect_launcher(struct launcher *launcher)
{
    OWNED_FD failures = give(&launcher->failures);
    struct failure failure;
    if (read_failure(failures, &failure))
        explain_start(failure);
}

/* A launcher that closed the socket is about to end. One that does not is ended, not waited for. */
static int reap_launcher(pid_t launcher)
{
    enum { PATIENCE_MILLISECONDS = 2000 };
    int status = 0;
    OWNED_FD handle = (int)syscall(SYS_pidfd_open, launcher, 0);
    struct pollfd ended = {.fd = handle, .events = POLLIN};
    if (handle < 0 || poll(&ended, 1, PATIENCE_MILLISECONDS) != 1)
        kill(launcher, SIGKILL);
    while (waitpid(launcher, &status, 0) < 0 && errno == EINTR)
        ;
    return status;
}

void lose_launcher(const struct launcher *launcher)
{
    int status = reap_launcher(launcher->pid);
    if (WIFSIGNALED(status))
        die(EXIT_LAUNCHER, "the launcher ended before it answered: killed by signal %d (%s)",
            WTERMSIG(status), strsignal(WTERMSIG(status)));
    die(EXIT_LAUNCHER, "the launcher ended before it answered: exit status %d", WEXITSTATUS(status));
}
