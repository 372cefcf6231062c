#include "java.h"

#include "fd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the launcher may see of the caller's environment. An allow-list, because a JVM obeys variables that
 * nobody thinks of (JAVA_TOOL_OPTIONS, JDK_JAVA_OPTIONS, LD_*), and the launcher decides what is trusted. A
 * name that ends in * stands for all that begin so. */
static const char *const visible[] = {
    "HOME",        "PATH",       "TERM",     "COLUMNS",     "TZ",          "USER",
    "LOGNAME",     "XDG_*",      "NEXUS_*",  "http_proxy",  "https_proxy", "no_proxy",
    "all_proxy",   "HTTP_PROXY", "NO_PROXY", "HTTPS_PROXY", "ALL_PROXY",   "SSL_CERT_FILE",
    "SSL_CERT_DIR", "TMPDIR",
};

/* Without it the JVM cannot name a file with a byte above 127 (it decodes names by the locale). */
static char utf8_locale[] = "LC_ALL=C.UTF-8";

static void *allocate(size_t size)
{
    void *memory = malloc(size);
    if (memory == NULL)
        die_errno(EXIT_LAUNCHER, "cannot start the launcher: malloc(%zu)", size);
    return memory;
}

static char *join(const char *start, const char *middle, const char *end)
{
    size_t lengths[] = {strlen(start), strlen(middle), strlen(end)};
    char *joined = allocate(lengths[0] + lengths[1] + lengths[2] + 1);
    memcpy(joined, start, lengths[0]);
    memcpy(joined + lengths[0], middle, lengths[1]);
    memcpy(joined + lengths[0] + lengths[1], end, lengths[2] + 1);
    return joined;
}

/* Where nexus is installed: two levels above its own file, whatever link or PATH entry led to it. */
static void find_prefix(char prefix[PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", prefix, PATH_MAX - 1);
    if (length < 0)
        die_errno(EXIT_LAUNCHER, "cannot find its own folder (is /proc mounted?): readlink(/proc/self/exe)");
    prefix[length] = '\0';
    for (int levels = 0; levels < 2; levels++) {
        char *slash = strrchr(prefix, '/');
        if (slash == NULL)
            die(EXIT_LAUNCHER, "cannot find its own folder: /proc/self/exe is not PREFIX/bin/nexus");
        *slash = '\0';
    }
}

static _Bool is_visible(const char *variable)
{
    for (size_t i = 0; i < sizeof visible / sizeof visible[0]; i++) {
        size_t length = strlen(visible[i]);
        if (visible[i][length - 1] == '*') {
            if (strncmp(variable, visible[i], length - 1) == 0)
                return 1;
        } else if (strncmp(variable, visible[i], length) == 0 && variable[length] == '=') {
            return 1;
        }
    }
    return 0;
}

static size_t count(char *const strings[])
{
    size_t n = 0;
    while (strings[n] != NULL)
        n++;
    return n;
}

static char **visible_environment(void)
{
    char **environment = allocate((count(environ) + 2) * sizeof *environment);
    size_t used = 0;
    environment[used++] = utf8_locale;
    for (char **variable = environ; *variable != NULL; variable++) {
        if (is_visible(*variable))
            environment[used++] = *variable;
    }
    environment[used] = NULL;
    return environment;
}

/* Java cannot ask whether standard error is a terminal, nor how wide it is. NULL if it is none. */
static char *terminal_property(void)
{
    char columns[16];
    struct winsize size = {0};
    if (!isatty(STDERR_FILENO))
        return NULL;
    ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
    snprintf(columns, sizeof columns, "%u", size.ws_col);
    return join("-Dnexus.terminal.columns=", columns, "");
}

/* DEV:INO:MTIME_NS:SIZE of the jar: an upgrade changes one of them, whatever way the file was replaced. */
void read_build(char build[BUILD_SIZE])
{
    const unsigned long long nanoseconds = 1000000000;
    char prefix[PATH_MAX];
    struct stat jar;
    find_prefix(prefix);
    char *path = join(prefix, "/lib/nexus.jar", "");
    if (stat(path, &jar) != 0)
        die_errno(EXIT_LAUNCHER, "cannot start the launcher: stat(%s)", path);
    free(path);
    snprintf(build, BUILD_SIZE, "%llu:%llu:%llu:%llu", (unsigned long long)jar.st_dev,
             (unsigned long long)jar.st_ino,
             (unsigned long long)jar.st_mtim.tv_sec * nanoseconds + (unsigned long long)jar.st_mtim.tv_nsec,
             (unsigned long long)jar.st_size);
}

void java_command(struct java *java, enum java_role role, char *const arguments[])
{
    enum { OWN_ARGUMENTS = 11 };
    static char class_path[] = "-cp", main_class[] = "nexus.cli.Main";
    char prefix[PATH_MAX], build[BUILD_SIZE];
    find_prefix(prefix);
    /* A cache holds what one kind of run needs: launches are what everybody waits for. */
    char *cache = join(prefix, role == JAVA_COMMAND ? "/lib/command.aot" : "/lib/launch.aot", "");
    char *agent = join("@", prefix, "/lib/agent.args");
    java->program = join(prefix, "/runtime/bin/java", "");
    java->arguments = allocate((count(arguments) + OWN_ARGUMENTS) * sizeof *java->arguments);
    java->environment = visible_environment();
    size_t used = 0;
    java->arguments[used++] = java->program;
    java->arguments[used++] = join("@", prefix, "/lib/jvm.args");
    /* After the others', so that what one resident JVM needs to be different counts. */
    if (role == JAVA_AGENT && access(agent + 1, R_OK) == 0)
        java->arguments[used++] = agent;
    /* The JVM warns of a cache that is not there, and there is none in a build that was never trained. */
    if (access(cache, R_OK) == 0)
        java->arguments[used++] = join("-XX:AOTCache=", cache, "");
    free(cache);
    java->arguments[used++] = join("-Djna.boot.library.path=", prefix, "/lib");
    if (role != JAVA_COMMAND) {
        read_build(build);
        java->arguments[used++] = join("-Dnexus.build=", build, "");
    }
    /* An agent speaks to no terminal but those of its clients, and they say how wide they are. */
    char *terminal = role == JAVA_AGENT ? NULL : terminal_property();
    if (terminal != NULL)
        java->arguments[used++] = terminal;
    java->arguments[used++] = class_path;
    java->arguments[used++] = join(prefix, "/lib/nexus.jar", "");
    java->arguments[used++] = main_class;
    for (size_t i = 0; arguments[i] != NULL; i++)
        java->arguments[used++] = arguments[i];
    java->arguments[used] = NULL;
}

/* Its words come through the socket: it neither reads the user's input nor writes to the user's output. Standard
 * error stays for what a crashing JVM has to say, but not to an agent, which outlives whoever would read it. */
enum step arrange_descriptors(enum java_role role, int socket)
{
    enum { JAVA_SOCKET = 3 };
    OWNED_FD null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || replace_placeholders(null) != 0 || dup2(null, STDIN_FILENO) < 0 ||
        dup2(null, STDOUT_FILENO) < 0 || (role == JAVA_AGENT && dup2(null, STDERR_FILENO) < 0))
        return STEP_LAUNCHER_DESCRIPTORS;
    /* Where it is already there is nothing to duplicate, and it must not close on exec. */
    if (socket == JAVA_SOCKET ? fcntl(socket, F_SETFD, 0) != 0 : dup2(socket, JAVA_SOCKET) < 0)
        return STEP_LAUNCHER_DESCRIPTORS;
    return STEP_NONE;
}

/* The JVM does not start in a directory that was removed. Not in another one either, where a relative path would
 * lead to something else. */
static void require_directory(void)
{
    char directory[PATH_MAX];
    if (getcwd(directory, sizeof directory) == NULL && errno == ENOENT)
        die(EXIT_FAILURE, "the working directory was removed; go to another one and try again");
}

void become_java(char *const arguments[])
{
    require_directory();
    struct java java;
    java_command(&java, JAVA_COMMAND, arguments);
    OWNED_FD null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || replace_placeholders(null) != 0)
        die_errno(EXIT_LAUNCHER, "cannot replace closed standard descriptors: open(/dev/null)");
    execve(java.program, java.arguments, java.environment);
    die_errno(EXIT_LAUNCHER, "cannot start %s: execve", java.program);
}
