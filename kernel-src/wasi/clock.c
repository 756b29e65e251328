/* clock.c: the clocks that a program can read. */
#include "wasi/clock.h"

#include "wasi/guest.h"
#include "wasi/preview1.h"
#include "wasi/types.h"

uint32_t clock_find(uint32_t id, enum host_clock *clock)
{
    switch (id) {
    case WASI_CLOCK_REALTIME:
        *clock = HOST_CLOCK_REALTIME;
        return WASI_SUCCESS;
    case WASI_CLOCK_MONOTONIC:
        *clock = HOST_CLOCK_MONOTONIC;
        return WASI_SUCCESS;
    case WASI_CLOCK_PROCESS_CPUTIME:
    case WASI_CLOCK_THREAD_CPUTIME: /* the process has one thread */
        *clock = HOST_CLOCK_PROCESSOR;
        return WASI_SUCCESS;
    default:
        return WASI_EINVAL;
    }
}

uint32_t wasi_clock_res_get(uint32_t id, uint32_t resolution)
{
    enum host_clock clock;
    uint32_t error = clock_find(id, &clock);
    if (error)
        return error;
    return guest_write_u64(resolution, host_clock_resolution(clock)) ? WASI_SUCCESS : WASI_EFAULT;
}

uint32_t wasi_clock_time_get(uint32_t id, uint64_t precision, uint32_t time)
{
    (void)precision; /* a wish; reading the clock exactly costs no more */
    enum host_clock clock;
    uint32_t error = clock_find(id, &clock);
    if (error)
        return error;
    return guest_write_u64(time, host_clock_now(clock)) ? WASI_SUCCESS : WASI_EFAULT;
}
