/* trap.h: what happens when the program traps, the same in every system.
 *
 * A system's exception or signal handler works out what happened with the functions below, and ends in trap_report. */
#ifndef RT_TRAP_H
#define RT_TRAP_H

#include <stdbool.h>
#include <stdint.h>

#include <mewz/abi.h>

/* The exit code of a program that trapped: that of a process that called abort() under a shell. */
#define TRAP_EXIT_CODE 134

/* The registers that a backtrace needs: those which a called function preserves (System V ABI, section 3.2.1), and
 * r11, from which LLVM's unwind rules count while a function touches the pages of a large frame one by one. */
struct trap_registers {
    uint64_t rip, rsp, rbp, rbx, r12, r13, r14, r15, r11;
};

/* The registers of the function that called the one in which this stands, at the call. */
__attribute__((always_inline)) static inline struct trap_registers trap_caller(void)
{
    const uint64_t *frame = (const uint64_t *)__builtin_frame_address(0);
    return (struct trap_registers){.rip = frame[1] - 1, .rsp = (uint64_t)(frame + 2), .rbp = frame[0]};
}

/* True if the address lies in code that was compiled from wasm: a function of the module. */
bool trap_in_program(uint64_t address);

/* Where the address lies in linear memory's reserve: the memory, or NULL. */
struct mewz_memory *trap_memory_at(uint64_t address);

/* The kind that the instruction at `rip` carries if it is an explicit check's (abi.h, enum mewz_trap), or 0. */
enum mewz_trap trap_kind_at(uint64_t rip);

/* Writes the trap's message to stderr: kind, for MEWZ_TRAP_MEMORY the address in linear memory, and a backtrace with
 * wasm functions and offsets; then ends the program with TRAP_EXIT_CODE. `fault_address` counts for page faults. */
_Noreturn void trap_report(enum mewz_trap kind, const struct trap_registers *registers, uint64_t fault_address);

#endif
