#include "agent.h"

#include "die.h"
#include "fd.h"
#include "java.h"
#include "refusal.h"
#include "signals.h"
#include "userns.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

const char default_idle_exit[] = "900";

/* --- the agent's side of the fork ------------------------------------------------------------------------ */

/* The agent serves everything that the user starts from now on. What the one who happened to start it has set for
 * itself must not become the others' lot, as far as the kernel lets us take it back: what it does not is no reason
 * to do without an agent. */
static void forget_caller(void)
{
    cpu_set_t all;
    memset(&all, 0xff, sizeof all);
    sched_setaffinity(0, sizeof all, &all);
    setpriority(PRIO_PROCESS, 0, 0);
    for (int resource = 0; resource < RLIM_NLIMITS; resource++) {
        struct rlimit limit;
        /* No stack is too small for a JVM, but one without end moves its mappings; cores are as many as wanted. */
        if (resource != RLIMIT_STACK && resource != RLIMIT_CORE && getrlimit(resource, &limit) == 0) {
            limit.rlim_cur = limit.rlim_max;
            setrlimit(resource, &limit);
        }
    }
    syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL);
    umask(S_IRWXG | S_IRWXO);
    reset_signals();
}

/*
 * Phase: the process that becomes the agent. The user, no capability; the caller's namespaces; nobody's child, in a
 * session without a terminal; open are 0, 1, 2, the listening socket and the failure pipe. Next: nothing of the
 * caller's, a user namespace, CAP_SYS_ADMIN in it, execve. Nothing ties it to the client.
 */
static _Noreturn void become_agent(const struct java *java, int listener, int failures)
{
    forget_caller();
    enum step failed = chdir("/") == 0 ? STEP_NONE : STEP_CHDIR;
    if (failed == STEP_NONE)
        failed = enter_user_namespace();
    if (failed == STEP_NONE)
        failed = arrange_descriptors(JAVA_AGENT, listener);
    if (failed != STEP_NONE)
        report_failure(failures, failed, errno);
    execve(java->program, java->arguments, java->environment);
    report_failure(failures, STEP_EXEC_LAUNCHER, errno);
}

/* In between for a moment, so that the agent is not the child of a client that will stand for an app, and cannot
 * get a terminal by opening one, as the leader of a session could. */
static _Noreturn void detach(const struct java *java, int listener, int failures)
{
    setsid();
    const pid_t agent = fork();
    if (agent < 0)
        report_failure(failures, STEP_FORK_AGENT, errno);
    if (agent == 0)
        become_agent(java, listener, failures);
    _exit(0);
}

/* --- the client's side ----------------------------------------------------------------------------------- */

/* By the client, not by the agent: whoever comes now waits in the backlog for the JVM to be up. */
static int listen_at(const struct place *place)
{
    enum { BACKLOG = 128 };
    const struct sockaddr *address = (const struct sockaddr *)&place->address;
    const char *path = place->address.sun_path;
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0)
        die_errno(EXIT_LAUNCHER, "cannot start the agent: socket(AF_UNIX, SOCK_STREAM)");
    /* Left by one that was killed. Under the lock nobody else's can come in between. */
    if (unlink(path) != 0 && errno != ENOENT)
        die_errno(EXIT_LAUNCHER, "cannot start the agent: unlink(%s)", path);
    const mode_t umask_of_caller = umask(S_IXUSR | S_IRWXG | S_IRWXO);
    if (bind(listener, address, sizeof place->address) != 0)
        die_errno(EXIT_LAUNCHER, "cannot start the agent: bind(%s)", path);
    umask(umask_of_caller);
    if (listen(listener, BACKLOG) != 0)
        die_errno(EXIT_LAUNCHER, "cannot start the agent: listen()");
    return listener;
}

/* Returns once the agent is a JVM; it cannot tell anybody what goes wrong before. */
static void start_agent(const struct place *place, const char *idle_exit)
{
    static char mode[] = "agent";
    char option[64];
    char *const arguments[] = {mode, option, NULL};
    struct java java;
    int ends[2];
    snprintf(option, sizeof option, "--idle-exit=%s", idle_exit);
    java_command(&java, JAVA_AGENT, arguments);
    OWNED_FD listener = listen_at(place);
    if (pipe2(ends, O_CLOEXEC) != 0)
        die_errno(EXIT_LAUNCHER, "cannot start the agent: pipe2(O_CLOEXEC)");
    const pid_t child = fork();
    if (child < 0)
        die_step((struct failure){.step = STEP_FORK_AGENT, .error = errno});
    if (child == 0)
        detach(&java, listener, ends[1]);
    close(ends[1]);
    OWNED_FD failures = ends[0];
    struct failure failure;
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
    if (read_failure(failures, &failure)) {
        unlink(place->address.sun_path);
        explain_start(failure);
    }
}

static int take_lock(const struct place *place)
{
    const mode_t umask_of_caller = umask(S_IRWXG | S_IRWXO);
    int lock = open(place->lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (lock < 0)
        die_errno(EXIT_LAUNCHER, "cannot start the agent: open(%s)", place->lock);
    umask(umask_of_caller);
    while (flock(lock, LOCK_EX) != 0) {
        if (errno != EINTR)
            die_errno(EXIT_LAUNCHER, "cannot start the agent: flock(%s)", place->lock);
    }
    return lock;
}

/* Who called listen(2): the client that started the agent. */
static struct ucred peer_of(int connection)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        die_errno(EXIT_LAUNCHER, "cannot tell whose the agent is: getsockopt(SO_PEERCRED)");
    return peer;
}

/* The folder is ours alone, so that this should be sure already; but the agent is told the caller's whole
 * environment, and decides what is executed. */
static void check_peer(int connection)
{
    const struct ucred peer = peer_of(connection);
    if (peer.uid != geteuid())
        die(EXIT_LAUNCHER, "the agent's socket is another user's (uid %u); nothing was sent to it", peer.uid);
}

bool knows_group(int connection)
{
    return peer_of(connection).gid == getegid();
}

int connect_agent(const struct place *place)
{
    OWNED_FD connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection < 0)
        die_errno(EXIT_LAUNCHER, "cannot reach the agent: socket(AF_UNIX, SOCK_STREAM)");
    int result;
    do
        result = connect(connection, (const struct sockaddr *)&place->address, sizeof place->address);
    while (result != 0 && errno == EINTR);
    if (result != 0 && (errno == ENOENT || errno == ECONNREFUSED))
        return -1;
    if (result != 0)
        die_errno(EXIT_LAUNCHER, "cannot reach the agent: connect(%s)", place->address.sun_path);
    check_peer(connection);
    return give(&connection);
}

int ensure_agent(const struct place *place, const char *idle_exit, bool *started)
{
    *started = false;
    int connection = connect_agent(place);
    if (connection >= 0)
        return connection;
    OWNED_FD lock = take_lock(place);
    /* Another client may have been quicker. */
    connection = connect_agent(place);
    if (connection >= 0)
        return connection;
    start_agent(place, idle_exit);
    *started = true;
    return connect_agent(place);
}

void lose_agent(void)
{
    die(EXIT_LAUNCHER,
        "the agent ended before it answered, %d times; nexus run --no-agent does without it, and shows what Java says",
        AGENT_TRIES);
}
