/* time.h: clocks, and waiting without work.
 *
 * The clock is calibrated when it is first asked, so that a program without a clock does not pay for one. */
#ifndef X86_64_TIME_H
#define X86_64_TIME_H

#include <stdbool.h>
#include <stdint.h>

/* Nanoseconds since an instant shortly after boot; never goes back. */
uint64_t time_now(void);

/* The part of time_now that the processor did not idle. */
uint64_t time_busy(void);

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

/* There is a device that cannot interrupt: from now on no idling lasts longer than a millisecond. */
void time_wake_often(void);

/* Sees to it that an interrupt comes no later than `deadline`. Costs nothing if one is due before. */
void time_arm(uint64_t deadline);

/* Work that goes on beside the program: the network's. It runs only where nobody else of the kernel does: in time_wait,
 * and after an interrupt that came while code of the program was running (traps.c), so that a program that computes
 * for long does not stop it; a timer sees to it that such interrupts come. So code that shares data with the work needs
 * no locks, as long as it does not call time_wait in the middle. Interrupts are off. */
struct time_background {
    /* Does what there is to do; true if there was something. */
    bool (*run)(void);
    /* The processor is going to idle: has devices interrupt, and says when to run again by time_now. And back. */
    uint64_t (*begin_idle)(void);
    void (*end_idle)(void);
};

/* From now on there is such work, at most one in a kernel. */
void time_set_background(const struct time_background *work);

/* From now on `sample` is called every `interval` nanoseconds, but while the processor idles, on the interrupts' stack:
 * traps_interrupted says where. At most one in a kernel. */
void time_set_sampler(void (*sample)(void), uint64_t interval);

#endif
