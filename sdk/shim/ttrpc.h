/* ttrpc.h: the frames of ttrpc, which containerd and its shims speak over Unix sockets.
 *
 * A frame is a header of TTRPC_HEADER bytes, big-endian: the size of the message (u32), the stream (u32), the type (u8)
 * and flags (u8, which unary calls do without). A call is a request and a response on the same stream; those of clients
 * are odd. Responses may come in any order. Messages are those of ttrpc.proto. */
#ifndef SHIM_TTRPC_H
#define SHIM_TTRPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { TTRPC_HEADER = 10, TTRPC_MESSAGE_MAX = 4 << 20 };
enum ttrpc_type { TTRPC_REQUEST = 1, TTRPC_RESPONSE = 2 };

/* Those of gRPC that are used here. */
enum ttrpc_code {
    TTRPC_OK = 0,
    TTRPC_UNKNOWN = 2,
    TTRPC_INVALID_ARGUMENT = 3,
    TTRPC_NOT_FOUND = 5,
    TTRPC_ALREADY_EXISTS = 6,
    TTRPC_RESOURCE_EXHAUSTED = 8,
    TTRPC_FAILED_PRECONDITION = 9,
    TTRPC_UNIMPLEMENTED = 12,
    TTRPC_INTERNAL = 13,
};

struct ttrpc_frame {
    uint32_t stream;
    uint8_t type;
    const uint8_t *message; /* until the reader is used next; NULL if it was larger than TTRPC_MESSAGE_MAX */
    uint32_t size;
};

/* Frames out of a stream of bytes. Starts as {0}. Holds at most a message and what came in the same read. */
struct ttrpc_reader {
    struct buf bytes;
    size_t begin;     /* of what has not been handed out */
    uint32_t to_skip; /* of a message that is too large */
};

/* Takes bytes as they come; hands out what is whole by now; frees what is left. */
void ttrpc_reader_add(struct ttrpc_reader *reader, const void *bytes, size_t size);
bool ttrpc_reader_next(struct ttrpc_reader *reader, struct ttrpc_frame *frame); /* false: there is no whole one yet */
void ttrpc_reader_free(struct ttrpc_reader *reader);

/* Appends a frame without flags. */
void ttrpc_put_frame(struct buf *out, uint32_t stream, enum ttrpc_type type, const void *message, uint32_t size);

#endif
