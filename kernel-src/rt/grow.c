/* grow.c: memory.grow (abi.h, mewz_memory_grow). */
#include <mewz/abi.h>

#include "wasi/host.h"

uint64_t mewz_memory_grow(struct mewz_memory *memory, uint64_t delta)
{
    uint64_t before = memory->pages;
    if (delta > memory->max_pages - before)
        return UINT64_MAX;
    if (delta && !host_memory_commit(memory, before + delta))
        return UINT64_MAX;
    memory->pages = before + delta;
    return before;
}
