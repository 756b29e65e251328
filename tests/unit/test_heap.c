/* The heap of pages: random objects come and go, none overlaps another, and when all are gone so are the pages, but a
 * few spare ones. */
#include <string.h>

#include "mm/heap.h"
#include "pages.h"

enum { OBJECTS = 2000, CLASSES = 12 };

static struct {
    uint8_t *bytes;
    size_t size;
} objects[OBJECTS];

static void check_filled(unsigned index)
{
    for (size_t i = 0; i < objects[index].size; i++)
        CHECK(objects[index].bytes[i] == (uint8_t)index);
}

static void flip(struct heap *heap, unsigned index)
{
    if (objects[index].bytes) {
        check_filled(index);
        heap_free(heap, objects[index].bytes);
        objects[index].bytes = NULL;
        return;
    }
    size_t size = 1 + (size_t)rand() % (rand() % 20 ? 300 : 10000);
    objects[index].bytes = heap_alloc(heap, size);
    CHECK(objects[index].bytes && (uintptr_t)objects[index].bytes % 16 == 0);
    objects[index].size = size;
    memset(objects[index].bytes, (int)index, size);
}

static void test_random(void)
{
    static struct heap heap = {.limit = 1 << 16};
    srand(1);
    for (unsigned round = 0; round < 200000; round++)
        flip(&heap, (unsigned)rand() % OBJECTS);
    for (unsigned i = 0; i < OBJECTS; i++)
        if (objects[i].bytes)
            flip(&heap, i);
    CHECK(heap.objects == 0 && heap.pages <= 8 * CLASSES && heap.pages == pages_in_use);
}

static void test_limit(void)
{
    static struct heap heap = {.limit = 3};
    CHECK(!heap_alloc(&heap, 3 * PAGE_SIZE));
    void *large = heap_alloc(&heap, PAGE_SIZE), *small = heap_alloc(&heap, 100);
    CHECK(large && small && !heap_pages_alloc(&heap, 1) && !heap_alloc(&heap, 1000));
    heap_free(&heap, large);
    void *page = heap_pages_alloc(&heap, 2);
    CHECK(page && heap.pages == 3);
    heap_pages_free(&heap, page, 2);
    CHECK(!heap_alloc(&heap, PAGE_LARGE_SIZE) && !heap_alloc_zeroed(&heap, SIZE_MAX / 2, 4));
    heap_free(&heap, small);
    heap_free(&heap, NULL);
    CHECK(heap.objects == 0);
}

int main(void)
{
    test_random();
    test_limit();
    return 0;
}
