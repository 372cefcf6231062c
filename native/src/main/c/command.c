#include "command.h"

#include "agent.h"
#include "die.h"
#include "fd.h"
#include "java.h"
#include "place.h"
#include "protocol.h"
#include "signals.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

enum verb { VERB_NONE, VERB_START, VERB_STOP, VERB_STATUS, VERB_RESTART };

struct command {
    enum verb verb;
    bool json;
    const char *idle_exit;
};

/* --- the words ------------------------------------------------------------------------------------------- */

static _Noreturn void reject(const char *what, const char *word)
{
    die(EXIT_USAGE, "%s%s; see nexus agent --help", what, word);
}

static enum verb verb_of(const char *word)
{
    static const char *const verbs[] = {
        [VERB_START] = "start",
        [VERB_STOP] = "stop",
        [VERB_STATUS] = "status",
        [VERB_RESTART] = "restart",
    };
    for (enum verb verb = VERB_START; verb <= VERB_RESTART; verb++) {
        if (strcmp(word, verbs[verb]) == 0)
            return verb;
    }
    reject("unknown argument: ", word);
}

/* Digits, and so few that they fit whatever Java counts in. */
static const char *check_seconds(const char *word)
{
    enum { MOST_DIGITS = 9 };
    const size_t length = word == NULL ? 0 : strlen(word);
    if (length == 0 || length > MOST_DIGITS || strspn(word, "0123456789") != length)
        reject("--idle-exit wants a number of seconds, not ", word == NULL ? "nothing" : word);
    return word;
}

/* The text is Java's, as are those of the other commands. */
static void show_help_if_asked(char *const arguments[])
{
    static char agent[] = "agent", help[] = "--help";
    char *const words[] = {agent, help, NULL};
    for (; *arguments != NULL; arguments++) {
        if (strcmp(*arguments, "--help") == 0 || strcmp(*arguments, "-h") == 0)
            become_java(words);
    }
}

static void parse_words(struct command *command, char *const arguments[])
{
    static const char idle_exit[] = "--idle-exit";
    const size_t length = strlen(idle_exit);
    for (char *const *word = arguments; *word != NULL; word++) {
        if (strcmp(*word, "--json") == 0) {
            command->json = true;
        } else if (strcmp(*word, idle_exit) == 0) {
            command->idle_exit = check_seconds(*++word);
        } else if (strncmp(*word, idle_exit, length) == 0 && (*word)[length] == '=') {
            command->idle_exit = check_seconds(*word + length + 1);
        } else if (command->verb == VERB_NONE) {
            command->verb = verb_of(*word);
        } else {
            reject("unknown argument: ", *word);
        }
    }
    if (command->verb == VERB_NONE)
        reject("agent: start, stop, status or restart it", "");
    if (command->json && command->verb != VERB_STATUS)
        reject("--json goes with status", "");
    if (command->idle_exit != NULL && command->verb != VERB_START && command->verb != VERB_RESTART)
        reject("--idle-exit goes with start and restart", "");
}

/* --- the conversation ------------------------------------------------------------------------------------ */

static void say(const char *line)
{
    write_through(STDOUT_FILENO, line, strlen(line));
}

enum { NO_ANSWER = -1 };

/* Answers the status that the agent ends its answer with. */
static int hear(int connection, bool show)
{
    struct frame frame;
    int status = NO_ANSWER;
    /* To the end of the stream: an agent that was stopped lets go of its socket before it lets go of us. */
    while (receive_frame(connection, &frame)) {
        if (frame.type == FRAME_EXIT)
            status = parse_exit(&frame);
        else if (frame.type == FRAME_STDERR)
            write_through(STDERR_FILENO, frame.body, frame.length);
        else if (frame.type == FRAME_STDOUT && show)
            write_through(STDOUT_FILENO, frame.body, frame.length);
        else if (frame.type != FRAME_STDOUT && frame.type != FRAME_AGAIN)
            die(EXIT_LAUNCHER, "the agent's answer is broken: unknown frame %u", frame.type);
        release_frame(&frame);
    }
    return status;
}

static int ask(int connection, enum request_kind kind, char *const arguments[], bool show)
{
    char *const nothing[] = {NULL};
    send_request(connection, kind, arguments, nothing);
    return hear(connection, show);
}

/* --- the commands ---------------------------------------------------------------------------------------- */

/* It is there when it has answered: a JVM that cannot start takes a moment to find out. */
static int start(const struct place *place, const char *idle_exit)
{
    char *const nothing[] = {NULL};
    for (int tries = 0; tries < AGENT_TRIES; tries++) {
        bool started;
        OWNED_FD connection =
            ensure_agent(place, idle_exit != NULL ? idle_exit : default_idle_exit, &started);
        if (connection < 0 || ask(connection, REQUEST_STATUS, nothing, false) != 0)
            continue;
        if (!started && idle_exit != NULL)
            say("the agent was running already, and keeps its --idle-exit\n");
        else
            say(started ? "the agent is running\n" : "the agent was running already\n");
        return 0;
    }
    lose_agent();
}

/* Asks the agent if there is one; NO_ANSWER if there is none. One that ends just now is asked again, or found gone. */
static int ask_running(const struct place *place, enum request_kind kind, char *const arguments[])
{
    for (int tries = 0; tries < AGENT_TRIES; tries++) {
        OWNED_FD connection = connect_agent(place);
        if (connection < 0)
            return NO_ANSWER;
        const int status = ask(connection, kind, arguments, true);
        if (status != NO_ANSWER)
            return status;
    }
    lose_agent();
}

static int stop(const struct place *place)
{
    char *const nothing[] = {NULL};
    const int status = ask_running(place, REQUEST_STOP, nothing);
    if (status <= 0)
        say(status == 0 ? "the agent has been stopped\n" : "no agent is running\n");
    return status == NO_ANSWER ? 0 : status;
}

static int restart(const struct place *place, const char *idle_exit)
{
    const int status = stop(place);
    return status != 0 ? status : start(place, idle_exit);
}

static int show_status(const struct place *place, bool json)
{
    static char option[] = "--json";
    char *const arguments[] = {json ? option : NULL, NULL};
    const int status = ask_running(place, REQUEST_STATUS, arguments);
    if (status == NO_ANSWER)
        say(json ? "{\"running\":false}\n" : "no agent is running\n");
    return status == NO_ANSWER ? EXIT_NOT_DONE : status;
}

/*
 * Phase: the user, no capability, the caller's namespaces; open are 0, 1, 2. Next: a word with the agent.
 */
void command_agent(char *const arguments[])
{
    struct caller_signals caller;
    struct command command = {.verb = VERB_NONE};
    struct place place;
    show_help_if_asked(arguments);
    parse_words(&command, arguments);
    record_signals(&caller);
    const char *none = find_place(&place);
    if (none != NULL)
        die(EXIT_LAUNCHER, "there can be no agent: %s", none);
    switch (command.verb) {
    case VERB_START:
        _exit(start(&place, command.idle_exit));
    case VERB_STOP:
        _exit(stop(&place));
    case VERB_RESTART:
        _exit(restart(&place, command.idle_exit));
    default:
        _exit(show_status(&place, command.json));
    }
}
