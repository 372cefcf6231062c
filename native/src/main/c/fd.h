#ifndef NEXUS_FD_H
#define NEXUS_FD_H

#include <stddef.h>
#include <unistd.h>

/* A close error is ignored: the descriptor is gone either way, and a retry could close another one. */
static inline void close_owned(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

/* An int that owns a descriptor, or -1, and closes it at the end of its block. */
#define OWNED_FD __attribute__((cleanup(close_owned))) int

/* Gives the descriptor away: the caller's variable no longer owns it. */
static inline int give(int *fd)
{
    int given = *fd;
    *fd = -1;
    return given;
}

/* Puts a placeholder on each of 0, 1, 2 that the caller closed, and closes everything above. */
void settle_descriptors(void);

/* Closes everything that this process has. */
void close_everything(void);

/* Closes everything but one descriptor. */
void close_everything_but(int kept);

/* Replaces the placeholders by /dev/null, for a program that would else get its own files there. */
int replace_placeholders(int null);

/* Writes all of it to a descriptor of the caller's, whatever becomes of the reader. */
void write_through(int fd, const char *data, size_t size);

#endif
