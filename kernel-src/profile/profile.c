/* profile.c: see profile.h.
 *
 * A sample is taken on the interrupts' stack, whatever was interrupted, so it shares nothing with anybody: it has rules
 * for unwinding of its own. Where the kernel has interrupts off, the sample comes when they are on again. */
#include "profile/profile.h"

#include <mewz/profile.h>

#include <stdbool.h>
#include <stddef.h>

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/layout.h"
#include "arch/x86_64/time.h"
#include "arch/x86_64/traps.h"
#include "mm/stack.h"
#include "rt/cfi.h"
#include "rt/run.h"
#include "rt/unwind.h"

#define TRIES 16 /* slots that a stack may be in */

extern struct mewz_profile mewz_profile;
struct mewz_profile mewz_profile;

/* The frames of what was interrupted, the innermost first; only that one where it ran on another stack. */
static uint32_t walk(uint32_t *frames)
{
    static struct unwind_cache cache;
    struct unwind_cursor cursor;
    const struct trap_registers registers = traps_interrupted();
    uint32_t depth = 0;
    unwind_begin(&cursor, &registers, stack_place_of(registers.rsp) == STACK_ELSEWHERE ? 0 : program_stack_end);
    cursor.cache = &cache;
    do
        frames[depth++] = (uint32_t)(unwind_address(&cursor) - LAYOUT_KERNEL_BASE);
    while (depth < MEWZ_PROFILE_DEPTH && unwind_step(&cursor));
    return depth;
}

/* FNV-1a, a word at a time. */
static uint32_t hash(const uint32_t *frames, uint32_t depth)
{
    uint32_t value = 2166136261u;
    for (uint32_t i = 0; i < depth; i++)
        value = (value ^ frames[i]) * 16777619u;
    return value ^ value >> 15;
}

static bool is_same(const struct mewz_profile_stack *stack, const uint32_t *frames, uint32_t depth)
{
    return stack->depth == depth && __builtin_memcmp(stack->frames, frames, depth * sizeof *frames) == 0;
}

static void count(const uint32_t *frames, uint32_t depth)
{
    uint32_t first = hash(frames, depth);
    for (uint32_t i = 0; i < TRIES; i++) {
        struct mewz_profile_stack *stack = &mewz_profile.stacks[(first + i) % MEWZ_PROFILE_SLOTS];
        if (stack->count == 0) {
            stack->depth = depth;
            __builtin_memcpy(stack->frames, frames, depth * sizeof *frames);
        }
        if (is_same(stack, frames, depth)) {
            stack->count++;
            return;
        }
    }
    mewz_profile.lost++;
}

static void take_sample(void)
{
    static uint32_t frames[MEWZ_PROFILE_DEPTH];
    mewz_profile.taken++;
    count(frames, walk(frames));
}

void profile_begin(void)
{
    time_set_sampler(take_sample, 1000000000 / MEWZ_PROFILE_HZ);
}

_Noreturn void profile_end(void)
{
    cpu_halt();
}
