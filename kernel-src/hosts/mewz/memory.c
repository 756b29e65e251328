/* memory.c: linear memory, on the kernel's promise of pages (mm/linear.h), and pages for the WASI layer. */
#include "mm/linear.h"
#include "mm/page.h"
#include "wasi/host.h"

bool host_memory_commit(struct mewz_memory *memory, uint64_t pages)
{
    return linear_commit(memory, pages);
}

void *host_memory_take(size_t size)
{
    size_t count = (size + PAGE_SIZE - 1) / PAGE_SIZE;
    void *pages = pages_alloc(count);
    if (pages)
        __builtin_memset(pages, 0, count * PAGE_SIZE);
    return pages;
}
