/* times.h: the times that a program sets. */
#ifndef WASI_TIMES_H
#define WASI_TIMES_H

#include "wasi/host_file.h"

/* From the parameters of fd_filestat_set_times; `flags` are fstflags. WASI_EINVAL for flags that contradict each
 * other or that do not exist. */
static inline uint32_t times_take(uint64_t access, uint64_t modify, uint32_t flags, struct host_times *times)
{
    uint32_t both_access = WASI_FST_ATIM | WASI_FST_ATIM_NOW, both_modify = WASI_FST_MTIM | WASI_FST_MTIM_NOW;
    if (flags & ~(uint32_t)WASI_FSTFLAGS || (flags & both_access) == both_access ||
        (flags & both_modify) == both_modify)
        return WASI_EINVAL;
    uint64_t now = flags & (WASI_FST_ATIM_NOW | WASI_FST_MTIM_NOW) ? host_clock_now(HOST_CLOCK_REALTIME) : 0;
    *times = (struct host_times){
        .set_access = flags & both_access,
        .set_modify = flags & both_modify,
        .access = flags & WASI_FST_ATIM_NOW ? now : access,
        .modify = flags & WASI_FST_MTIM_NOW ? now : modify,
    };
    return WASI_SUCCESS;
}

#endif
