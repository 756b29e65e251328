/* timers.h: lwIP's cyclic timers, none of which ticks while it has nothing to do. */
#ifndef NET_TIMERS_H
#define NET_TIMERS_H

#include <stdint.h>

/* Runs what is due at `now` on the monotonic clock. */
void net_timers_run(uint64_t now);

/* When something will be due; TIME_NEVER if nothing. */
uint64_t net_timers_next(uint64_t now);

#endif
