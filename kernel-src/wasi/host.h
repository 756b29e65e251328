/* host.h: all that the WASI layer and the runtime ask of the system below them.
 *
 * Implemented twice, by hosts/mewz (the unikernel) and hosts/linux (system calls), with the same file names.
 * Addresses are native ones, already checked to lie in linear memory. Functions that can fail return a WASI errno
 * (wasi/types.h), 0 for success. */
#ifndef WASI_HOST_H
#define WASI_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mewz/abi.h>

/* --- program --- */

/* The strings of the boot configuration (mewz/config.h): `*bytes` holds `*count` strings, each with its zero, in
 * `*size` bytes. Never fails; what is absent is empty. They live for ever. */
void host_args(const char **bytes, uint32_t *count, uint32_t *size);
void host_environ(const char **bytes, uint32_t *count, uint32_t *size);

/* The value of the setting `name` (mewz/config.h), the one number `index` of those that may come several times. NULL:
 * there is none. */
const char *host_setting(const char *name, uint32_t index);

/* Ends the program: everything written so far reaches the outside first. `code` is 0 to 255. */
_Noreturn void host_exit(int code);

/* --- linear memory --- */

/* Makes pages [memory->pages, pages) of a memory accessible and zero (on demand, if the system likes). False where
 * the system has not that much memory. Does not change memory->pages. */
bool host_memory_commit(struct mewz_memory *memory, uint64_t pages);

/* --- the WASI layer's own memory --- */

/* Zeroed memory that is never given back; NULL where there is no more. */
void *host_memory_take(size_t size);

/* --- standard streams: 0 stdin, 1 stdout, 2 stderr --- */

struct host_slice {
    void *data;
    size_t size;
};

static inline size_t host_slices_size(const struct host_slice *slices, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++)
        size += slices[i].size;
    return size;
}

/* Writes all slices in order; blocks while the other side does not take them. EPIPE or EIO if it is gone. */
int host_stream_write(int stream, const struct host_slice *slices, size_t count, size_t *written);

/* Reads what is there, at least one byte; blocks while there is none; *read is 0 at the end of the stream. */
int host_stream_read(int stream, const struct host_slice *slices, size_t count, size_t *read);

bool host_stream_is_terminal(int stream);

/* --- time, in nanoseconds --- */

/* Realtime since 1970-01-01 UTC, monotonic since the start; the processor's time is what the program, and the system on
 * its behalf, have taken of it: it stands while they wait. */
enum host_clock { HOST_CLOCK_REALTIME, HOST_CLOCK_MONOTONIC, HOST_CLOCK_PROCESSOR };
uint64_t host_clock_now(enum host_clock clock);
uint64_t host_clock_resolution(enum host_clock clock);

/* --- waiting --- */

enum host_ready {
    HOST_READABLE = 1, /* reading would not wait: there is data, its end, a connection to accept, or an error */
    HOST_WRITABLE = 2, /* writing would not wait: there is room, or an error */
    HOST_END = 4,      /* the other side sends no more than the bytes that wait; comes unasked, with READABLE */
    HOST_HANGUP = 8,   /* the connection is gone; comes unasked, with what was asked for */
    HOST_ERROR = 16,   /* the socket has an error (host_socket_error); comes unasked, with what was asked for */
};

/* One thing to wait for. A list of them is linked through `next`, so that nobody needs memory for it. */
struct host_watch {
    struct host_watch *next;
    struct host_socket *socket; /* NULL: stdin */
    uint8_t wanted;             /* bits of enum host_ready: READABLE and WRITABLE */
    uint8_t ready;              /* filled in */
    uint64_t userdata;          /* the caller's own */
    uint64_t bytes; /* filled in: how many can be read, as far as is known; where it listens, how many connections */
};

/* Waits until the monotonic clock reaches `deadline` (UINT64_MAX: no deadline), or something in the list is ready for
 * what is wanted of it, and fills in `ready` throughout the list. Idles the processor meanwhile. With a deadline in the
 * past it only looks. */
void host_wait(uint64_t deadline, struct host_watch *list);

/* --- entropy --- */
void host_random(void *bytes, size_t size); /* cryptographically strong; never fails, may wait for its seed */

#endif
