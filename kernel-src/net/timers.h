/* timers.h: lwIP's cyclic timers, none of which ticks while it has nothing to do. A machine that nobody talks to wakes
 * once a minute for six minutes, and then only for its lease, or once a minute where an IPv6 router is. */
#ifndef NET_TIMERS_H
#define NET_TIMERS_H

#include <stdint.h>

/* There has been traffic: what it may have begun is looked at soon. */
void net_timers_expect(void);

/* Runs what is due at `now` on the monotonic clock. */
void net_timers_run(uint64_t now);

/* When it must be called again; TIME_NEVER if nothing will be due. */
uint64_t net_timers_next(void);

#endif
