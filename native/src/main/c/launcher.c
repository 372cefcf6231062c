#include "launcher.h"

#include "caps.h"
#include "die.h"
#include "fd.h"
#include "java.h"
#include "refusal.h"
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where the launcher finds its end of the socket. */
enum { LAUNCHER_SOCKET = 3 };

static bool write_file(const char *path, const char *text)
{
    OWNED_FD fd = open(path, O_WRONLY | O_CLOEXEC);
    return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* One line, own id to own id: all that the kernel lets an ordinary user map without a helper. Root gets the
 * same, so that root's apps too are without power over the mounts that root's launcher made. */
static enum step map_own_ids(uid_t user, gid_t group)
{
    char line[64];
    snprintf(line, sizeof line, "%u %u 1", user, user);
    if (!write_file("/proc/self/uid_map", line))
        return STEP_UID_MAP;
    /* The kernel wants this before an unprivileged gid_map: a group may deny what others are allowed. */
    if (!write_file("/proc/self/setgroups", "deny"))
        return STEP_SETGROUPS;
    snprintf(line, sizeof line, "%u %u 1", group, group);
    if (!write_file("/proc/self/gid_map", line))
        return STEP_GID_MAP;
    return STEP_NONE;
}

static enum step enter_user_namespace(void)
{
    const uid_t user = geteuid();
    const gid_t group = getegid();
    if (unshare(CLONE_NEWUSER) != 0)
        return STEP_UNSHARE_USER;
    enum step failed = map_own_ids(user, group);
    return failed != STEP_NONE ? failed : keep_mount_capability();
}

/* The launcher's words come through the socket: it neither reads the user's input nor writes to the user's
 * output. Standard error stays, for what a crashing JVM has to say. */
static enum step arrange_descriptors(int socket)
{
    OWNED_FD null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || replace_placeholders(null) != 0 || dup2(null, STDIN_FILENO) < 0 ||
        dup2(null, STDOUT_FILENO) < 0 || dup2(socket, LAUNCHER_SOCKET) < 0)
        return STEP_LAUNCHER_DESCRIPTORS;
    return STEP_NONE;
}

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
        failed = arrange_descriptors(socket);
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
    java_command(&java, arguments);
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
    if (!read_failure(failures, &failure))
        return;
    if (failure.step < STEP_LAUNCHER_DESCRIPTORS)
        explain_refusal(failure);
    die_step(failure);
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
