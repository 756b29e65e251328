/* clock.c: the two clocks, on the kernel's (arch/x86_64/time.h). */
#include "arch/x86_64/time.h"
#include "wasi/host.h"

uint64_t host_clock_now(enum host_clock clock)
{
    return clock == HOST_CLOCK_REALTIME ? time_wall() : time_now();
}

uint64_t host_clock_resolution(enum host_clock clock)
{
    (void)clock; /* both tick with the same hardware */
    return time_resolution();
}
