/* decode.h: what the parts of the decoder share. wasm/module.h is what others see.
 *
 * A function of this header returns 0, or -1 with the error set. */
#ifndef WASM_DECODE_H
#define WASM_DECODE_H

#include "wasm/module.h"
#include "wasm/reader.h"

struct decoder {
    struct wasm_module *module;
    struct wasm_reader reader; /* its end is that of the section, or of the code entry */
    struct arena *arena;
    struct err *err;
};

/* --- vectors (decode.c) --- */

/* `items` with room for `added` more: a new array of which the first `count` are copies. Never NULL. */
void *decode_extend(struct decoder *d, const void *items, uint32_t count, uint32_t added, size_t item_size);

/* `items` with room for one more, where the number to come is unknown: doubled whenever `count` is a power of two. */
void *decode_extend_by_one(struct decoder *d, void *items, uint32_t count, size_t item_size);

/* A vector's length, of elements that take at least `element_size` bytes, at most `limit`. */
int decode_count(struct decoder *d, uint32_t element_size, uint32_t limit, const char *what, uint32_t *count);

/* Adds which element of a vector an error is about. Always -1. */
int decode_fail_in(struct decoder *d, const char *what, uint32_t index);

/* --- parts of several sections (decode.c) --- */

/* Finds where an expression ends. Which instructions it may have is validate.c's question; blocks are counted so that
 * the `end` of one is not taken for the expression's. */
int decode_expr(struct decoder *d, struct wasm_expr *expr);

/* A tag's type, behind a byte that says what the tag is for: exceptions (5.3.11). */
int decode_tagtype(struct decoder *d, struct wasm_tag *tag);

/* --- sections --- */

/* Section 5.5.5. Each import also begins the index space of its kind. */
int decode_imports(struct decoder *d);

/* Sections 5.5.12 and 5.5.14. */
int decode_elems(struct decoder *d);
int decode_datas(struct decoder *d);

#endif
