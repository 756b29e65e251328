/* memory.c: see memory.h. */
#include "net/memory.h"

#include <stdbool.h>
#include <stdint.h>

#include "mm/page.h"
#include "panic.h"

enum { STEP = 16, CLASSES = 12 }; /* STEP divides the size of every class */

/* At the start of every page of objects, and of the first page of a large object. */
struct slab {
    struct slab *next, *previous; /* in the list of its class, while it has a free object */
    void *free;                   /* the first free object: each begins with a pointer to the next */
    uint16_t used;
    uint16_t cut;   /* objects that were ever handed out; those behind have not been touched */
    uint16_t class; /* index into `classes`, or LARGE */
    uint16_t pages; /* of a large object */
};
enum { LARGE = 0xffff };
_Static_assert(sizeof(struct slab) == 32, "the header of a page, a multiple of STEP");

static struct class
{
    uint16_t size;  /* of an object */
    uint16_t count; /* in a page */
    struct slab *partial;
    struct slab *spare; /* one page without any object, against giving back and taking anew */
} classes[CLASSES] = {
#define CLASS(size) {(size), (PAGE_SIZE - sizeof(struct slab)) / (size), NULL, NULL}
    CLASS(32),  CLASS(64),  CLASS(96),  CLASS(128),  CLASS(192),  CLASS(256),
    CLASS(352), CLASS(448), CLASS(672), CLASS(1008), CLASS(1344), CLASS(2032),
#undef CLASS
};

static size_t limit, in_use, objects;

/* The class for objects of so many steps. */
static uint8_t class_of[2032 / STEP + 1];

void net_memory_init(void)
{
    limit = page_free_count() / 2;
    for (unsigned steps = 0, index = 0; steps < sizeof class_of; steps++) {
        if (steps * STEP > classes[index].size)
            index++;
        class_of[steps] = (uint8_t)index;
    }
}

size_t net_memory_objects(void)
{
    return objects;
}

size_t net_memory_pages(void)
{
    return in_use;
}

size_t net_memory_limit(void)
{
    return limit;
}

static void *take_pages(size_t count)
{
    if (in_use + count > limit)
        return NULL;
    void *pages = pages_alloc(count);
    if (pages)
        in_use += count;
    return pages;
}

static void give_pages(void *pages, size_t count)
{
    pages_free(pages, count);
    in_use -= count;
}

/* --- pages of one class --- */

static void list_push(struct class *class, struct slab *slab)
{
    slab->previous = NULL;
    slab->next = class->partial;
    if (slab->next)
        slab->next->previous = slab;
    class->partial = slab;
}

static void list_remove(struct class *class, struct slab *slab)
{
    if (slab->previous)
        slab->previous->next = slab->next;
    else
        class->partial = slab->next;
    if (slab->next)
        slab->next->previous = slab->previous;
}

/* A page with a free object, from the spare or new; it is in the list then. */
static struct slab *slab_new(struct class *class)
{
    struct slab *slab = class->spare;
    class->spare = NULL;
    if (!slab)
        slab = take_pages(1);
    if (!slab)
        return NULL;
    *slab = (struct slab){.class = (uint16_t)(class - classes)};
    list_push(class, slab);
    return slab;
}

static void *slab_take(struct class *class, struct slab *slab)
{
    void *object = slab->free;
    if (object)
        slab->free = *(void **)object;
    else
        object = (char *)(slab + 1) + (size_t)slab->cut++ * class->size;
    objects++;
    if (++slab->used == class->count)
        list_remove(class, slab);
    return object;
}

static void slab_give(struct slab *slab, void *object)
{
    struct class *class = &classes[slab->class];
    *(void **)object = slab->free;
    slab->free = object;
    if (slab->used-- == class->count)
        list_push(class, slab);
    if (slab->used > 0)
        return;
    list_remove(class, slab);
    if (class->spare)
        give_pages(slab, 1);
    else
        class->spare = slab;
}

/* --- objects --- */

static void *alloc_large(size_t size)
{
    size_t pages = (size + sizeof(struct slab) + PAGE_SIZE - 1) / PAGE_SIZE;
    struct slab *slab = pages <= PAGE_LARGE_SIZE / PAGE_SIZE ? take_pages(pages) : NULL;
    if (!slab)
        return NULL;
    objects++;
    *slab = (struct slab){.class = LARGE, .pages = (uint16_t)pages};
    return slab + 1;
}

void *net_alloc(size_t size)
{
    size_t steps = (size + STEP - 1) / STEP;
    if (steps >= sizeof class_of)
        return alloc_large(size);
    struct class *class = &classes[class_of[steps]];
    struct slab *slab = class->partial ? class->partial : slab_new(class);
    return slab ? slab_take(class, slab) : NULL;
}

void *net_alloc_zeroed(size_t count, size_t size)
{
    void *memory = count == 0 || size <= SIZE_MAX / count ? net_alloc(count * size) : NULL;
    if (memory)
        __builtin_memset(memory, 0, count * size);
    return memory;
}

void net_free(void *memory)
{
    if (!memory)
        return;
    struct slab *slab = (struct slab *)((uintptr_t)memory & ~(PAGE_SIZE - 1));
    objects--;
    if (slab->class == LARGE) {
        give_pages(slab, slab->pages);
        return;
    }
    assert(slab->class < CLASSES && slab->used > 0);
    slab_give(slab, memory);
}
