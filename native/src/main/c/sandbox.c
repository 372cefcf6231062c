#include "sandbox.h"

#include "caps.h"
#include "die.h"
#include "fd.h"
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Noreturn void fail(enum step step)
{
    die_step((struct failure){.step = step, .error = errno});
}

/* A new network namespace has a loopback interface, but down; strict apps still talk to themselves. */
static void raise_loopback(void)
{
    struct ifreq request = {.ifr_name = "lo"};
    OWNED_FD any = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (any < 0 || ioctl(any, SIOCGIFFLAGS, &request) != 0)
        fail(STEP_LOOPBACK);
    request.ifr_flags |= IFF_UP;
    if (ioctl(any, SIOCSIFFLAGS, &request) != 0)
        fail(STEP_LOOPBACK);
}

/*
 * Phase: the monitor-to-be. The user, no capability of its own; the caller's namespaces; open are 0, 1, 2 and the
 * plan's three. Next: the app's user and mount namespace (both made by the launcher, whose user namespace gives
 * this process every capability over them and over nothing else), then the rest as new ones.
 */
void enter_sandbox(struct plan *plan)
{
    OWNED_FD user = give(&plan->user_namespace);
    OWNED_FD mount = give(&plan->mount_namespace);
    if (setns(user, CLONE_NEWUSER) != 0)
        fail(STEP_SETNS_USER);
    if (setns(mount, CLONE_NEWNS) != 0)
        fail(STEP_SETNS_MOUNT);
    /* The app has our uid and user namespace. Dumpable, we would be its to trace, and /proc/1/exe its way to
     * nexus itself, which it could rewrite. Forks inherit this; the app's execve ends it. */
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        fail(STEP_DUMPABLE);
    /* The login session's keyring may hold secrets. Kernels without keyrings have none to leave. */
    if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS)
        fail(STEP_KEYRING);
    if (unshare(plan->namespaces) != 0)
        fail(STEP_UNSHARE);
    if ((plan->namespaces & CLONE_NEWNET) != 0)
        raise_loopback();
}

/* A /proc of the namespace of the process that asks. The kernel gives one only to who sees another, whole
 * one, in its mount namespace: so the launcher's must still be there now, and can go right after. */
static int open_fresh_proc(void)
{
    OWNED_FD context = fsopen("proc", FSOPEN_CLOEXEC);
    if (context < 0 || fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) != 0)
        return -1;
    return fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

/* Once per mount namespace: monitor, init and app share the one that the launcher made for this start. */
static enum step mount_fresh_proc(void)
{
    OWNED_FD fresh = open_fresh_proc();
    if (fresh >= 0) {
        /* The host's processes go out of reach. EINVAL: nothing there, or locked, and then it is covered. */
        umount2("/proc", MNT_DETACH);
        if (move_mount(fresh, "", AT_FDCWD, "/proc", MOVE_MOUNT_F_EMPTY_PATH) == 0)
            return STEP_NONE;
    }
    /* Filters of older containers know mount(2) alone. */
    return mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0 ? STEP_NONE
                                                                                       : STEP_MOUNT_PROC;
}

/* Root owns the kernel's switches, and writing them takes no capability. For everybody else they are read-only
 * as they are; and a /proc that is covered in part would keep sandboxes within the sandbox from having theirs. */
static enum step seal_kernel_switches(void)
{
    static const char *const switches[] = {"/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus"};
    struct mount_attr sealed = {
        .attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
    };
    if (geteuid() != 0)
        return STEP_NONE;
    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++) {
        OWNED_FD tree = open_tree(AT_FDCWD, switches[i], OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
        if (tree < 0 && errno == ENOENT)
            continue;
        if (tree < 0 || mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &sealed, sizeof sealed) != 0 ||
            move_mount(tree, "", AT_FDCWD, switches[i], MOVE_MOUNT_F_EMPTY_PATH) != 0)
            return STEP_SEAL_PROC;
    }
    return STEP_NONE;
}

/*
 * Phase: pid 1 of the sandbox. Still every capability over it; open are 0, 1, 2, the executable and both ends of
 * the pipe. Next: /proc, then nothing is kept, and it only waits to die.
 *
 * It handles no signal, so the kernel drops what the app sends to it, and it blocks none, so that nothing
 * queues either. Ignoring SIGCHLD, it has orphans reaped by the kernel: there is no loop to be kept busy.
 */
static _Noreturn void be_init(int monitor, int failures)
{
    /* Ours would be a second reader: with it closed, a write to a dead monitor fails. */
    close(monitor);
    enum step failed = mount_fresh_proc();
    if (failed == STEP_NONE)
        failed = seal_kernel_switches();
    if (failed == STEP_NONE)
        failed = drop_privileges();
    /* Last, because the kernel forgets it when credentials change. */
    if (failed == STEP_NONE && prctl(PR_SET_PDEATHSIG, SIGKILL) != 0)
        failed = STEP_DEATH_SIGNAL;
    if (failed != STEP_NONE)
        report_failure(failures, failed, errno);
    reset_signals();
    signal(SIGCHLD, SIG_IGN);
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
    /* Ready. It also closes the race: a monitor that died before PR_SET_PDEATHSIG does not read this. */
    const struct failure none = {.step = STEP_NONE};
    if (write(failures, &none, sizeof none) != (ssize_t)sizeof none)
        _exit(EXIT_LAUNCHER);
    close_everything();
    for (;;)
        pause();
}

pid_t start_init(void)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        fail(STEP_PIPE);
    const pid_t init = fork();
    if (init < 0)
        fail(STEP_FORK_INIT);
    if (init == 0)
        be_init(ends[0], ends[1]);
    close(ends[1]);
    OWNED_FD failures = ends[0];
    struct failure failure = {.step = STEP_INIT_DIED, .error = ESRCH};
    if (!read_failure(failures, &failure) || failure.step != STEP_NONE)
        die_step(failure);
    return init;
}
