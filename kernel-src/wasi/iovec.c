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
