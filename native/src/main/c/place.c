#include "place.h"

#include "die.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* 64-bit FNV-1a: it has to tell the few homes of one user apart, not to withstand anybody. */
static const uint64_t hash_of_nothing = UINT64_C(0xcbf29ce484222325);

static uint64_t add_to_hash(uint64_t hash, const char *text)
{
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash;
}

static const char *absolute(const char *variable)
{
    const char *value = getenv(variable);
    return value != NULL && value[0] == '/' ? value : NULL;
}

/* By the bytes that name it, not by what they lead to: a home that is not there yet has a name, too. */
static bool name_home(const char **start, const char **end)
{
    const char *given = getenv("NEXUS_HOME");
    const char *data = absolute("XDG_DATA_HOME");
    if (given != NULL && given[0] != '\0') {
        *start = given;
        *end = "";
        /* A relative one is an error, which the launcher explains. */
        return given[0] == '/';
    }
    *start = data != NULL ? data : absolute("HOME");
    *end = data != NULL ? "/nexus" : "/.local/share/nexus";
    return *start != NULL;
}

static _Noreturn void refuse(const char *folder, const char *why)
{
    die(EXIT_LAUNCHER,
        "cannot use %s, where the agent's socket is to be: %s; remove it, or set XDG_RUNTIME_DIR to a folder that is "
        "yours alone, or run with --no-agent",
        folder, why);
}

/* Whoever can write there can be the agent, and whoever could read there sees what is started. */
static void check_folder(const char *folder, const struct stat *found)
{
    if (S_ISLNK(found->st_mode))
        refuse(folder, "it is a symbolic link");
    if (!S_ISDIR(found->st_mode))
        refuse(folder, "it is not a directory");
    if (found->st_uid != geteuid())
        refuse(folder, "it belongs to another user");
    if ((found->st_mode & (S_IRWXG | S_IRWXO)) != 0)
        refuse(folder, "others than its owner have permissions on it");
}

static int make_folder(const char *folder)
{
    /* The caller's umask is the app's, and might leave us nothing. */
    const mode_t umask_of_caller = umask(S_IRWXG | S_IRWXO);
    const int result = mkdir(folder, S_IRWXU);
    const int error = errno;
    umask(umask_of_caller);
    errno = error;
    return result;
}

/* False if there is nowhere to make it. */
static bool use_folder(const char *folder)
{
    struct stat found;
    if (lstat(folder, &found) == 0) {
        check_folder(folder, &found);
        return true;
    }
    /* EEXIST: another client was quicker. */
    if (errno == ENOENT && (make_folder(folder) == 0 || errno == EEXIST) && lstat(folder, &found) == 0) {
        check_folder(folder, &found);
        return true;
    }
    if (errno != ENOENT && errno != ENOTDIR)
        die_errno(EXIT_LAUNCHER,
                  "cannot use %s, where the agent's socket is to be (set XDG_RUNTIME_DIR to a folder that is yours "
                  "alone, or run with --no-agent): mkdir(0700)",
                  folder);
    return false;
}

static bool fits(char *to, size_t room, const char *format, ...) __attribute__((format(printf, 3, 4)));

static bool fits(char *to, size_t room, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(to, room, format, arguments);
    va_end(arguments);
    return length >= 0 && (size_t)length < room;
}

const char *find_place(struct place *place)
{
    const char *const too_long = "the path of its socket is too long";
    char folder[sizeof place->address.sun_path];
    const char *runtime = absolute("XDG_RUNTIME_DIR");
    const char *start, *end;
    if (!name_home(&start, &end))
        return "neither NEXUS_HOME nor XDG_DATA_HOME nor HOME names a folder by an absolute path";
    if (runtime != NULL && !fits(folder, sizeof folder, "%s/nexus", runtime))
        return too_long;
    if (runtime == NULL || !use_folder(folder)) {
        fits(folder, sizeof folder, "/tmp/nexus-%u", geteuid());
        if (!use_folder(folder))
            return "/tmp does not exist";
    }
    const unsigned long long home = add_to_hash(add_to_hash(hash_of_nothing, start), end);
    place->address.sun_family = AF_UNIX;
    if (!fits(place->address.sun_path, sizeof place->address.sun_path, "%s/agent-%016llx.socket", folder,
              home) ||
        !fits(place->lock, sizeof place->lock, "%s/agent-%016llx.lock", folder, home))
        return too_long;
    return NULL;
}
