/* heap.h: small objects and buffers, cut from pages.
 *
 * Objects up to half a page share pages with others of their size class; a page whose objects all came back goes back
 * to the page allocator. What a heap takes altogether has a limit, beyond which it has no memory: a subsystem has a
 * heap of its own, so that none starves another. No object up to a page crosses a page. Not for interrupt handlers. */
#ifndef MM_HEAP_H
#define MM_HEAP_H

#include <stddef.h>
#include <stdint.h>

struct heap_slab;

struct heap_class {
    struct heap_slab *partial; /* pages with a free object */
    struct heap_slab *spare;   /* a few pages without any object, against giving back and taking anew */
    unsigned spare_count;
};

/* All zeroes but the limit is an empty heap. */
struct heap {
    size_t limit;   /* of pages in use */
    size_t keep;    /* pages that it leaves free for the rest of the kernel */
    size_t pages;   /* in use */
    size_t objects; /* that have not been freed; single pages not included */
    struct heap_class classes[12];
};

/* NULL when there is none. Aligned to 16; at most 2 MiB less 32 bytes. */
void *heap_alloc(struct heap *heap, size_t size);
void *heap_alloc_zeroed(struct heap *heap, size_t count, size_t size);
void heap_free(struct heap *heap, void *memory); /* NULL is fine */

/* Whole pages, up to 512 in a row, content undefined. */
void *heap_pages_alloc(struct heap *heap, size_t count);
void heap_pages_free(struct heap *heap, void *pages, size_t count);

#endif
