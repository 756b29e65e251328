/* unstable_stat.c: fd_filestat_get of wasi_unstable (unstable.h). */
#include "wasi/fd.h"
#include "wasi/guest.h"
#include "wasi/unstable.h"

uint32_t unstable_write_stat(uint32_t address, const struct wasi_filestat *stat)
{
    struct unstable_filestat older = {
        .device = stat->device,
        .inode = stat->inode,
        .filetype = stat->filetype,
        .link_count = (uint32_t)stat->link_count,
        .size = stat->size,
        .access_time = stat->access_time,
        .modify_time = stat->modify_time,
        .change_time = stat->change_time,
    };
    return guest_write(address, &older, sizeof older) ? WASI_SUCCESS : WASI_EFAULT;
}

uint32_t wasi_unstable_fd_filestat_get(uint32_t number, uint32_t address)
{
    struct wasi_filestat stat;
    uint32_t error = fd_filestat(number, &stat);
    return error ? error : unstable_write_stat(address, &stat);
}
