/*
 * Somebody of the same user who changes a program while it is being started, as often as possible:
 *
 *   swap rename   FILE GOOD BAD    renames a copy of one, then of the other, over FILE
 *   swap exchange FILE GOOD BAD    exchanges FILE with a copy of BAD and back (RENAME_EXCHANGE)
 *   swap write    FILE GOOD BAD    writes the bytes of one, then of the other, into FILE, times put back
 *   swap map      FILE GOOD BAD    the same through a shared mapping
 *
 * Until SIGTERM; then it leaves the good one and says how often it has changed something.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static volatile sig_atomic_t ended;

static void end(int signal)
{
    (void)signal;
    ended = 1;
}

struct bytes {
    char *data;
    size_t size;
};

static struct bytes load(const char *path)
{
    struct stat stat;
    int fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &stat) != 0)
        exit(3);
    struct bytes bytes = {.data = malloc((size_t)stat.st_size), .size = (size_t)stat.st_size};
    if (bytes.data == NULL || read(fd, bytes.data, bytes.size) != stat.st_size)
        exit(3);
    close(fd);
    return bytes;
}

static void copy(const char *path, struct bytes bytes)
{
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0755);
    const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
    if (fd < 0 || write(fd, bytes.data, bytes.size) != (ssize_t)bytes.size)
        exit(4);
    fchmod(fd, 0555);
    futimens(fd, times);
    close(fd);
}

/* A lease lets an open for writing wait; without waiting it fails, and is tried again. */
static int change(const char *file, struct bytes bytes, int mapped)
{
    struct stat stat;
    chmod(file, 0755);
    int fd = open(file, O_RDWR | O_NONBLOCK);
    if (fd < 0)
        return 0;
    if (fstat(fd, &stat) != 0 || stat.st_size != (off_t)bytes.size) {
        close(fd);
        return 0;
    }
    if (mapped) {
        char *map = mmap(NULL, bytes.size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (map != MAP_FAILED) {
            memcpy(map, bytes.data, bytes.size);
            munmap(map, bytes.size);
        }
    } else if (pwrite(fd, bytes.data, bytes.size, 0) < 0) {
        close(fd);
        return 0;
    }
    const struct timespec times[2] = {stat.st_atim, stat.st_mtim};
    fchmod(fd, 0555);
    futimens(fd, times);
    close(fd);
    return 1;
}

int main(int argc, char *argv[])
{
    if (argc != 5)
        return 2;
    const char *how = argv[1], *file = argv[2];
    char spare[4096];
    struct bytes good = load(argv[3]), bad = load(argv[4]);
    snprintf(spare, sizeof spare, "swap.%d", (int)getpid());
    signal(SIGTERM, end);
    long changes = 0, failures = 0;
    for (int turn = 0; !ended; turn++) {
        struct bytes next = turn % 2 == 0 ? bad : good;
        int done;
        if (strcmp(how, "rename") == 0) {
            copy(spare, next);
            done = rename(spare, file) == 0;
        } else if (strcmp(how, "exchange") == 0) {
            if (turn == 0)
                copy(spare, bad);
            done = renameat2(AT_FDCWD, spare, AT_FDCWD, file, RENAME_EXCHANGE) == 0;
        } else {
            done = change(file, next, strcmp(how, "map") == 0);
        }
        changes += done;
        failures += !done;
        /* Sometimes long enough for a whole launch, sometimes none at all. */
        if (turn % 128 == 0)
            usleep((useconds_t)(rand() % 400) * 1000);
        else if (turn % 4 == 0)
            usleep((useconds_t)(rand() % 2000));
    }
    copy(spare, good);
    rename(spare, file);
    printf("%ld %ld\n", changes, failures);
    return 0;
}
