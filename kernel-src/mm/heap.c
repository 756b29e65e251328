/* heap.c: see heap.h. */
#include "mm/heap.h"

#include <stdbool.h>

#include "mm/page.h"
#include "panic.h"

enum { STEP = 16, CLASSES = 12 }; /* STEP divides the size of every class */
/* Pages without any object that a class keeps; of buffers more, which come and go in bursts. */
enum { SPARE_MAX = 8, SPARE_BUFFERS_MAX = 32 };

/* At the start of every page of objects, and of the first page of a large object. */
struct heap_slab {
    struct heap_slab *next, *previous; /* in the list of its class, while it has a free object */
    void *free;                        /* the first free object: each begins with a pointer to the next */
    uint16_t used;
    uint16_t cut;   /* objects that were ever handed out; those behind have not been touched */
    uint16_t class; /* index into `classes`, or LARGE */
    uint16_t pages; /* of a large object */
};
enum { LARGE = 0xffff };
_Static_assert(sizeof(struct heap_slab) == 32, "the header of a page, a multiple of STEP");

static const struct {
    uint16_t size;  /* of an object */
    uint16_t count; /* in a page */
} classes[CLASSES] = {
#define CLASS(size) {(size), (PAGE_SIZE - sizeof(struct heap_slab)) / (size)}
    CLASS(32),  CLASS(64),  CLASS(96),  CLASS(128),  CLASS(192),  CLASS(256),
    CLASS(352), CLASS(448), CLASS(672), CLASS(1008), CLASS(1344), CLASS(2032),
#undef CLASS
};
_Static_assert(sizeof((struct heap){0}.classes) / sizeof(struct heap_class) == CLASSES, "heap.h");

/* The class for objects of so many steps; filled in at the first use. */
static uint8_t class_of[2032 / STEP + 1];

static void fill_class_of(void)
{
    for (unsigned steps = 0, index = 0; steps < sizeof class_of; steps++) {
        if (steps * STEP > classes[index].size)
            index++;
        class_of[steps] = (uint8_t)index;
    }
}

void *heap_pages_alloc(struct heap *heap, size_t count)
{
    if (count > heap->limit || heap->pages > heap->limit - count)
        return NULL;
    if (heap->keep && page_free_count() < heap->keep + count)
        return NULL;
    void *pages = pages_alloc(count);
    if (pages)
        heap->pages += count;
    return pages;
}

void heap_pages_free(struct heap *heap, void *pages, size_t count)
{
    pages_free(pages, count);
    heap->pages -= count;
}

/* --- pages of one class --- */

static void list_push(struct heap_class *class, struct heap_slab *slab)
{
    slab->previous = NULL;
    slab->next = class->partial;
    if (slab->next)
        slab->next->previous = slab;
    class->partial = slab;
}

static void list_remove(struct heap_class *class, struct heap_slab *slab)
{
    if (slab->previous)
        slab->previous->next = slab->next;
    else
        class->partial = slab->next;
    if (slab->next)
        slab->next->previous = slab->previous;
}

/* A page with a free object, from the spare or new; it is in the list then. */
static struct heap_slab *slab_new(struct heap *heap, struct heap_class *class)
{
    struct heap_slab *slab = class->spare;
    if (slab) {
        class->spare = slab->next;
        class->spare_count--;
    } else if (!(slab = heap_pages_alloc(heap, 1))) {
        return NULL;
    }
    *slab = (struct heap_slab){.class = (uint16_t)(class - heap->classes)};
    list_push(class, slab);
    return slab;
}

static void *slab_take(struct heap *heap, struct heap_slab *slab)
{
    void *object = slab->free;
    if (object)
        slab->free = *(void **)object;
    else
        object = (char *)(slab + 1) + (size_t)slab->cut++ * classes[slab->class].size;
    heap->objects++;
    if (++slab->used == classes[slab->class].count)
        list_remove(&heap->classes[slab->class], slab);
    return object;
}

static void slab_give(struct heap *heap, struct heap_slab *slab, void *object)
{
    struct heap_class *class = &heap->classes[slab->class];
    *(void **)object = slab->free;
    slab->free = object;
    if (slab->used-- == classes[slab->class].count)
        list_push(class, slab);
    if (slab->used > 0)
        return;
    list_remove(class, slab);
    bool has_buffers = class == &heap->classes[CLASSES - 1];
    if (class->spare_count == (has_buffers ? SPARE_BUFFERS_MAX : SPARE_MAX)) {
        heap_pages_free(heap, slab, 1);
        return;
    }
    slab->next = class->spare;
    class->spare = slab;
    class->spare_count++;
}

/* --- objects --- */

static void *alloc_large(struct heap *heap, size_t size)
{
    if (size > PAGE_LARGE_SIZE - sizeof(struct heap_slab))
        return NULL;
    size_t pages = (size + sizeof(struct heap_slab) + PAGE_SIZE - 1) / PAGE_SIZE;
    struct heap_slab *slab = heap_pages_alloc(heap, pages);
    if (!slab)
        return NULL;
    heap->objects++;
    *slab = (struct heap_slab){.class = LARGE, .pages = (uint16_t)pages};
    return slab + 1;
}

void *heap_alloc(struct heap *heap, size_t size)
{
    if (size > classes[CLASSES - 1].size)
        return alloc_large(heap, size);
    if (class_of[sizeof class_of - 1] == 0)
        fill_class_of();
    struct heap_class *class = &heap->classes[class_of[(size + STEP - 1) / STEP]];
    struct heap_slab *slab = class->partial ? class->partial : slab_new(heap, class);
    return slab ? slab_take(heap, slab) : NULL;
}

void *heap_alloc_zeroed(struct heap *heap, size_t count, size_t size)
{
    void *memory = count == 0 || size <= SIZE_MAX / count ? heap_alloc(heap, count * size) : NULL;
    if (memory)
        __builtin_memset(memory, 0, count * size);
    return memory;
}

void heap_free(struct heap *heap, void *memory)
{
    if (!memory)
        return;
    struct heap_slab *slab = (struct heap_slab *)((uintptr_t)memory & ~(PAGE_SIZE - 1));
    heap->objects--;
    if (slab->class == LARGE) {
        heap_pages_free(heap, slab, slab->pages);
        return;
    }
    assert(slab->class < CLASSES && slab->used > 0);
    slab_give(heap, slab, memory);
}
