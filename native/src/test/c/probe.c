/*
 * What client-test.sh starts inside and around the sandbox:
 *
 *     state            prints what a program inherits
 *     odd COMMAND...   executes COMMAND with unusual signals, limits, niceness and umask
 *     plain COMMAND... executes COMMAND with nothing ignored or blocked
 *     alarm COMMAND... executes COMMAND with a timer that runs out in half a second
 *     outcome COMMAND... prints how COMMAND ends
 *     duplicate COMMAND... executes COMMAND with a variable that is there twice
 *     death-signal COMMAND...  executes COMMAND so that it gets SIGTERM when its parent dies
 *     editor           handles Ctrl-Z as full-screen editors do
 *     queued           waits for a queued signal and prints its value
 *     queue PID        sends one
 *     raise SIGNAL     dies by the signal
 *     keyring          prints the number of the session keyring
 *     attack           tries to get at pid 1
 *     open             exits with a bit for each of the first seven descriptors that is open
 *     impostor PATH UID  listens at the path as another user, and prints how much comes
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void print_lines(const char *path, const char *const prefixes[])
{
    char line[4096];
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        for (const char *const *prefix = prefixes; *prefix != NULL; prefix++) {
            if (strncmp(line, *prefix, strlen(*prefix)) == 0)
                fputs(line, stdout);
        }
    }
    if (file != NULL)
        fclose(file);
}

static int print_state(char *argv[])
{
    const char *const status[] = {"Umask", "SigBlk", "SigIgn", "SigCgt", "SigPnd", "ShdPnd", NULL};
    const char *const limits[] = {"Max ", NULL};
    char directory[4096] = "";
    print_lines("/proc/self/status", status);
    print_lines("/proc/self/limits", limits);
    printf("nice %d\n", getpriority(PRIO_PROCESS, 0));
    printf("cwd %s\n", getcwd(directory, sizeof directory) != NULL ? directory : "none");
    for (int fd = 0; fd < 724; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            printf("descriptor %d %d\n", fd, fcntl(fd, F_GETFL));
    }
    for (; *argv != NULL; argv++)
        printf("argument %s\n", *argv);
    for (char **variable = environ; *variable != NULL; variable++)
        printf("variable %s\n", *variable);
    return 0;
}

static void raw_ignore(int number)
{
    const struct {
        void (*handler)(int);
        unsigned long rest[4];
    } action = {.handler = SIG_IGN};
    syscall(SYS_rt_sigaction, number, &action, NULL, 8);
}

static int execute_plainly(char *command[])
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    return execvp(command[0], command);
}

static int execute_oddly(char *command[])
{
    const uint64_t blocked = UINT64_C(1) << (SIGUSR2 - 1) | UINT64_C(1) << 31 | UINT64_C(1) << 40;
    const int ignored[] = {SIGCHLD, SIGHUP, SIGPIPE, SIGALRM, 33, 45};
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
        raw_ignore(ignored[i]);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &blocked, NULL, 8);
    struct rlimit limit = {.rlim_cur = 100, .rlim_max = 200};
    setrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_max = 4096;
    setrlimit(RLIMIT_CORE, &limit);
    umask(027);
    setpriority(PRIO_PROCESS, 0, 5);
    execvp(command[0], command);
    return 1;
}

static volatile sig_atomic_t stop_asked;

static void ask_stop(int number)
{
    (void)number;
    stop_asked = 1;
}

/* As vi does it: tidy the screen, stop the whole process group, go on. */
static int edit(void)
{
    struct sigaction action = {.sa_handler = ask_stop};
    sigaction(SIGTSTP, &action, NULL);
    puts("editing");
    for (int stops = 0; stops < 2; stops++) {
        while (!stop_asked)
            usleep(1000);
        puts("tidied");
        fflush(stdout);
        signal(SIGTSTP, SIG_DFL);
        kill(0, SIGTSTP);
        stop_asked = 0;
        sigaction(SIGTSTP, &action, NULL);
        puts("restored");
        fflush(stdout);
    }
    return 0;
}

static int wait_queued(void)
{
    sigset_t set;
    siginfo_t info;
    sigemptyset(&set);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    puts("ready");
    fflush(stdout);
    sigwaitinfo(&set, &info);
    printf("value %d\n", info.si_value.sival_int);
    return 0;
}

static void try(const char *what, int result)
{
    printf("%s %s\n", what, result < 0 ? strerrorname_np(errno) : "possible");
}

static int attack(void)
{
    char byte = 0;
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    try("readlink-exe", (int)readlink("/proc/1/exe", &byte, 1));
    try("chmod-exe", chmod("/proc/1/exe", 0777));
    try("write-exe", open("/proc/1/exe", O_WRONLY | O_APPEND));
    try("root", open("/proc/1/root", O_RDONLY));
    try("cwd", open("/proc/1/cwd", O_RDONLY));
    try("mem", open("/proc/1/mem", O_RDWR));
    try("environ", (int)read(open("/proc/1/environ", O_RDONLY), &byte, 1));
    try("maps", (int)read(open("/proc/1/maps", O_RDONLY), &byte, 1));
    try("ptrace", (int)ptrace(PTRACE_SEIZE, 1, NULL, NULL));
    try("process_vm_readv", (int)process_vm_readv(1, &part, 1, &part, 1, 0));
    int handle = (int)syscall(SYS_pidfd_open, 1, 0);
    try("pidfd_getfd", (int)syscall(SYS_pidfd_getfd, handle, 0, 0));
    try("setns", (int)syscall(SYS_setns, open("/proc/1/ns/user", O_RDONLY), 0));
    for (int number = 1; number <= 64; number++)
        kill(1, number);
    for (int number = 34; number <= 64; number++)
        sigqueue(1, number, (union sigval){.sival_int = 1});
    usleep(50000);
    try("signals", kill(1, 0));
    return 0;
}

/* Whose a listening socket is, is decided by who calls listen. */
static int pose_as_agent(const char *path, uid_t user)
{
    char data[64];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    unlink(path);
    int listener = socket(AF_UNIX, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || setuid(user) != 0 ||
        listen(listener, 5) != 0)
        return 1;
    puts("ready");
    fflush(stdout);
    printf("bytes %d\n", (int)read(accept(listener, NULL, NULL), data, sizeof data));
    return 0;
}

static int print_outcome(char *command[])
{
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        execvp(command[0], command);
        _exit(127);
    }
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status))
        printf("signal %d%s\n", WTERMSIG(status), WCOREDUMP(status) ? " and a core" : "");
    else
        printf("exit %d\n", WEXITSTATUS(status));
    return 0;
}

int main(int argc, char *argv[])
{
    const char *mode = argc > 1 ? argv[1] : "";
    if (strcmp(mode, "state") == 0)
        return print_state(argv);
    if (strcmp(mode, "odd") == 0)
        return execute_oddly(argv + 2);
    if (strcmp(mode, "plain") == 0)
        return execute_plainly(argv + 2);
    if (strcmp(mode, "alarm") == 0) {
        ualarm(500000, 0);
        return execvp(argv[2], argv + 2);
    }
    if (strcmp(mode, "outcome") == 0)
        return print_outcome(argv + 2);
    if (strcmp(mode, "duplicate") == 0) {
        char *const variables[] = {"A=1", "LD_PRELOAD=", "A=2", NULL};
        return execve(argv[2], argv + 2, variables);
    }
    if (strcmp(mode, "death-signal") == 0) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        return execvp(argv[2], argv + 2);
    }
    if (strcmp(mode, "editor") == 0)
        return edit();
    if (strcmp(mode, "queued") == 0)
        return wait_queued();
    if (strcmp(mode, "queue") == 0)
        return sigqueue(atoi(argv[2]), SIGRTMIN, (union sigval){.sival_int = 1234}) != 0;
    if (strcmp(mode, "raise") == 0) {
        raise(atoi(argv[2]));
        return 0;
    }
    if (strcmp(mode, "keyring") == 0)
        return printf("%ld\n", syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0)) < 0;
    if (strcmp(mode, "attack") == 0)
        return attack();
    if (strcmp(mode, "impostor") == 0)
        return pose_as_agent(argv[2], (uid_t)atoi(argv[3]));
    if (strcmp(mode, "open") == 0) {
        int bits = 0;
        for (int fd = 0; fd < 7; fd++)
            bits |= fcntl(fd, F_GETFD) < 0 ? 0 : 1 << fd;
        return bits;
    }
    return 64;
}
