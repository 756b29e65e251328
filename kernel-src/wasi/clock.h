/* clock.h: from the numbers of preview 1's clocks to the host's. */
#ifndef WASI_CLOCK_H
#define WASI_CLOCK_H

#include "wasi/host.h"

/* WASI_EINVAL for the clocks of processor time, which no host here has: witx leaves it to the system which of them
 * exist, and a program that runs alone has the monotonic clock. */
uint32_t clock_find(uint32_t id, enum host_clock *clock);

#endif
