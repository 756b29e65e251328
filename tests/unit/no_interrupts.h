/* no_interrupts.h: a process has no interrupts to turn off. Include it before the kernel's sources. */
#ifndef X86_64_CPU_H
#define X86_64_CPU_H

#include <stdbool.h>

static inline bool interrupts_save(void)
{
    return true;
}

static inline void interrupts_restore(bool enabled)
{
    (void)enabled;
}

#endif
