/* clock.c: the kernel's clocks. */
#include <linux/time.h>

#include "hosts/linux/syscall.h"
#include "wasi/host.h"

#define SECOND 1000000000ull

static int linux_clock(enum host_clock clock)
{
    static const int clocks[] = {
        [HOST_CLOCK_REALTIME] = CLOCK_REALTIME,
        [HOST_CLOCK_MONOTONIC] = CLOCK_MONOTONIC,
        [HOST_CLOCK_PROCESSOR] = CLOCK_PROCESS_CPUTIME_ID,
    };
    return clocks[clock];
}

uint64_t host_clock_now(enum host_clock clock)
{
    struct timespec time = {0};
    syscall2(__NR_clock_gettime, linux_clock(clock), (long)&time);
    return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

uint64_t host_clock_resolution(enum host_clock clock)
{
    struct timespec time = {0};
    syscall2(__NR_clock_getres, linux_clock(clock), (long)&time);
    return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}
