/* iovec.c: see iovec.h. */
#include "wasi/iovec.h"

#include "wasi/guest.h"
#include "wasi/types.h"

uint32_t iovec_take(struct iovec_walk *walk, struct host_slice slices[IOVEC_BATCH], size_t *used)
{
    *used = 0;
    const uint8_t *list = guest_bytes(walk->address, walk->count * (uint64_t)sizeof(struct wasi_iovec));
    if (!list)
        return WASI_EFAULT;
    while (walk->next < walk->count && *used < IOVEC_BATCH && walk->room > 0) {
        struct wasi_iovec iovec;
        __builtin_memcpy(&iovec, list + walk->next++ * sizeof iovec, sizeof iovec);
        void *data = guest_bytes(iovec.data, iovec.size);
        if (!data)
            return WASI_EFAULT;
        uint32_t size = iovec.size < walk->room ? iovec.size : walk->room;
        walk->room -= size;
        if (size)
            slices[(*used)++] = (struct host_slice){.data = data, .size = size};
    }
    return WASI_SUCCESS;
}

uint32_t iovec_take_message(uint32_t address, uint32_t count, struct host_slice slices[IOVEC_BATCH], size_t *used)
{
    struct iovec_walk walk = {.address = address, .count = count, .room = UINT32_MAX};
    uint32_t error = iovec_take(&walk, slices, used);
    if (!error && walk.next < count)
        error = WASI_EMSGSIZE;
    return error;
}

uint32_t iovec_write(struct iovec_walk *walk, struct fd *fd, uint32_t *total)
{
    struct host_slice slices[IOVEC_BATCH];
    size_t count, written;
    do {
        written = 0;
        uint32_t error = iovec_take(walk, slices, &count);
        if (!error && count)
            error = fd->kind->write(fd, slices, count, &written);
        *total += (uint32_t)written;
        if (error)
            return *total ? WASI_SUCCESS : error;
    } while (count == IOVEC_BATCH && written == host_slices_size(slices, count)); /* else there are no more */
    return WASI_SUCCESS;
}
