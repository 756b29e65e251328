/* memory.c: linear memory, on the kernel's promise of pages (mm/linear.h). */
#include "mm/linear.h"
#include "wasi/host.h"

bool host_memory_commit(struct mewz_memory *memory, uint64_t pages)
{
    return linear_commit(memory, pages);
}
