/* lapic.h: the processor's local APIC (SDM volume 3A, chapter 10): end of interrupt, messages, one-shot timer. */
#ifndef X86_64_LAPIC_H
#define X86_64_LAPIC_H

#include <stdbool.h>
#include <stdint.h>

/* Switches it on, everything masked. Does nothing the second time. */
void lapic_init(void);

/* At the end of each handler: lets the next interrupt come. */
void lapic_end_interrupt(void);

/* The number that messages are addressed to. */
uint32_t lapic_id(void);

/* The timer counts bus cycles down from `count`; at 0 it stops, and interrupts with VECTOR_TIMER if it shall. A count
 * of 0 stops it at once. */
void lapic_timer_start(uint32_t count, bool interrupt);

/* From now on it counts every sixteenth cycle, so that 32 bits are a minute and not four seconds. */
enum { LAPIC_TIMER_DIVISOR = 16 };
void lapic_timer_divide(void);

/* What is left of the count. */
uint32_t lapic_timer_count(void);

/* The timer in TSC-deadline mode: interrupts when the TSC reaches `tsc`. 0 disarms. */
void lapic_deadline_start(uint64_t tsc);

#endif
