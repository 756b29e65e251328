/* reader.h: the smallest parts of the binary format (section 5.2), read strictly and never past the reader's end.
 *
 * Each function returns 0 and moves on; or it returns -1, sets a message that names no place, and leaves
 * reader->offset where the fault is, so that a caller with the file's name can say where. */
#ifndef WASM_READER_H
#define WASM_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "wasm/module.h"

static inline uint32_t wasm_reader_left(const struct wasm_reader *reader)
{
    return reader->end - reader->offset;
}

int wasm_read_byte(struct wasm_reader *reader, uint8_t *value, struct err *err);

/* `size` bytes, where they lie. */
int wasm_read_bytes(struct wasm_reader *reader, uint32_t size, const uint8_t **bytes, struct err *err);

/* LEB128 numbers of at most `bits` bits; a sign is extended to 64 bits. */
int wasm_read_uleb(struct wasm_reader *reader, unsigned bits, uint64_t *value, struct err *err);
int wasm_read_sleb(struct wasm_reader *reader, unsigned bits, int64_t *value, struct err *err);

/* A u32 of several bytes, or past the end: for wasm_read_u32 only. */
int wasm_read_u32_slow(struct wasm_reader *reader, uint32_t *value, struct err *err);

/* A u32, which has one byte nearly always. */
static inline int wasm_read_u32(struct wasm_reader *reader, uint32_t *value, struct err *err)
{
    if (reader->offset < reader->end && reader->module[reader->offset] < 0x80) {
        *value = reader->module[reader->offset++];
        return 0;
    }
    return wasm_read_u32_slow(reader, value, err);
}

/* The length of a vector whose elements take `element_size` bytes at least: so many must be left, and therefore what
 * is allocated for them is in proportion to the input. `limit` is this implementation's, `what` names the elements. */
int wasm_read_count(struct wasm_reader *reader, uint32_t element_size, uint32_t limit, const char *what,
                    uint32_t *count, struct err *err);

/* A name: its bytes are checked to be UTF-8 (5.2.4). */
int wasm_read_name(struct wasm_reader *reader, struct wasm_name *name, struct err *err);

/* Types (5.3). */
int wasm_read_valtype(struct wasm_reader *reader, wasm_valtype *type, struct err *err);
int wasm_read_reftype(struct wasm_reader *reader, wasm_valtype *type, struct err *err);
int wasm_read_memtype(struct wasm_reader *reader, struct wasm_limits *limits, struct err *err);
int wasm_read_tabletype(struct wasm_reader *reader, struct wasm_tabletype *type, struct err *err);
int wasm_read_globaltype(struct wasm_reader *reader, struct wasm_globaltype *type, struct err *err);

/* A heap type, as the reference to it that `code` makes (WASM_REF_CODE or WASM_REF_NULL_CODE). */
int wasm_read_heap_type(struct wasm_reader *reader, uint32_t code, wasm_valtype *type, struct err *err);

#endif
