#include "run.h"

#include "app.h"
#include "caps.h"
#include "die.h"
#include "fd.h"
#include "launcher.h"
#include "monitor.h"
#include "protocol.h"
#include "sandbox.h"
#include "signals.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

/* The reader may be gone, and the app's answer still counts: errors are nobody's. The description is the
 * caller's, who may have made it non-blocking. */
static void write_through(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t written = write(fd, data, size);
        if (written < 0 && errno == EAGAIN) {
            struct pollfd room = {.fd = fd, .events = POLLOUT};
            poll(&room, 1, -1);
        } else if (written < 0 && errno != EINTR) {
            return;
        } else if (written > 0) {
            data += written;
            size -= (size_t)written;
        }
    }
}

/* The kernel maps what lies around each page that is touched, so that in the end nearly all of a static program is
 * resident, in a process that will run for as long as the app and needs two pages of it. Those come back. */
static void forget_code(void)
{
    extern char __executable_start, etext;
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    const uintptr_t start = (uintptr_t)&__executable_start & ~(page - 1);
    madvise((void *)start, ((uintptr_t)&etext & ~(page - 1)) - start, MADV_DONTNEED);
}

/*
 * Phase: the launcher has built the sandbox and ends on its own; a child of ours that must not be taken for the
 * app. Next: enter, fork init while we still may mount, give up every capability, fork the app, be the monitor.
 */
static _Noreturn void become_app_and_monitor(struct frame *frame, const struct caller_signals *caller)
{
    struct plan plan;
    parse_plan(frame, &plan);
    enter_sandbox(&plan);
    const pid_t init = start_init();
    /* The app inherits that there is nothing. */
    enum step failed = drop_privileges();
    if (failed == STEP_NONE && prctl(PR_SET_PDEATHSIG, caller->death_signal) != 0)
        failed = STEP_DEATH_SIGNAL;
    if (failed != STEP_NONE)
        die_step((struct failure){.step = failed, .error = errno});
    const pid_t app = start_app(&plan, caller);
    /* A reader of the app's output sees the end when the app closes it, not when nexus ends. What stays is the
     * lock that tells others that this checkout is in use. */
    close_everything_but(plan.checkout);
    release_plan(&plan);
    release_frame(frame);
    forget_code();
    monitor(app, init);
}

/*
 * Phase: the user, no capability, the caller's namespaces; open are 0, 1, 2. Next: start the launcher and do what
 * it says. Until there is an app, signals act on nexus as on any program, and the launcher dies with it.
 */
void run(char *const arguments[])
{
    struct caller_signals caller;
    struct launcher launcher;
    record_signals(&caller);
    start_launcher(&launcher);
    send_request(launcher.socket, arguments, environ);
    expect_launcher(&launcher);
    struct frame frame;
    while (receive_frame(launcher.socket, &frame)) {
        switch (frame.type) {
        case FRAME_STDOUT:
            write_through(STDOUT_FILENO, frame.body, frame.length);
            break;
        case FRAME_STDERR:
            write_through(STDERR_FILENO, frame.body, frame.length);
            break;
        case FRAME_EXIT:
            _exit(parse_exit(&frame));
        case FRAME_EXEC:
            close(launcher.socket);
            become_app_and_monitor(&frame, &caller);
        default:
            die(EXIT_LAUNCHER, "the launcher's answer is broken: unknown frame %u", frame.type);
        }
        release_frame(&frame);
    }
    lose_launcher(&launcher);
}
