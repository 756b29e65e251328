/* arena.h: memory that is freed all at once.
 *
 * The compiler has one arena a compile. Allocation never returns NULL: when memory ends, the process ends with one
 * line and EXIT_FAILED, since a compiler has nothing better to do then. An arena is used by one thread at a time. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_block;
struct buf;

struct arena {
    struct arena_block *blocks;
};

/* An arena starts as `struct arena a = {0}`. */
void *arena_alloc(struct arena *arena, size_t size);                       /* zeroed, aligned to 16 bytes */
void *arena_array(struct arena *arena, size_t count, size_t element_size); /* the same, checks the product */
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
char *arena_copy_string(struct arena *arena, const char *bytes, size_t size); /* adds the terminating zero */
void *arena_take(struct arena *arena, struct buf *buf); /* what is in the buffer, which is empty then */
void arena_free(struct arena *arena);                   /* everything; the arena is empty again */

#endif
