/* unstable_seek.c: fd_seek of wasi_unstable (unstable.h). */
#include "wasi/preview1.h"
#include "wasi/unstable.h"

uint32_t wasi_unstable_fd_seek(uint32_t fd, uint64_t offset, uint32_t whence, uint32_t position)
{
    static const uint8_t now[] = {
        [UNSTABLE_WHENCE_CUR] = WASI_WHENCE_CUR,
        [UNSTABLE_WHENCE_END] = WASI_WHENCE_END,
        [UNSTABLE_WHENCE_SET] = WASI_WHENCE_SET,
    };
    return wasi_fd_seek(fd, offset, whence < sizeof now ? now[whence] : UINT32_MAX, position);
}
