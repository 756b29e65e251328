/* run.h: run the linked program from instantiation to exit code, the same in every system. */
#ifndef RT_RUN_H
#define RT_RUN_H

#include <stdint.h>

/* Commits each memory's minimum, instantiates, calls _start, and ends with exit code 0 if that returns. The caller is
 * on the program's stack, with exceptions or signals ready and the memories' reserves mapped as inaccessible. */
_Noreturn void program_run(void);

/* The frame of program_run, where the program's part of the stack and every backtrace end. */
extern uint64_t program_stack_end;

#endif
