#include "fd.h"

#include "die.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>

/* Kernels before 5.9, and container filters that do not know close_range, leave /proc to look at. */
static void close_listed_descriptors(void)
{
    DIR *list = opendir("/proc/self/fd");
    if (list == NULL)
        die_errno(EXIT_LAUNCHER, "cannot close inherited files: opendir(/proc/self/fd)");
    struct dirent *entry;
    while ((entry = readdir(list)) != NULL) {
        int fd = atoi(entry->d_name);
        if (fd > STDERR_FILENO && fd != dirfd(list))
            close(fd);
    }
    closedir(list);
}

/*
 * Phase: first thing in main, as the user, in the caller's namespaces, with whatever the caller left open.
 *
 * A file that we open must not become the app's standard input because that happened to be closed. The
 * placeholder is an O_PATH descriptor: reading and writing it fails with EBADF, as on a closed one, and
 * opening it needs neither /dev nor a readable directory. It closes on exec, so the app finds what the caller left.
 *
 * Everything above 2 goes at once: a directory descriptor would lead the app out of its mount namespace,
 * and the write end of somebody's pipe would be kept open by the monitor for as long as the app runs.
 */
void settle_descriptors(void)
{
    int fd;
    do {
        fd = open("/", O_PATH | O_CLOEXEC);
        if (fd < 0)
            die_errno(EXIT_LAUNCHER, "cannot reserve standard descriptors: open(/, O_PATH)");
    } while (fd <= STDERR_FILENO);
    close(fd);
    if (close_range(STDERR_FILENO + 1, ~0U, 0) != 0)
        close_listed_descriptors();
}

static void close_from_to(unsigned first, unsigned last)
{
    /* What nexus opens itself, after settle_descriptors, is far fewer than these. */
    enum { OWN_DESCRIPTORS = 64 };
    if (first > last || close_range(first, last, 0) == 0)
        return;
    for (unsigned fd = first; fd <= last && fd < OWN_DESCRIPTORS; fd++)
        close((int)fd);
}

void close_everything(void)
{
    close_from_to(0, ~0U);
}

void close_everything_but(int kept)
{
    if (kept > 0)
        close_from_to(0, (unsigned)kept - 1);
    close_from_to((unsigned)kept + 1, ~0U);
}

int replace_placeholders(int null)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        /* What came through our own execve cannot be close-on-exec: only placeholders are. */
        int flags = fcntl(fd, F_GETFD);
        if ((flags < 0 || (flags & FD_CLOEXEC) != 0) && dup2(null, fd) < 0)
            return -1;
    }
    return 0;
}

/* The reader may be gone, and the answer still counts: errors are nobody's. The description is the
 * caller's, who may have made it non-blocking. */
void write_through(int fd, const char *data, size_t size)
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
