/* clock.c: the clocks, on the kernel's (arch/x86_64/time.h). */
#include "arch/x86_64/time.h"
#include "wasi/host.h"

uint64_t host_clock_now(enum host_clock clock)
{
    switch (clock) {
    case HOST_CLOCK_REALTIME:
        return time_wall();
    case HOST_CLOCK_MONOTONIC:
        return time_now();
    default:
        return time_busy();
    }
}

uint64_t host_clock_resolution(enum host_clock clock)
{
    (void)clock; /* all tick with the same hardware */
    return time_resolution();
}
