/* exception.c: memory for exceptions (abi.h, mewz_exception_new).
 *
 * An exception lives as long as something refers to it, and references go wherever a wasm value goes. So this is a
 * small collector: exceptions lie in slots of a pool; when the pool is full, those stay that some word may refer to, in
 * a global, a table (mewz_exception_roots), the program's part of the stack, or another exception that stays. A number
 * that looks like a reference keeps an exception for longer, which does no harm; none moves. */
#include <stdbool.h>

#include <mewz/abi.h>

#include "rt/run.h"
#include "rt/trap.h"

#define SLOT_SIZE 32 /* the tag, the size, and 16 bytes of values */
#define SLOTS     8192u

/* The object's tables and globals of exceptions, and an empty one, so that the section exists. */
static const struct mewz_exception_root no_root
    __attribute__((section(MEWZ_EXCEPTION_ROOTS_SECTION), used)) = {NULL, 0};
extern const struct mewz_exception_root __start_mewz_exception_roots[], __stop_mewz_exception_roots[];

static _Alignas(SLOT_SIZE) uint8_t pool[SLOTS][SLOT_SIZE];
static bool is_used[SLOTS], is_first[SLOTS]; /* an exception takes one slot or several in a row */
static bool is_marked[SLOTS];
static uint16_t marked[SLOTS]; /* exceptions whose values are still to be looked through */
static uint32_t marked_count;
static uint32_t next_slot; /* slots before it have been handed out since the last collection */

static void mark(uint64_t word)
{
    uint64_t slot = (word - (uint64_t)pool) / SLOT_SIZE;
    if (word < (uint64_t)pool || slot >= SLOTS || !is_used[slot])
        return;
    while (!is_first[slot])
        slot--;
    if (is_marked[slot])
        return;
    marked[marked_count++] = (uint16_t)slot;
    is_marked[slot] = true;
    while (++slot < SLOTS && is_used[slot] && !is_first[slot])
        is_marked[slot] = true;
}

/* Reads all of the stack, whatever its words are to the functions there. */
__attribute__((no_sanitize("address"))) static void mark_words(const void *start, uint64_t count)
{
    const uint64_t *words = start;
    for (uint64_t i = 0; i < count; i++)
        mark(words[i]);
    while (marked_count > 0) {
        const struct mewz_exception *exception = (const void *)pool[marked[--marked_count]];
        const uint64_t *values = (const uint64_t *)exception->values;
        for (uint64_t i = 0; i < exception->size / sizeof *values; i++)
            mark(values[i]);
    }
}

/* From this function's frame up; first come the registers that the calling functions left to this one. */
__attribute__((noinline)) static void mark_stack(void)
{
    uint64_t registers[6];
    __asm__ volatile("mov %%rbx, 0(%0)\n mov %%rbp, 8(%0)\n mov %%r12, 16(%0)\n mov %%r13, 24(%0)\n mov %%r14, 32(%0)\n"
                     "mov %%r15, 40(%0)"
                     :
                     : "r"(registers)
                     : "memory");
    mark_words(registers, (program_stack_end - (uint64_t)registers) / sizeof registers[0]);
}

static void collect(void)
{
    for (uint32_t i = 0; i < SLOTS; i++)
        is_marked[i] = false;
    for (const struct mewz_exception_root *root = __start_mewz_exception_roots; root < __stop_mewz_exception_roots;
         root++)
        mark_words(root->references, root->count);
    mark_stack();
    for (uint32_t i = 0; i < SLOTS; i++)
        is_used[i] = is_marked[i];
    next_slot = 0;
}

/* The first of `count` free slots in a row, or SLOTS. */
static uint32_t find_slots(uint32_t count)
{
    uint32_t free = 0;
    while (next_slot < SLOTS && free < count)
        free = is_used[next_slot++] ? 0 : free + 1;
    return free == count ? next_slot - count : SLOTS;
}

static uint32_t take_slots(uint32_t count)
{
    uint32_t slot = find_slots(count);
    if (slot == SLOTS) {
        collect();
        slot = find_slots(count);
    }
    for (uint32_t i = 0; slot < SLOTS && i < count; i++) {
        is_used[slot + i] = true;
        is_first[slot + i] = i == 0;
    }
    return slot;
}

struct mewz_exception *mewz_exception_new(const struct mewz_tag *tag, uint64_t size)
{
    uint32_t slot = take_slots((uint32_t)((sizeof(struct mewz_exception) + size + SLOT_SIZE - 1) / SLOT_SIZE));
    if (slot == SLOTS) {
        struct trap_registers caller = trap_caller();
        trap_report(MEWZ_TRAP_OUT_OF_MEMORY, &caller, 0);
    }
    struct mewz_exception *exception = (void *)pool[slot];
    exception->tag = tag;
    exception->size = size;
    return exception;
}
