#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"

#define ALIGNMENT  16
#define BLOCK_SIZE (256 * 1024)

/* Blocks form a list; only the first one has room left. A large allocation gets a block of its own behind the first
 * one, so that the room there is not lost. */
struct arena_block {
    struct arena_block *next;
    size_t used;
    size_t size;
    _Alignas(ALIGNMENT) unsigned char bytes[];
};

static struct arena_block *new_block(size_t size)
{
    if (size > SIZE_MAX - sizeof(struct arena_block))
        size = SIZE_MAX - sizeof(struct arena_block);
    struct arena_block *block = memory_alloc(sizeof *block + size);
    block->size = size;
    return block;
}

static void *alloc_large(struct arena *arena, size_t size)
{
    struct arena_block *block = new_block(size);
    block->used = size;
    if (arena->blocks) {
        block->next = arena->blocks->next;
        arena->blocks->next = block;
    } else {
        arena->blocks = block;
    }
    return block->bytes;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > BLOCK_SIZE / 4)
        return alloc_large(arena, size);
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    struct arena_block *block = arena->blocks;
    if (!block || block->size - block->used < size) {
        block = new_block(BLOCK_SIZE);
        block->next = arena->blocks;
        arena->blocks = block;
    }
    void *result = block->bytes + block->used;
    block->used += size;
    return result;
}

void *arena_array(struct arena *arena, size_t count, size_t element_size)
{
    size_t size;
    if (__builtin_mul_overflow(count, element_size, &size))
        size = SIZE_MAX; /* which no allocation has */
    return arena_alloc(arena, size);
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = arena_alloc(arena, (size_t)size + 1);
    vsnprintf(text, (size_t)size + 1, format, again);
    va_end(again);
    return text;
}

char *arena_copy_string(struct arena *arena, const char *bytes, size_t size)
{
    char *copy = arena_alloc(arena, size + 1);
    if (size)
        memcpy(copy, bytes, size);
    return copy;
}

void *arena_take(struct arena *arena, struct buf *buf)
{
    void *copy = arena_alloc(arena, buf->size);
    if (buf->size)
        memcpy(copy, buf->data, buf->size);
    buf_free(buf);
    return copy;
}

void arena_free(struct arena *arena)
{
    struct arena_block *next;
    for (struct arena_block *block = arena->blocks; block; block = next) {
        next = block->next;
        free(block);
    }
    arena->blocks = NULL;
}
