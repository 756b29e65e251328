/* memory.c: see memory.h. */
#include "net/memory.h"

#include <mewz/metrics.h>

#include "mm/heap.h"
#include "mm/page.h"

static struct heap heap;
MEWZ_METRIC(pages, "net.memory.pages", heap.pages);
MEWZ_METRIC(limit, "net.memory.pages_limit", heap.limit);
MEWZ_METRIC(objects, "net.memory.objects", heap.objects);

void net_memory_init(void)
{
    heap.limit = page_free_count() / 2;
}

size_t net_memory_objects(void)
{
    return heap.objects;
}

size_t net_memory_pages(void)
{
    return heap.pages;
}

size_t net_memory_limit(void)
{
    return heap.limit;
}

void *net_alloc(size_t size)
{
    return heap_alloc(&heap, size);
}

void *net_alloc_zeroed(size_t count, size_t size)
{
    return heap_alloc_zeroed(&heap, count, size);
}

void net_free(void *memory)
{
    heap_free(&heap, memory);
}
