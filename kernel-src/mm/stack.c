/* stack.c: stacks with nothing mapped below them (stack.h). */
#include "mm/stack.h"

#include "mm/map.h"
#include "mm/page.h"
#include "panic.h"

/* The program's stack ends 1 GiB above MAP_STACKS, and the kernel's follow. */
#define PROGRAM_TOP   (MAP_STACKS + (1ull << 30))
#define PROGRAM_LIMIT (PROGRAM_TOP - STACK_PROGRAM_SIZE)
#define KERNEL_GUARD  (64ull << 10)

static bool map_new_page(uint64_t virt)
{
    void *page = page_alloc();
    if (page == NULL)
        return false;
    __builtin_memset(page, 0, PAGE_SIZE);
    if (map_range(virt, page_phys(page), PAGE_SIZE, MAP_WRITE))
        return true;
    page_free(page);
    return false;
}

void *stack_new(size_t size)
{
    static uint64_t next = PROGRAM_TOP;
    uint64_t bottom = next + KERNEL_GUARD;
    next = bottom + size;
    for (uint64_t page = bottom; page < next; page += PAGE_SIZE) {
        if (!map_new_page(page))
            panic("memory", "no memory left for the kernel's stacks");
    }
    return (void *)next;
}

void *stack_program_top(void)
{
    return (void *)PROGRAM_TOP;
}

enum stack_place stack_place_of(uint64_t address)
{
    if (address < MAP_STACKS || address >= PROGRAM_TOP)
        return STACK_ELSEWHERE;
    if (address >= PROGRAM_LIMIT)
        return STACK_PROGRAM;
    return address >= PROGRAM_LIMIT - STACK_KERNEL_MARGIN ? STACK_MARGIN : STACK_GUARD;
}

bool stack_fault(uint64_t address)
{
    return map_new_page(address & ~(PAGE_SIZE - 1));
}
