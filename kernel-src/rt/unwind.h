/* unwind.h: from a place in the program back through its callers.
 *
 * Code with unwind rules in .eh_frame (all that was compiled from wasm, and rt/mem.S) is walked by these rules; code
 * without them is the system's own, which keeps frame pointers. The walk trusts neither the rules nor the stack: each
 * step must move towards the stack's end, and reads only between the stack pointer at its start and that end. */
#ifndef RT_UNWIND_H
#define RT_UNWIND_H

#include <stdbool.h>
#include <stdint.h>

#include "rt/trap.h"

struct cfi_row;
struct unwind_cache; /* rt/cfi.h */

/* DWARF's numbers of the registers (System V ABI, figure 3.36); the last one is the return address. */
enum unwind_register {
    UNWIND_RBX = 3,
    UNWIND_RBP = 6,
    UNWIND_RSP = 7,
    UNWIND_R11 = 11,
    UNWIND_R12,
    UNWIND_R13,
    UNWIND_R14,
    UNWIND_R15,
    UNWIND_RIP,
    UNWIND_REGISTERS,
};

struct unwind_cursor {
    uint64_t registers[UNWIND_REGISTERS]; /* of the frame that the cursor stands at */
    bool is_caller;                       /* rip is a return address, the instruction in question lies before it */
    uint64_t stack_end;
    struct unwind_cache *cache; /* the one that all share; who may interrupt another one's walk puts its own here */
};

/* Stands at the frame that the registers describe. No frame reaches beyond `stack_end`. */
void unwind_begin(struct unwind_cursor *cursor, const struct trap_registers *registers, uint64_t stack_end);

/* Steps to the caller's frame. False where the stack ends or the rules fail; the cursor is of no use then. */
bool unwind_step(struct unwind_cursor *cursor);

/* The rules of the function that the frame belongs to, where it stands; NULL for code that has none. They hold until
 * the next call. */
const struct cfi_row *unwind_rules(const struct unwind_cursor *cursor);

/* An address inside the instruction that the frame is at, fit for look-ups. */
uint64_t unwind_address(const struct unwind_cursor *cursor);

#endif
