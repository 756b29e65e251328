/* clock.h: from the numbers of preview 1's clocks to the host's. */
#ifndef WASI_CLOCK_H
#define WASI_CLOCK_H

#include "wasi/host.h"

/* WASI_EINVAL: there is no such clock. */
uint32_t clock_find(uint32_t id, enum host_clock *clock);

#endif
