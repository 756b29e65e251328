/* stack.h: stacks with nothing mapped below them.
 *
 * The kernel's are small and mapped whole. The program's has room for STACK_PROGRAM_SIZE and gets its pages on first
 * touch. It is also the stack of the WASI functions that the program calls: where the program ends, they may go on
 * for STACK_KERNEL_MARGIN, so that the kernel never stops half-way in its work because the program recursed deeply. */
#ifndef MM_STACK_H
#define MM_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STACK_PROGRAM_SIZE  (8ull << 20)
#define STACK_KERNEL_MARGIN (64ull << 10)

/* A kernel stack of that many bytes (whole pages). Returns its top. Panics when out of memory. */
void *stack_new(size_t size);

/* The top of the program's stack. Nothing is mapped for 1 GiB minus its size below, further than any frame reaches. */
void *stack_program_top(void);

enum stack_place {
    STACK_ELSEWHERE, /* the address is not the program stack's */
    STACK_PROGRAM,
    STACK_MARGIN,
    STACK_GUARD,
};

/* Where an address that faulted lies. */
enum stack_place stack_place_of(uint64_t address);

/* Maps a zeroed page at an address in the program stack or its margin. False when out of memory. */
bool stack_fault(uint64_t address);

/* Makes sure that the next KiB of the current stack is mapped: the page allocator calls this before it begins, since
 * the exception handler that maps stack pages calls the allocator. */
static inline void stack_prefault(void)
{
    (void)*((volatile char *)__builtin_frame_address(0) - 1024);
}

#endif
