#include "protocol.h"

#include "die.h"
#include "fd.h"
#include "java.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static const uint32_t request_magic = 0x4e585251;
static const uint32_t request_version = 2;
static const size_t max_request_bytes = 16 << 20;
static const uint32_t max_frame_bytes = 32 << 20;

enum { FLAG_STDERR_IS_TERMINAL = 1 };

/* CLONE_NEWTIME too would want its clocks set, and CLONE_NEWUSER would undo what the launcher prepared. */
static const int allowed_namespaces =
    CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP | CLONE_NEWNET;

static _Noreturn void broken(const char *what)
{
    die(EXIT_LAUNCHER, "the launcher's answer is broken: %s", what);
}

static void *map_memory(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        die_errno(EXIT_LAUNCHER, "out of memory: mmap(%zu bytes)", size);
    return memory;
}

/* --- request --------------------------------------------------------------------------------------------- */

static size_t string_size(const char *string)
{
    return sizeof(uint32_t) + strlen(string) + 1;
}

static size_t strings_size(char *const strings[])
{
    size_t size = sizeof(uint32_t);
    for (; *strings != NULL; strings++)
        size += string_size(*strings);
    return size;
}

static char *put_number(char *to, size_t number)
{
    uint32_t wire = htonl((uint32_t)number);
    return (char *)memcpy(to, &wire, sizeof wire) + sizeof wire;
}

static char *put_string(char *to, const char *string)
{
    size_t length = strlen(string);
    to = put_number(to, length);
    memcpy(to, string, length + 1);
    return to + length + 1;
}

static char *put_strings(char *to, char *const strings[])
{
    size_t count = 0;
    while (strings[count] != NULL)
        count++;
    to = put_number(to, count);
    for (size_t i = 0; i < count; i++)
        to = put_string(to, strings[i]);
    return to;
}

static void send_all(int socket, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(socket, data, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0)
            return;
        data += sent;
        size -= (size_t)sent;
    }
}

static uint32_t terminal_columns(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

void send_request(int socket, enum request_kind kind, char *const arguments[], char *const environment[])
{
    char directory[PATH_MAX], build[BUILD_SIZE];
    read_build(build);
    /* An answer that does not begin with a slash means "(unreachable)": outside of our root directory. */
    if (getcwd(directory, sizeof directory) == NULL || directory[0] != '/')
        directory[0] = '\0';
    const size_t header = 3 * sizeof(uint32_t);
    const size_t body = 3 * sizeof(uint32_t) + string_size(build) + string_size(directory) +
                        strings_size(arguments) + strings_size(environment);
    if (body > max_request_bytes)
        die(EXIT_LAUNCHER, "arguments and environment are too long: %zu bytes, at most %zu", body,
            max_request_bytes);
    char *request = map_memory(header + body);
    char *end = put_number(request, request_magic);
    end = put_number(end, request_version);
    end = put_number(end, body);
    end = put_number(end, kind);
    end = put_string(end, build);
    end = put_number(end, isatty(STDERR_FILENO) ? FLAG_STDERR_IS_TERMINAL : 0);
    end = put_number(end, terminal_columns());
    end = put_string(end, directory);
    end = put_strings(end, arguments);
    end = put_strings(end, environment);
    send_all(socket, request, (size_t)(end - request));
    munmap(request, header + body);
}

/* --- frames ---------------------------------------------------------------------------------------------- */

/* Room for one more descriptor than a plan has, so that a fourth is seen rather than cut off. */
union control {
    struct cmsghdr header;
    char room[CMSG_SPACE((PLAN_DESCRIPTORS + 1) * sizeof(int))];
};

static void take_descriptors(struct msghdr *message, struct frame *frame)
{
    if ((message->msg_flags & MSG_CTRUNC) != 0)
        broken("too many descriptors");
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
            broken("unknown control message");
        size_t bytes = part->cmsg_len - CMSG_LEN(0);
        if (frame->descriptor_count != 0 || bytes > sizeof frame->descriptors)
            broken("too many descriptors");
        memcpy(frame->descriptors, CMSG_DATA(part), bytes);
        frame->descriptor_count = bytes / sizeof(int);
    }
}

/* Answers how many bytes came before the end of the stream, `size` if all did. */
static size_t receive(int socket, char *data, size_t size, struct frame *frame)
{
    size_t received = 0;
    while (received < size) {
        union control control;
        struct iovec part = {.iov_base = data + received, .iov_len = size - received};
        struct msghdr message = {
            .msg_iov = &part,
            .msg_iovlen = 1,
            .msg_control = &control,
            .msg_controllen = sizeof control,
        };
        ssize_t count = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
        if (count < 0 && errno == EINTR)
            continue;
        /* ECONNRESET: the launcher died with part of the request unread. */
        if (count < 0 && errno != ECONNRESET)
            die_errno(EXIT_LAUNCHER, "cannot hear the launcher: recvmsg()");
        if (count <= 0)
            break;
        take_descriptors(&message, frame);
        received += (size_t)count;
    }
    return received;
}

static uint32_t number_at(const char *data)
{
    uint32_t wire;
    memcpy(&wire, data, sizeof wire);
    return ntohl(wire);
}

bool receive_frame(int socket, struct frame *frame)
{
    char header[2 * sizeof(uint32_t)];
    memset(frame, 0, sizeof *frame);
    if (receive(socket, header, sizeof header, frame) != sizeof header)
        return false;
    frame->type = number_at(header);
    frame->length = number_at(header + sizeof(uint32_t));
    if (frame->length > max_frame_bytes)
        broken("frame too long");
    if (frame->descriptor_count != (frame->type == FRAME_EXEC ? PLAN_DESCRIPTORS : 0))
        broken("wrong number of descriptors");
    if (frame->length == 0)
        return true;
    const size_t expected = frame->descriptor_count;
    frame->body = map_memory(frame->length);
    if (receive(socket, frame->body, frame->length, frame) != frame->length)
        return false;
    if (frame->descriptor_count != expected)
        broken("descriptors in the middle of a frame");
    return true;
}

void release_frame(struct frame *frame)
{
    if (frame->body != NULL)
        munmap(frame->body, frame->length);
    frame->body = NULL;
}

/* --- bodies ---------------------------------------------------------------------------------------------- */

/* What is left of a body. Each taking checks the length before it moves. */
struct reader {
    char *next;
    size_t left;
};

static uint32_t take_number(struct reader *reader)
{
    if (reader->left < sizeof(uint32_t))
        broken("number cut off");
    uint32_t number = number_at(reader->next);
    reader->next += sizeof(uint32_t);
    reader->left -= sizeof(uint32_t);
    return number;
}

static char *take_string(struct reader *reader)
{
    size_t length = take_number(reader);
    if (length >= reader->left)
        broken("string cut off");
    char *string = reader->next;
    if (memchr(string, '\0', length + 1) != string + length)
        broken("string with a wrong end");
    reader->next += length + 1;
    reader->left -= length + 1;
    return string;
}

static char **take_strings(struct reader *reader, char **pointers, const char *const *limit)
{
    uint32_t count = take_number(reader);
    if (count >= (size_t)(limit - (const char *const *)pointers))
        broken("list cut off");
    for (uint32_t i = 0; i < count; i++)
        pointers[i] = take_string(reader);
    pointers[count] = NULL;
    return pointers + count + 1;
}

void parse_again(const struct frame *frame)
{
    if (frame->length != 0)
        broken("more than expected");
}

int parse_exit(const struct frame *frame)
{
    struct reader reader = {.next = frame->body, .left = frame->length};
    uint32_t status = take_number(&reader);
    if (status > UCHAR_MAX || reader.left != 0)
        broken("not an exit status");
    return (int)status;
}

void parse_plan(struct frame *frame, struct plan *plan)
{
    enum { LISTS = 3, SHORTEST_STRING = 5 };
    struct reader reader = {.next = frame->body, .left = frame->length};
    uint32_t namespaces = take_number(&reader);
    /* Without a process namespace nothing would end the app's children with it. */
    if ((namespaces & ~(uint32_t)allowed_namespaces) != 0 || (namespaces & CLONE_NEWPID) == 0)
        broken("unexpected namespaces");
    plan->namespaces = (int)namespaces;
    plan->path = take_string(&reader);
    /* The lists cannot have more strings than the frame has room for. */
    const size_t pointers = frame->length / SHORTEST_STRING + LISTS;
    plan->pointers_size = pointers * sizeof *plan->pointers;
    plan->pointers = map_memory(plan->pointers_size);
    const char *const *limit = (const char *const *)plan->pointers + pointers;
    plan->arguments = plan->pointers;
    plan->environment = take_strings(&reader, plan->arguments, limit);
    plan->directories = take_strings(&reader, plan->environment, limit);
    take_strings(&reader, plan->directories, limit);
    if (reader.left != 0)
        broken("more than expected");
    if (plan->path[0] != '/' || plan->arguments[0] == NULL)
        broken("nothing to start");
    plan->user_namespace = frame->descriptors[0];
    plan->mount_namespace = frame->descriptors[1];
    plan->executable = frame->descriptors[2];
    plan->checkout = frame->descriptors[3];
}

void release_plan(struct plan *plan)
{
    munmap(plan->pointers, plan->pointers_size);
}
