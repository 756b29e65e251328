/* iovec.h: the program's scatter and gather lists. */
#ifndef WASI_IOVEC_H
#define WASI_IOVEC_H

#include <stddef.h>
#include <stdint.h>

#include "wasi/fd.h"

/* A walk over `count` struct wasi_iovec at `address`. Starts with next = 0 and room = UINT32_MAX, the most that a
 * result in preview 1 can express. */
struct iovec_walk {
    uint32_t address;
    uint32_t count;
    uint32_t next; /* the first one that has not been taken */
    uint32_t room; /* bytes that the rest may have */
};

#define IOVEC_BATCH 32

/* Takes the next buffers that are not empty, up to IOVEC_BATCH of them, and sets *used to their number: 0 at the end
 * of the list or of the room. WASI_EFAULT for a list or a buffer that is not inside linear memory. */
uint32_t iovec_take(struct iovec_walk *walk, struct host_slice slices[IOVEC_BATCH], size_t *used);

/* All buffers at once, for a message: WASI_EMSGSIZE if there are more than IOVEC_BATCH of them. */
uint32_t iovec_take_message(uint32_t address, uint32_t count, struct host_slice slices[IOVEC_BATCH], size_t *used);

/* Writes batch after batch, until the descriptor takes no more. What was written before an error counts: the program
 * learns of the error with its next call, as in POSIX. */
uint32_t iovec_write(struct iovec_walk *walk, struct fd *fd, uint32_t *total);

#endif
