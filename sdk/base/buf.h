/* buf.h: a growing sequence of bytes on the heap.
 *
 * Starts as `struct buf b = {0}`; the owner calls buf_free. Like the arena it never fails: out of memory ends the
 * process with one line. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

struct buf {
    uint8_t *data;
    size_t size;
    size_t capacity;
};

void buf_append(struct buf *buf, const void *bytes, size_t size);
void *buf_extend(struct buf *buf, size_t size); /* appends `size` zero bytes, returns where they begin */
void buf_byte(struct buf *buf, uint8_t byte);
void buf_u32(struct buf *buf, uint32_t value);  /* little-endian */
void buf_uleb(struct buf *buf, uint64_t value); /* unsigned LEB128, as the next one signed */
void buf_sleb(struct buf *buf, int64_t value);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_free(struct buf *buf);

#endif
