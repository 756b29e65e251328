/* traps.h: exceptions: what the program did, what mapping on demand wants, and what is a bug of ours. */
#ifndef X86_64_TRAPS_H
#define X86_64_TRAPS_H

#include <stdint.h>

#include "rt/trap.h"

/* What vectors.S and the processor leave on the stack. */
struct trap_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
};

/* Takes exceptions, at first on the current stack. */
void traps_init(void);

/* From here on exceptions and interrupts have stacks of their own. Needs mm. */
void traps_init_stacks(void);

/* `work` is called, with interrupts off, on the interrupts' stack, after each interrupt that came while code of the
 * program was running. */
void traps_on_interrupted_program(void (*work)(void));

/* For handlers of interrupts: what the interrupted code had in its registers. */
struct trap_registers traps_interrupted(void);

/* Called by vectors.S for every exception and interrupt. */
void trap_dispatch(struct trap_frame *frame);

#endif
