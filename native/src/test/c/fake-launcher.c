/*
 * Stands in for the JVM in client-test.sh: takes the request from descriptor 3 and answers as the first
 * argument after `run` and its options says. What it builds is the smallest thing that the client can enter.
 * As an agent it does so for every connection, each in a child, until it is told to stop, or its socket is gone.
 *
 *     exec PATH ARGUMENT...   EXEC; ARGUMENT... is the whole argument vector
 *     plan NAMESPACES PATH    the same with these CLONE_NEW* bits
 *     exit STATUS             EXIT
 *     say OUT ERR             STDOUT and STDERR, then EXIT 0
 *     request                 STDOUT: the request, one line per item; then EXIT 0
 *     self                    STDOUT: what the launcher itself was given; then EXIT 0
 *     end STATUS, kill SIGNAL end without an answer
 *     hang                    a word, and no answer
 *     linger PATH ARGUMENT... EXEC, then stay for a moment
 *     bare             EXEC, into a root that has nothing, not even a /proc for the kernel to compare with
 *     changed PATH            EXEC, with the lease already broken
 *     broken KIND             an answer that is none
 *     part                    STDOUT, then the end
 *     again FILE STATUS       AGAIN if the file is not there, and makes it; else EXIT
 *     die FILE STATUS         the same, but the agent is killed without an answer
 *     always-again            AGAIN
 *
 * Variables of the agent: NEXUS_FAKE_LOG is a file that gets a line for each agent that starts, NEXUS_FAKE_START is
 * `end` or `slow`.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

enum { SOCKET = 3, STDOUT = 1, STDERR = 2, EXIT = 3, EXEC = 4, AGAIN = 5 };

enum { LAUNCH = 1, STATUS = 2, STOP = 3 };

static const uint32_t all_namespaces =
    CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_NEWNET;

static char body[1 << 20];
static size_t used;

/* What this process was started with. */
static char self[1 << 18];
static char build[256];

/* The agent that this process serves one connection of; 0 in the other kind of launcher. */
static pid_t agent;
static struct sockaddr_un place;
static ino_t place_inode;

static void check(int result, const char *what)
{
    if (result < 0) {
        fprintf(stderr, "fake-launcher: %s: %s\n", what, strerror(errno));
        exit(70);
    }
}

static void put_number(uint32_t number)
{
    number = htonl(number);
    memcpy(body + used, &number, sizeof number);
    used += sizeof number;
}

static void put_string(const char *string)
{
    put_number((uint32_t)strlen(string));
    strcpy(body + used, string);
    used += strlen(string) + 1;
}

static void put_strings(char *const *strings)
{
    uint32_t count = 0;
    while (strings[count] != NULL)
        count++;
    put_number(count);
    for (uint32_t i = 0; i < count; i++)
        put_string(strings[i]);
}

static void send_frame(uint32_t type, uint32_t length, const int *descriptors, size_t count)
{
    static char frame[sizeof body + 8];
    uint32_t header[] = {htonl(type), htonl(length)};
    memcpy(frame, header, sizeof header);
    memcpy(frame + sizeof header, body, used);
    char control[CMSG_SPACE(8 * sizeof(int))] = {0};
    struct iovec part = {.iov_base = frame, .iov_len = sizeof header + used};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (count > 0) {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(count * sizeof(int));
        memcpy(CMSG_DATA(rights), descriptors, count * sizeof(int));
    }
    check((int)sendmsg(SOCKET, &message, MSG_NOSIGNAL), "sendmsg");
    used = 0;
}

static void send_exit(uint32_t status)
{
    put_number(status);
    send_frame(EXIT, (uint32_t)used, NULL, 0);
}

static void send_text(uint32_t type, const char *text)
{
    used = strlen(text);
    memcpy(body, text, used);
    send_frame(type, (uint32_t)used, NULL, 0);
}

/* The whole host tree in a mount namespace of the launcher's; /proc on top of it, as the real one does. */
static void build_root(bool bare)
{
    check(unshare(CLONE_NEWNS), "unshare");
    check(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL), "mount slave");
    if (bare) {
        check(mount("tmpfs", "/tmp", "tmpfs", 0, NULL), "mount tmpfs");
        check(mkdir("/tmp/proc", 0755), "mkdir");
    } else {
        check(mount("/", "/tmp", NULL, MS_BIND | MS_REC, NULL), "mount root");
        check(mount("/proc", "/tmp/proc", NULL, MS_BIND | MS_REC, NULL), "mount proc");
    }
    check(chdir("/tmp"), "chdir");
    check((int)syscall(SYS_pivot_root, ".", "."), "pivot_root");
    check(umount2(".", MNT_DETACH), "umount2");
    /* Not chdir: a test has the third one of a process fail, and that is the app's. */
    int root = open("/", O_PATH);
    check(fchdir(root), "fchdir");
    close(root);
}

struct request {
    char *data;
    char *cwd;
    char *arguments[1024];
    char *environment[1024];
    char *build;
    uint32_t kind, flags, columns;
};

static uint32_t take_number(char **from)
{
    uint32_t number;
    memcpy(&number, *from, sizeof number);
    *from += sizeof number;
    return ntohl(number);
}

static char *take_string(char **from)
{
    uint32_t length = take_number(from);
    char *string = *from;
    *from += length + 1;
    return string;
}

static void take_strings(char **from, char **strings)
{
    uint32_t count = take_number(from);
    for (uint32_t i = 0; i < count && i < 1023; i++)
        strings[i] = take_string(from);
}

static void receive(void *data, size_t size)
{
    for (size_t got = 0; got < size;) {
        ssize_t count = read(SOCKET, (char *)data + got, size - got);
        check(count > 0 ? 0 : -1, "read");
        got += (size_t)count;
    }
}

static void read_request(struct request *request)
{
    uint32_t header[3];
    receive(header, sizeof header);
    if (ntohl(header[0]) != 0x4e585251 || ntohl(header[1]) != 2)
        check(-1, "not a request");
    char *next = request->data = malloc(ntohl(header[2]));
    receive(next, ntohl(header[2]));
    request->kind = take_number(&next);
    request->build = take_string(&next);
    request->flags = take_number(&next);
    request->columns = take_number(&next);
    request->cwd = take_string(&next);
    take_strings(&next, request->arguments);
    take_strings(&next, request->environment);
    if (next != request->data + ntohl(header[2]))
        check(-1, "request too long");
}

/* A file of root's takes no lease of ours, and a missing one none at all: a private copy's does as well here. */
static int open_leased(const char *path, int processes)
{
    int file = open(path, O_RDONLY);
    if (file >= 0 && fcntl(file, F_SETLEASE, F_RDLCK) == 0)
        return file;
    char link[64];
    int copy = memfd_create("copy", 0);
    snprintf(link, sizeof link, "self/fd/%d", copy);
    file = openat(processes, link, O_RDONLY);
    close(copy);
    check(fcntl(file, F_SETLEASE, F_RDLCK), "F_SETLEASE");
    return file;
}

static void send_plan(uint32_t namespaces, const char *path, char *const *arguments, char *const *environment,
                      const char *cwd, void (*spoil)(const char *path))
{
    char *directories[] = {"/nowhere", (char *)cwd, "/usr", NULL};
    int processes = open("/proc", O_PATH);
    int checkout = open("/", O_RDONLY | O_DIRECTORY);
    build_root(path == NULL);
    path = path == NULL ? "/nothing" : path;
    int descriptors[] = {
        openat(processes, "self/ns/user", O_RDONLY),
        openat(processes, "thread-self/ns/mnt", O_RDONLY),
        open_leased(path, processes),
        checkout,
    };
    if (spoil != NULL)
        spoil(path);
    put_number(namespaces);
    put_string(path);
    put_strings(arguments);
    put_strings(environment);
    put_strings(directories);
    send_frame(EXEC, (uint32_t)used, descriptors, 4);
}

static void break_lease(const char *path)
{
    /* The lease's own holder gets EAGAIN rather than a wait. */
    signal(SIGIO, SIG_IGN);
    if (open(path, O_WRONLY | O_NONBLOCK) >= 0 || errno != EWOULDBLOCK)
        check(-1, "the lease did not hold");
}

static void send_request_back(const struct request *request)
{
    used = (size_t)sprintf(body, "flags %u\ncolumns %u\ncwd %s\n", request->flags, request->columns, request->cwd);
    for (char *const *argument = request->arguments; *argument != NULL; argument++)
        used += (size_t)sprintf(body + used, "argument %s\n", *argument);
    for (char *const *variable = request->environment; *variable != NULL; variable++)
        used += (size_t)sprintf(body + used, "variable %s\n", *variable);
    send_frame(STDOUT, (uint32_t)used, NULL, 0);
}

/* Before anything else is opened or changed. */
static void record_self(char *argv[])
{
    char *output = self, line[4096];
    for (; *argv != NULL; argv++) {
        output += sprintf(output, "argument %s\n", *argv);
        if (strncmp(*argv, "-Dnexus.build=", 14) == 0)
            strcpy(build, *argv + 14);
    }
    for (char **variable = environ; *variable != NULL; variable++)
        output += sprintf(output, "variable %s\n", *variable);
    for (int fd = 0; fd < 256; fd++) {
        char link[64], target[4096];
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t length = readlink(link, target, sizeof target - 1);
        if (length > 0)
            output += sprintf(output, "descriptor %d %.*s\n", fd, (int)length, target);
    }
    output += sprintf(output, "cwd %s\n", getcwd(line, sizeof line));
    output += sprintf(output, "session %d\nparent %d\n", getsid(0), getppid());
    output += sprintf(output, "terminal %s\n", open("/dev/tty", O_RDWR | O_CLOEXEC) < 0 ? "none" : "one");
    output += sprintf(output, "nice %d\n", getpriority(PRIO_PROCESS, 0));
    const char *const files[] = {"/proc/self/status", "/proc/self/limits"};
    for (int i = 0; i < 2; i++) {
        FILE *file = fopen(files[i], "r");
        while (file != NULL && fgets(line, sizeof line, file) != NULL)
            output += sprintf(output, "%s", line);
        if (file != NULL)
            fclose(file);
    }
}

/* For ever in a launcher of its own: that is to be killed. */
static void wait_for_client(void)
{
    struct pollfd connection = {.fd = SOCKET};
    if (agent == 0)
        pause();
    poll(&connection, 1, -1);
}

static void send_strings_frame(uint32_t namespaces, const char *path)
{
    char *none[] = {NULL}, *one[] = {"true", NULL};
    put_number(namespaces);
    put_string(path);
    put_strings(one);
    put_strings(none);
    put_strings(none);
}

static void send_broken(const char *kind)
{
    const int standard[] = {0, 0, 0, 0, 0};
    if (strcmp(kind, "header") == 0) {
        check((int)send(SOCKET, "\0\0\0", 3, 0), "send");
    } else if (strcmp(kind, "short") == 0) {
        put_number(0);
        send_frame(EXIT, 400, NULL, 0);
        exit(0);
    } else if (strcmp(kind, "long") == 0) {
        send_frame(STDOUT, 0x7fffffff, NULL, 0);
    } else if (strcmp(kind, "type") == 0) {
        send_frame(77, 0, NULL, 0);
    } else if (strcmp(kind, "status") == 0) {
        send_exit(256);
    } else if (strcmp(kind, "status-size") == 0) {
        put_number(0);
        send_exit(0);
    } else if (strcmp(kind, "no-status") == 0) {
        send_frame(EXIT, 0, NULL, 0);
    } else if (strncmp(kind, "descriptors-", 12) == 0) {
        send_strings_frame(all_namespaces, "/usr/bin/true");
        send_frame(EXEC, (uint32_t)used, standard, (size_t)(kind[12] - '0'));
    } else if (strcmp(kind, "stray-descriptor") == 0) {
        send_frame(STDOUT, 0, standard, 1);
    } else if (strcmp(kind, "late-descriptors") == 0) {
        put_number(0);
        uint32_t header[] = {htonl(EXEC), htonl(4)};
        check((int)send(SOCKET, header, sizeof header, 0), "send");
        send_frame(EXEC, 4, standard, 4);
    } else if (strcmp(kind, "user-namespace") == 0) {
        send_strings_frame(all_namespaces | CLONE_NEWUSER, "/usr/bin/true");
        send_frame(EXEC, (uint32_t)used, standard, 4);
    } else if (strcmp(kind, "no-pid-namespace") == 0) {
        send_strings_frame(CLONE_NEWNET, "/usr/bin/true");
        send_frame(EXEC, (uint32_t)used, standard, 4);
    } else if (strcmp(kind, "relative-path") == 0) {
        send_strings_frame(all_namespaces, "usr/bin/true");
        send_frame(EXEC, (uint32_t)used, standard, 4);
    } else if (strcmp(kind, "no-arguments") == 0) {
        put_number(all_namespaces);
        put_string("/usr/bin/true");
        for (int i = 0; i < 3; i++)
            put_number(0);
        send_frame(EXEC, (uint32_t)used, standard, 4);
    } else if (strcmp(kind, "count") == 0) {
        put_number(all_namespaces);
        put_string("/usr/bin/true");
        put_number(0xffffffff);
        send_frame(EXEC, (uint32_t)used, standard, 4);
    } else if (strcmp(kind, "string-length") == 0) {
        put_number(all_namespaces);
        put_number(0xffffffff);
        put_number(0);
        send_frame(EXEC, (uint32_t)used, standard, 4);
    } else if (strcmp(kind, "string-end") == 0) {
        put_number(all_namespaces);
        put_number(3);
        memcpy(body + used, "/bin", 4);
        used += 4;
        send_frame(EXEC, (uint32_t)used, standard, 4);
    } else if (strcmp(kind, "nul-inside") == 0) {
        put_number(all_namespaces);
        put_number(3);
        memcpy(body + used, "/\0b", 4);
        used += 4;
        send_frame(EXEC, (uint32_t)used, standard, 4);
    } else if (strcmp(kind, "trailing") == 0) {
        send_strings_frame(all_namespaces, "/usr/bin/true");
        put_number(0);
        send_frame(EXEC, (uint32_t)used, standard, 4);
    } else if (strcmp(kind, "not-namespaces") == 0) {
        send_strings_frame(all_namespaces, "/usr/bin/true");
        send_frame(EXEC, (uint32_t)used, standard, 4);
    } else {
        check(-1, "unknown kind");
    }
    /* The client must not wait for more, and if that says to it that we ended, not for our end either. */
    shutdown(SOCKET, SHUT_WR);
    wait_for_client();
}

/* As the real one: what comes from now on finds nobody, and starts another. The caller's answer is our last. */
static void kill_agent(void)
{
    int handle = (int)syscall(SYS_pidfd_open, agent, 0);
    struct pollfd ended = {.fd = handle, .events = POLLIN};
    kill(agent, SIGKILL);
    poll(&ended, 1, -1);
}

static void give_way(void)
{
    char path[sizeof place.sun_path + 8];
    struct stat found;
    snprintf(path, sizeof path, "%.*s.lock", (int)(strlen(place.sun_path) - strlen(".socket")), place.sun_path);
    int lock = open(path, O_RDWR | O_CLOEXEC);
    check(lock, path);
    check(flock(lock, LOCK_EX), "flock");
    if (stat(place.sun_path, &found) == 0 && found.st_ino == place_inode)
        unlink(place.sun_path);
    kill_agent();
    close(lock);
}

static bool is_first(const char *file)
{
    int made = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    close(made);
    return made >= 0;
}

static void serve_launch(struct request *request)
{
    char **argument = request->arguments;
    for (; strncmp(*argument, "--", 2) == 0; argument++) {
        if (strcmp(*argument, "--verify") == 0 || strcmp(*argument, "--on-taint") == 0)
            argument++;
    }
    const char *mode = argument[0];
    if (strcmp(mode, "exec") == 0 || strcmp(mode, "linger") == 0) {
        send_plan(all_namespaces, argument[1], argument + 2, request->environment, request->cwd, NULL);
        usleep(strcmp(mode, "linger") == 0 ? 300000 : 0);
    } else if (strcmp(mode, "plan") == 0) {
        send_plan((uint32_t)strtoul(argument[1], NULL, 0), argument[2], argument + 3, request->environment,
                  request->cwd, NULL);
    } else if (strcmp(mode, "bare") == 0) {
        send_plan(all_namespaces, NULL, argument, argument, "/", NULL);
    } else if (strcmp(mode, "changed") == 0) {
        send_plan(all_namespaces, argument[1], argument + 1, request->environment, request->cwd, break_lease);
    } else if (strcmp(mode, "exit") == 0) {
        send_exit((uint32_t)atoi(argument[1]));
    } else if (strcmp(mode, "say") == 0) {
        send_text(STDOUT, argument[1]);
        send_text(STDERR, argument[2]);
        send_exit(0);
    } else if (strcmp(mode, "request") == 0) {
        send_request_back(request);
        send_exit(0);
    } else if (strcmp(mode, "self") == 0) {
        send_text(STDOUT, self);
        send_exit(0);
    } else if (strcmp(mode, "end") == 0) {
        exit(atoi(argument[1]));
    } else if (strcmp(mode, "kill") == 0) {
        kill(getpid(), atoi(argument[1]));
    } else if (strcmp(mode, "hang") == 0) {
        send_text(STDERR, "hanging\n");
        wait_for_client();
    } else if (strcmp(mode, "broken") == 0) {
        send_broken(argument[1]);
    } else if (strcmp(mode, "part") == 0) {
        send_text(STDOUT, "part of it\n");
    } else if (strcmp(mode, "always-again") == 0 || (strcmp(mode, "again") == 0 && is_first(argument[1]))) {
        if (agent != 0)
            give_way();
        send_frame(AGAIN, 0, NULL, 0);
    } else if (strcmp(mode, "die") == 0 && is_first(argument[1])) {
        kill_agent();
    } else if (strcmp(mode, "again") == 0 || strcmp(mode, "die") == 0) {
        send_exit((uint32_t)atoi(argument[2]));
    }
}

/* --- the agent --------------------------------------------------------------------------------------------------- */

static void serve_connection(int connection)
{
    static struct request request;
    check(dup2(connection, SOCKET), "dup2");
    close(connection);
    read_request(&request);
    if (request.kind == STATUS) {
        used = (size_t)sprintf(body, request.arguments[0] != NULL ? "{\"pid\":%d}\n" : "pid %d\n", agent);
        send_frame(STDOUT, (uint32_t)used, NULL, 0);
        send_exit(0);
    } else if (request.kind == STOP) {
        give_way();
        send_exit(0);
    } else if (strcmp(request.build, build) != 0) {
        give_way();
        send_frame(AGAIN, 0, NULL, 0);
    } else {
        serve_launch(&request);
    }
}

static void log_start(void)
{
    const char *log = getenv("NEXUS_FAKE_LOG");
    int file = log == NULL ? -1 : open(log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (file >= 0)
        dprintf(file, "%d\n", agent);
    close(file);
}

static int be_agent(void)
{
    const char *start = getenv("NEXUS_FAKE_START");
    struct pollfd listener = {.fd = SOCKET, .events = POLLIN};
    struct stat found;
    socklen_t size = sizeof place;
    agent = getpid();
    check(getsockname(SOCKET, (struct sockaddr *)&place, &size), "getsockname");
    place_inode = stat(place.sun_path, &found) == 0 ? found.st_ino : 0;
    signal(SIGCHLD, SIG_IGN);
    log_start();
    if (start != NULL && strcmp(start, "end") == 0)
        return 1;
    usleep(start != NULL && strcmp(start, "slow") == 0 ? 500000 : 0);
    /* The installation is removed after the tests, and its agents go with it. */
    while (stat(place.sun_path, &found) == 0 && found.st_ino == place_inode) {
        if (poll(&listener, 1, 500) != 1)
            continue;
        int connection = accept4(SOCKET, NULL, NULL, SOCK_CLOEXEC);
        if (connection >= 0 && fork() == 0) {
            serve_connection(connection);
            return 0;
        }
        close(connection);
    }
    return 0;
}

int main(int argc, char *argv[])
{
    static struct request request;
    const char *role = "";
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], "nexus.cli.Main") == 0)
            role = argv[i + 1];
    }
    record_self(argv);
    if (strcmp(role, "agent") == 0 && strncmp(argv[argc - 1], "--idle-exit=", 12) == 0)
        return be_agent();
    if (strcmp(role, "launch") == 0) {
        read_request(&request);
        serve_launch(&request);
        return 0;
    }
    for (int i = 1; i < argc; i++)
        puts(argv[i]);
    return 9;
}
