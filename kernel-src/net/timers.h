/* timers.h: lwIP's cyclic timers, none of which ticks while it has nothing to do. */
#ifndef NET_TIMERS_H
#define NET_TIMERS_H

#include <stdint.h>

/* Runs what is due at `now` on the monotonic clock. */
void net_timers_run(uint64_t now);

/* When it must be called again; TIME_NEVER if nothing will be due. */
uint64_t net_timers_next(void);

#endif
