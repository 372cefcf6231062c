/*
 * What a hostile app tries, and what came of it: a line `NAME: OK` or `NAME: ERRNO` for each attempt. The numbers
 * A01 and so on are those of the design's list of attacks. The same program run outside of a sandbox shows that an
 * attempt that fails inside is one that could succeed.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/fs.h>
#include <linux/keyctl.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

/* Not in sys/mount.h together with linux/mount.h. */
int mount(const char *, const char *, const char *, unsigned long, const void *);
int umount2(const char *, int);

static void say(const char *name, long result)
{
    printf("%s: %s\n", name, result >= 0 ? "OK" : strerrorname_np(errno));
    fflush(stdout);
}

/* Says how opening went, and closes again. */
static void say_open(const char *name, int fd)
{
    say(name, fd);
    if (fd >= 0)
        close(fd);
}

static const char *beside(const char *file, const char *name)
{
    static char path[4][8192];
    static int next;
    char copy[4096];
    snprintf(copy, sizeof copy, "%s", file);
    char *result = path[next++ % 4];
    snprintf(result, sizeof path[0], "%s/%s", dirname(copy), name);
    return result;
}

/* A02, A03: through descriptors that were got honestly. */
static void through_descriptors(const char *file)
{
    char link[64];
    int reading = open(file, O_RDONLY);
    int path = open(file, O_PATH);
    if (reading < 0 || path < 0)
        exit(3);
    snprintf(link, sizeof link, "/proc/self/fd/%d", reading);
    say("fchmod", fchmod(reading, 0777));
    say("chmod through /proc/self/fd", chmod(link, 0777));
    say_open("write through /proc/self/fd", open(link, O_WRONLY));
    say_open("read and write through /proc/self/fd", open(link, O_RDWR));
    say("truncate through /proc/self/fd", truncate(link, 0));
    snprintf(link, sizeof link, "/proc/self/fd/%d", path);
    say("chmod through O_PATH", chmod(link, 0777));
    say_open("write through O_PATH", open(link, O_WRONLY));
    say("link O_PATH out", linkat(AT_FDCWD, link, AT_FDCWD, "linked-out", AT_SYMLINK_FOLLOW));
    unlink("linked-out");
    void *map = mmap(NULL, 1, PROT_READ, MAP_SHARED, reading, 0);
    say("mprotect a shared map", map == MAP_FAILED ? -1 : mprotect(map, 1, PROT_READ | PROT_WRITE));
    say("map shared and writable",
        mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, reading, 0) == MAP_FAILED ? -1 : 0);
    int memory = open("/proc/self/mem", O_RDWR);
    if (map != MAP_FAILED && memory >= 0)
        say("write a shared map through /proc/self/mem", pwrite(memory, "X", 1, (off_t)(long)map));
    say("fsetxattr", fsetxattr(reading, "user.x", "x", 1, 0));
    say("futimens", futimens(reading, NULL));
    long flags = FS_NODUMP_FL;
    say("ioctl FS_IOC_SETFLAGS", ioctl(reading, FS_IOC_SETFLAGS, &flags));
}

/* A01. What would make the next attempt impossible comes last. */
static void store(const char *file)
{
    through_descriptors(file);
    say("chmod", chmod(file, 0777));
    say("chown", chown(file, getuid(), getgid()));
    say_open("open O_WRONLY", open(file, O_WRONLY));
    say_open("open O_RDWR", open(file, O_RDWR));
    say_open("open O_APPEND", open(file, O_WRONLY | O_APPEND));
    say("utimensat", utimensat(AT_FDCWD, file, NULL, 0));
    say("setxattr", setxattr(file, "user.x", "x", 1, 0));
    say("link out", link(file, "linked-out"));
    say("link in", link("attack-own", beside(file, "linked-in")));
    say("symlink in", symlink("x", beside(file, "symlink-in")));
    say_open("create", open(beside(file, "created"), O_WRONLY | O_CREAT, 0600));
    say_open("O_TMPFILE", open(beside(file, "."), O_WRONLY | O_TMPFILE, 0600));
    say("mkdir", mkdir(beside(file, "directory-in"), 0700));
    say("mkfifo", mkfifo(beside(file, "fifo-in"), 0700));
    say("chmod the folder", chmod(beside(file, "."), 0755));
    say("rename in", rename("attack-own", beside(file, "renamed-in")));
    say("rename within", rename(file, beside(file, "renamed-within")));
    rename(beside(file, "renamed-within"), file);
    say("truncate", truncate(file, 0));
    say_open("open O_TRUNC", open(file, O_WRONLY | O_TRUNC));
    say("rename over", rename("attack-own2", file));
    say("rename away", rename(file, "renamed-away"));
    say("unlink", unlink(access(file, F_OK) == 0 ? file : "renamed-away"));
}

static int mount_setattr_writable(int fd, const char *path)
{
    struct mount_attr attributes = {.attr_clr = MOUNT_ATTR_RDONLY};
    return (int)syscall(SYS_mount_setattr, fd, path, AT_RECURSIVE | (fd >= 0 ? AT_EMPTY_PATH : 0), &attributes,
                        sizeof attributes);
}

static int writes(const char *file)
{
    chmod(file, 0644);
    int fd = open(file, O_WRONLY);
    if (fd >= 0)
        close(fd);
    return fd;
}

/* A05, A06: changing what is mounted. */
static void mounts(const char *prefix, const char *cas, const char *file)
{
    char name[256];
#define SAY(what, result)                              \
    do {                                               \
        long r = (result);                             \
        int e = errno;                                 \
        snprintf(name, sizeof name, "%s%s", prefix, what); \
        errno = e;                                     \
        say(name, r);                                  \
    } while (0)
    SAY("remount", mount(NULL, cas, NULL, MS_REMOUNT | MS_BIND, NULL));
    SAY("write after remount", writes(file));
    SAY("mount_setattr", mount_setattr_writable(-1, cas));
    SAY("write after mount_setattr", writes(file));
    mkdir("copy", 0700);
    SAY("bind", mount(cas, "copy", NULL, MS_BIND | MS_REC, NULL));
    SAY("remount the bind", mount(NULL, "copy", NULL, MS_REMOUNT | MS_BIND, NULL));
    const char *below = strstr(file, "/cas/");
    char copied[4096];
    snprintf(copied, sizeof copied, "copy/%s", below == NULL ? "" : below + 5);
    SAY("write through the bind", writes(copied));
    int tree = (int)syscall(SYS_open_tree, AT_FDCWD, cas, OPEN_TREE_CLONE | AT_RECURSIVE);
    SAY("open_tree", tree);
    SAY("mount_setattr the tree", tree < 0 ? tree : mount_setattr_writable(tree, ""));
    if (tree >= 0) {
        int fd = openat(tree, below + 5, O_RDONLY);
        SAY("chmod through the tree", fd < 0 ? fd : fchmod(fd, 0644));
    }
    mkdir("under", 0700);
    SAY("bind what is around", mount(beside(cas, "."), "under", NULL, MS_BIND, NULL));
    snprintf(copied, sizeof copied, "under/cas/%s", below == NULL ? "" : below + 5);
    SAY("write what is under the mount", writes(copied));
    mkdir("work", 0700);
    mkdir("merged", 0700);
    char options[8192];
    snprintf(options, sizeof options, "lowerdir=under,upperdir=%s,workdir=work", cas);
    SAY("overlay", mount("overlay", "merged", "overlay", 0, options));
    SAY("umount", umount2(cas, 2 /* MNT_DETACH */));
    SAY("write after umount", writes(file));
#undef SAY
}

static int put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY);
    if (fd < 0)
        return -1;
    ssize_t written = write(fd, text, strlen(text));
    close(fd);
    return written < 0 ? -1 : 0;
}

static void nested(const char *cas, const char *file)
{
    char line[64];
    uid_t uid = getuid();
    gid_t gid = getgid();
    int entered = unshare(CLONE_NEWUSER);
    say("nested user namespace", entered);
    if (entered != 0)
        return;
    put("/proc/self/setgroups", "deny");
    snprintf(line, sizeof line, "0 %u 1", uid);
    say("nested uid_map", put("/proc/self/uid_map", line));
    snprintf(line, sizeof line, "0 %u 1", gid);
    put("/proc/self/gid_map", line);
    say("nested mount namespace", unshare(CLONE_NEWNS));
    mounts("nested ", cas, file);
}

static int process_count(void)
{
    DIR *processes = opendir("/proc");
    struct dirent *entry;
    int count = 0;
    while (processes != NULL && (entry = readdir(processes)) != NULL)
        count += atoi(entry->d_name) > 0;
    return count;
}

/* A09, A42: the processes of the launcher in the sandbox. */
static void processes(void)
{
    const char *const names[] = {"exe", "mem", "environ", "maps", "auxv", "syscall", "stack", NULL};
    char path[64], link[4096];
    for (int i = 0; names[i] != NULL; i++) {
        char name[64];
        snprintf(path, sizeof path, "/proc/1/%s", names[i]);
        snprintf(name, sizeof name, "open /proc/1/%s", names[i]);
        int fd = open(path, O_RDONLY);
        say(name, fd < 0 ? fd : read(fd, link, 1));
        if (fd >= 0)
            close(fd);
    }
    say("chmod /proc/1/exe", chmod("/proc/1/exe", 0700));
    say_open("write /proc/1/exe", open("/proc/1/exe", O_WRONLY | O_APPEND));
    say("read /proc/1/root", readlink("/proc/1/root", link, sizeof link));
    say("read /proc/1/cwd", readlink("/proc/1/cwd", link, sizeof link));
    say_open("open /proc/1/root/", open("/proc/1/root/", O_RDONLY));
    DIR *fds = opendir("/proc/1/fd");
    struct dirent *entry;
    int found = -1;
    errno = fds == NULL ? errno : ENOENT;
    while (fds != NULL && (entry = readdir(fds)) != NULL) {
        if (entry->d_name[0] != '.')
            found = 0;
    }
    say("find a descriptor in /proc/1/fd", found);
    say("ptrace 1", ptrace(PTRACE_ATTACH, 1, 0, 0));
    struct iovec own = {.iov_base = link, .iov_len = 1}, other = {.iov_base = (void *)4096, .iov_len = 1};
    say("process_vm_readv 1", process_vm_readv(1, &own, 1, &other, 1, 0));
    int pidfd = (int)syscall(SYS_pidfd_open, 1, 0);
    say("pidfd_getfd 1", pidfd < 0 ? pidfd : syscall(SYS_pidfd_getfd, pidfd, 0, 0));
    /* Should the sandbox fail us, this is the machine's. */
    if (process_count() < 10) {
        kill(1, SIGKILL);
        kill(1, SIGTERM);
        say("after killing 1", 0);
    }
}

/* A07: the program itself, through a descriptor that outlives it as a program. */
static void self(char *argv[])
{
    int fd = open("/proc/self/exe", O_RDONLY);
    char number[16], buffer[65536];
    snprintf(number, sizeof number, "%d", fd);
    int copy = open("attack-copy", O_WRONLY | O_CREAT | O_TRUNC, 0700);
    ssize_t count;
    while ((count = read(fd, buffer, sizeof buffer)) > 0) {
        if (write(copy, buffer, (size_t)count) != count)
            exit(3);
    }
    close(copy);
    say("chmod /proc/self/exe", chmod("/proc/self/exe", 0755));
    execl("attack-copy", argv[0], "descriptor", number, NULL);
    exit(3);
}

static void descriptor(const char *number)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%s", number);
    say("fchmod the program", fchmod(atoi(number), 0755));
    say("chmod the program", chmod(link, 0755));
    say_open("write the program", open(link, O_WRONLY));
    say("truncate the program", truncate(link, 0));
}

static void status(void)
{
    char line[256];
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        char *tab = strchr(line, '\t');
        if (tab != NULL && (strncmp(line, "Cap", 3) == 0 || strncmp(line, "NoNewPrivs", 10) == 0))
            printf("%.*s %s", (int)(tab - line), line, tab + 1);
    }
    printf("processes: %d\n", process_count());
}

/* Every switch of the kernel that could be written; none is. */
static void switches(const char *folder)
{
    char path[4096];
    DIR *list = opendir(folder);
    struct dirent *entry;
    while (list != NULL && (entry = readdir(list)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_type == DT_DIR)
            switches(path);
        else if (access(path, W_OK) == 0) {
            int fd = open(path, O_WRONLY);
            if (fd >= 0) {
                printf("writable: %s\n", path);
                close(fd);
            }
        }
    }
    if (list != NULL)
        closedir(list);
}

/* From `top` down, which is the test's own: what lies above belongs to everybody on this machine, and root could
 * really rename it. */
static void ancestors(const char *top, char *path)
{
    char name[4096], other[4200];
    if (strncmp(path, top, strlen(top)) != 0)
        exit(3);
    for (char *slash = strchr(path + strlen(top), '/');; slash = strchr(slash + 1, '/')) {
        size_t length = slash == NULL ? strlen(path) : (size_t)(slash - path);
        snprintf(name, sizeof name, "%.*s", (int)length, path);
        snprintf(other, sizeof other, "%s.moved", name);
        int result = rename(name, other);
        if (result == 0 && rename(other, name) != 0)
            exit(3);
        char what[4200];
        snprintf(what, sizeof what, "rename %s", name);
        say(what, result);
        if (slash == NULL)
            return;
    }
}

static long keyctl(int operation, long a, long b, long c, long d)
{
    return syscall(SYS_keyctl, operation, a, b, c, d);
}

int main(int argc, char *argv[])
{
    if (argc < 2)
        return 2;
    const char *mode = argv[1];
    close(open("attack-own", O_WRONLY | O_CREAT, 0600));
    close(open("attack-own2", O_WRONLY | O_CREAT, 0600));
    if (strcmp(mode, "store") == 0) {
        store(argv[2]);
    } else if (strcmp(mode, "mounts") == 0) {
        mounts("", argv[2], argv[3]);
        nested(argv[2], argv[3]);
    } else if (strcmp(mode, "processes") == 0) {
        processes();
    } else if (strcmp(mode, "self") == 0) {
        self(argv);
    } else if (strcmp(mode, "descriptor") == 0) {
        descriptor(argv[2]);
    } else if (strcmp(mode, "status") == 0) {
        status();
    } else if (strcmp(mode, "switches") == 0) {
        switches("/proc/sys");
        say_open("sysrq", open("/proc/sysrq-trigger", O_WRONLY));
    } else if (strcmp(mode, "ancestors") == 0) {
        ancestors(argv[2], argv[3]);
    } else if (strcmp(mode, "add-key") == 0) {
        keyctl(KEYCTL_JOIN_SESSION_KEYRING, 0, 0, 0, 0);
        if (syscall(SYS_add_key, "user", "nexus-test", "secret", 6, KEY_SPEC_SESSION_KEYRING) < 0)
            return 4;
        execv(argv[2], argv + 2);
        return 3;
    } else if (strcmp(mode, "find-key") == 0) {
        say("find key", keyctl(KEYCTL_SEARCH, KEY_SPEC_SESSION_KEYRING, (long)"user", (long)"nexus-test", 0));
    } else {
        return 2;
    }
    return 0;
}
