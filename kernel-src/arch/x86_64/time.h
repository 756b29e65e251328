/* time.h: clocks, and waiting without work.
 *
 * The clock is calibrated when it is first asked, so that a program without a clock does not pay for one. */
#ifndef X86_64_TIME_H
#define X86_64_TIME_H

#include <stdint.h>

/* Nanoseconds since an instant shortly after boot; never goes back. */
uint64_t time_now(void);

/* Nanoseconds since 1970-01-01 UTC. */
uint64_t time_wall(void);

/* How far apart two different results of time_now are at least. */
uint64_t time_resolution(void);

#define TIME_NEVER UINT64_MAX

/* Idles the processor until an interrupt has been handled or time_now reaches `deadline` (TIME_NEVER: no deadline).
 * Call it with interrupts off, after looking at the condition that an interrupt handler changes, and look again
 * afterwards; it returns with interrupts off. An interrupt between the look and the halt is not lost:
 *
 *     interrupts_disable();
 *     while (!ready && time_now() < deadline)
 *         time_wait(deadline);
 *     interrupts_enable();
 */
void time_wait(uint64_t deadline);

#endif
