#ifndef NEXUS_PROTOCOL_H
#define NEXUS_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The client's end of docs/formats/launch-protocol.md. */

enum frame_type {
    FRAME_STDOUT = 1,
    FRAME_STDERR = 2,
    FRAME_EXIT = 3,
    FRAME_EXEC = 4,
    FRAME_AGAIN = 5,
};

enum request_kind {
    REQUEST_LAUNCH = 1,
    REQUEST_STATUS = 2,
    REQUEST_STOP = 3,
};

enum { PLAN_DESCRIPTORS = 4 };

/* Owns its body, a mapping of its own, so that nothing of it stays resident afterwards, and descriptors. */
struct frame {
    uint32_t type;
    uint32_t length;
    char *body;
    size_t descriptor_count;
    int descriptors[PLAN_DESCRIPTORS];
};

/* What to start, and as what. The strings are the frame's. */
struct plan {
    int namespaces;
    char *path;
    char **arguments;
    char **environment;
    char **directories;
    char **pointers; /* one mapping that the three lists above lie in */
    size_t pointers_size;
    int user_namespace;
    int mount_namespace;
    int executable;
    int checkout;
};

/* Sends the request; a launcher that is gone is noticed when it does not answer. */
void send_request(int socket, enum request_kind kind, char *const arguments[], char *const environment[]);

/* Reads the next frame, false at the end of the stream. Exits if what comes is not a frame. */
bool receive_frame(int socket, struct frame *frame);

void release_frame(struct frame *frame);

/* The body of an AGAIN frame, which is none. */
void parse_again(const struct frame *frame);

/* The body of an EXIT frame. */
int parse_exit(const struct frame *frame);

/* The body of an EXEC frame; takes over its descriptors and points into its body. */
void parse_plan(struct frame *frame, struct plan *plan);

void release_plan(struct plan *plan);

#endif
