#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static void reserve(struct buf *buf, size_t more)
{
    size_t needed;
    if (__builtin_add_overflow(buf->size, more, &needed))
        needed = SIZE_MAX; /* which no allocation has */
    if (needed <= buf->capacity)
        return;
    size_t doubled = buf->capacity < SIZE_MAX / 2 ? buf->capacity * 2 : SIZE_MAX;
    size_t capacity = needed > doubled ? needed : doubled;
    if (capacity < 64)
        capacity = 64;
    buf->data = memory_resize(buf->data, capacity);
    buf->capacity = capacity;
}

void *buf_extend(struct buf *buf, size_t size)
{
    reserve(buf, size ? size : 1);
    uint8_t *begin = buf->data + buf->size;
    memset(begin, 0, size);
    buf->size += size;
    return begin;
}

void buf_append(struct buf *buf, const void *bytes, size_t size)
{
    if (!size)
        return;
    reserve(buf, size);
    memcpy(buf->data + buf->size, bytes, size);
    buf->size += size;
}

void buf_byte(struct buf *buf, uint8_t byte)
{
    buf_append(buf, &byte, 1);
}

void buf_u32(struct buf *buf, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        buf_byte(buf, (uint8_t)(value >> (8 * i)));
}

void buf_uleb(struct buf *buf, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        buf_byte(buf, (uint8_t)(value | 0x80));
    buf_byte(buf, (uint8_t)value);
}

void buf_sleb(struct buf *buf, int64_t value)
{
    /* The last byte's bit 6 is the sign, so that what is left must be all copies of it. */
    for (; value < -64 || value > 63; value >>= 7)
        buf_byte(buf, (uint8_t)(value | 0x80));
    buf_byte(buf, (uint8_t)(value & 0x7f));
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    size_t size = (size_t)vsnprintf(NULL, 0, format, args);
    va_end(args);
    reserve(buf, size + 1);
    vsnprintf((char *)buf->data + buf->size, size + 1, format, again);
    va_end(again);
    buf->size += size;
}

void buf_free(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf){0};
}
