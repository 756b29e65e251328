/* main.c: the boot order.
 *
 * Only what every program needs is set up here. Devices, clock, interrupt controllers and entropy come up when they
 * are first used, so that a program pays for none that it does not import. */
#include <stdint.h>

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/irq.h"
#include "arch/x86_64/traps.h"
#include "boot.h"
#include "mm/linear.h"
#include "mm/map.h"
#include "mm/page.h"
#include "mm/stack.h"
#include "rt/run.h"

/* Leaves the boot stack for the program's, with interrupts on. The processor finds the stack there as after a call. */
static _Noreturn void run_on_program_stack(void)
{
    __asm__ volatile("mov %0, %%rsp; xor %%ebp, %%ebp; sti; call *%1; ud2"
                     :
                     : "r"(stack_program_top()), "r"(program_run)
                     : "memory");
    __builtin_unreachable();
}

_Noreturn void kernel_main(uint32_t loader, uint32_t info);

/* Called by entry.S with what the boot loader passed. */
_Noreturn void kernel_main(uint32_t loader, uint32_t info)
{
    traps_init();            /* from here on a fault is a panic, not a reset */
    cpu_init();              /* vector registers for the program, protections */
    boot_read(loader, info); /* memory map, command line, module */
    page_init();             /* physical pages */
    map_init();              /* page tables: W^X, nothing at 0, no identity mapping */
    linear_init();           /* addresses of further linear memories */
    traps_init_stacks();     /* exceptions and interrupts get stacks of their own */
    irq_init();              /* the old interrupt controllers keep quiet */
    run_on_program_stack();  /* instantiate, _start, exit */
}
