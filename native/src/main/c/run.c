#include "run.h"

#include "agent.h"
#include "app.h"
#include "caps.h"
#include "die.h"
#include "fd.h"
#include "launcher.h"
#include "monitor.h"
#include "place.h"
#include "protocol.h"
#include "sandbox.h"
#include "signals.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

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

enum answer {
    ANSWER_NONE,  /* the stream ended, and there was nothing before */
    ANSWER_AGAIN, /* the agent gives way to a new one */
    ANSWER_PART,  /* the stream ended in the middle */
};

/* Does what the launcher or the agent says; returns only if it says too little. */
static enum answer obey(int socket, const struct caller_signals *caller)
{
    struct frame frame;
    enum answer so_far = ANSWER_NONE;
    while (receive_frame(socket, &frame)) {
        so_far = ANSWER_PART;
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
            close(socket);
            become_app_and_monitor(&frame, caller);
        case FRAME_AGAIN:
            parse_again(&frame);
            return ANSWER_AGAIN;
        default:
            die(EXIT_LAUNCHER, "the launcher's answer is broken: unknown frame %u", frame.type);
        }
        release_frame(&frame);
    }
    return so_far;
}

/*
 * Phase: the user, no capability, the caller's namespaces; open are 0, 1, 2. Next: start a launcher and do what
 * it says. Until there is an app, signals act on nexus as on any program, and the launcher dies with it.
 */
static _Noreturn void run_alone(char *const arguments[], const struct caller_signals *caller)
{
    struct launcher launcher;
    start_launcher(&launcher);
    send_request(launcher.socket, REQUEST_LAUNCH, arguments, environ);
    expect_launcher(&launcher);
    if (obey(launcher.socket, caller) == ANSWER_AGAIN)
        die(EXIT_LAUNCHER, "the launcher's answer is broken: it is no agent and asks to be asked again");
    lose_launcher(&launcher);
}

/*
 * Phase: as above. Next: ask the agent, and start one if need be. An agent that ends before it has said anything has
 * started nothing: it was killed, or idle for too long, or an upgrade came, and another one can be asked the same.
 */
static _Noreturn void run_by_agent(const struct place *place, char *const arguments[],
                                   const struct caller_signals *caller)
{
    for (int tries = 0; tries < AGENT_TRIES; tries++) {
        bool started;
        OWNED_FD connection = ensure_agent(place, default_idle_exit, &started);
        if (connection < 0)
            continue;
        /* After newgrp(1), say. The app would find itself in a group without a number. */
        if (!knows_group(connection)) {
            close(give(&connection));
            run_alone(arguments, caller);
        }
        send_request(connection, REQUEST_LAUNCH, arguments, environ);
        if (obey(connection, caller) == ANSWER_PART)
            die(EXIT_LAUNCHER, "the agent ended in the middle of its answer; run it again");
    }
    lose_agent();
}

/* Options of run that take the next word as their value. RunOptions.java has them, too. */
static const char *const valued[] = {"--verify", "--on-taint"};

static bool takes_value(const char *option)
{
    for (size_t i = 0; i < sizeof valued / sizeof valued[0]; i++) {
        if (strcmp(option, valued[i]) == 0)
            return true;
    }
    return false;
}

/* Only the words before the app are ours: it may have a --no-agent, too. */
static bool wants_no_agent(char *const arguments[])
{
    for (char *const *word = arguments; *word != NULL && (*word)[0] == '-'; word++) {
        if (strcmp(*word, "--no-agent") == 0)
            return true;
        if (strcmp(*word, "--") == 0 || (takes_value(*word) && *++word == NULL))
            return false;
    }
    return false;
}

void run(char *const arguments[])
{
    struct caller_signals caller;
    struct place place;
    record_signals(&caller);
    if (wants_no_agent(arguments) || find_place(&place) != NULL)
        run_alone(arguments, &caller);
    run_by_agent(&place, arguments, &caller);
}
