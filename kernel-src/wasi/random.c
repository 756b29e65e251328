/* random.c: bytes that nobody can guess. */
#include "wasi/guest.h"
#include "wasi/host.h"
#include "wasi/preview1.h"
#include "wasi/types.h"

uint32_t wasi_random_get(uint32_t buffer, uint32_t size)
{
    void *bytes = guest_bytes(buffer, size);
    if (!bytes)
        return WASI_EFAULT;
    host_random(bytes, size);
    return WASI_SUCCESS;
}
