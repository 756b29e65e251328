/* start.h: the process's part of starting up. Only start.c calls these. */
#ifndef LINUX_START_H
#define LINUX_START_H

#include <stddef.h>
#include <stdint.h>

/* entry.S */
_Noreturn void stack_switch(void *top, void (*function)(void));
void signal_return(void);

/* config.c: remembers where the kernel left the process's arguments and environment. */
void config_init(const uint64_t *initial_stack);

/* config.c: a variable of the process's environment, which the program does not see; NULL: there is none. */
const char *config_variable(const char *name);

/* memory.c: reserves each linear memory's address space. */
void memory_reserve(void);

/* signal.c: turns faults into traps. A fault in the `guard_size` bytes at `guard` is a stack overflow. */
void signal_init(const void *guard, size_t guard_size);

#define START_FAILED 70 /* as a panic of the unikernel */

/* exit.c: ends the process because the system did not give it what it needs. */
_Noreturn void start_fail(const char *what);

#endif
