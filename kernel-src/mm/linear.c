/* linear.c: linear memories on promised pages (linear.h). */
#include "mm/linear.h"

#include "mm/map.h"
#include "mm/page.h"
#include "panic.h"

/* From this size on a memory gets pages of 2 MiB where all of such a page lies inside of it. Smaller memories would
 * spend more time zeroing than they would save in faults. */
#define LARGE_PAGES_FROM (16ull << 20)

#define GIB (1ull << 30)

static uint64_t blocks_spanned(uint64_t start, uint64_t end, uint64_t block)
{
    return end == start ? 0 : (end + block - 1) / block - start / block;
}

/* Pages that a memory of that size needs at most: its own, page tables, directories, and one table of directories. */
static uint64_t pages_needed(const struct mewz_memory *memory, uint64_t size)
{
    uint64_t start = (uint64_t)memory->base, end = start + size;
    return size / PAGE_SIZE + blocks_spanned(start, end, PAGE_LARGE_SIZE) + blocks_spanned(start, end, GIB) +
           (size != 0);
}

void linear_init(void)
{
    const uint64_t distance = 16 * GIB;
    _Static_assert(16 * GIB >= MEWZ_MEMORY_RESERVE, "memories overlap");
    for (uint32_t i = 1; i < mewz_program.memory_count; i++)
        mewz_program.memories[i]->base = (uint8_t *)(MAP_MEMORIES + i * distance);
}

bool linear_commit(struct mewz_memory *memory, uint64_t pages)
{
    if (pages > (MEWZ_MEMORY_RESERVE - 1) / MEWZ_PAGE_SIZE)
        return false;
    return page_reserve(pages_needed(memory, pages * MEWZ_PAGE_SIZE) -
                        pages_needed(memory, memory->pages * MEWZ_PAGE_SIZE));
}

/* Maps 2 MiB at once. The page table that was promised for them is not needed. */
static bool fault_large(uint64_t address)
{
    void *block = page_alloc_reserved_large();
    if (block == NULL)
        return false;
    __builtin_memset(block, 0, PAGE_LARGE_SIZE);
    bool mapped = map_range(address, page_phys(block), PAGE_LARGE_SIZE, MAP_WRITE | MAP_PROMISED);
    assert(mapped);
    page_unreserve(1);
    return true;
}

void linear_fault(struct mewz_memory *memory, uint64_t address)
{
    uint64_t size = memory->pages * MEWZ_PAGE_SIZE;
    uint64_t large = address & ~(PAGE_LARGE_SIZE - 1);
    bool inside = large >= (uint64_t)memory->base && large + PAGE_LARGE_SIZE <= (uint64_t)memory->base + size;
    if (size >= LARGE_PAGES_FROM && inside && !map_has_table(address) && fault_large(large))
        return;
    void *page = page_alloc_reserved();
    __builtin_memset(page, 0, PAGE_SIZE);
    bool mapped = map_range(address & ~(PAGE_SIZE - 1), page_phys(page), PAGE_SIZE, MAP_WRITE | MAP_PROMISED);
    assert(mapped);
}
