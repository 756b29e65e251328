/* segment.h: tables and segments as data of the object: what can be done at build time of their initialisation. */
#ifndef LLVM_SEGMENT_H
#define LLVM_SEGMENT_H

#include "llvm/unit.h"

/* Element `index` of a segment as a constant; NULL where only instantiation knows it. */
LLVMValueRef segment_element(struct unit *unit, const struct wasm_elem *elem, uint32_t index);

/* The first `count` elements of a segment; null where only instantiation knows them. */
LLVMValueRef segment_make_elements(struct unit *unit, const struct wasm_elem *elem, uint32_t count);
LLVMValueRef segment_make_bytes(struct unit *unit, const uint8_t *bytes, size_t size);

/* The value of an i32 or i64 expression for the offset of a segment; false where only instantiation knows it. */
bool segment_find_offset(struct unit *unit, struct wasm_expr expr, uint64_t *offset);
bool segment_is_inside(uint64_t offset, uint64_t count, uint64_t size);

/* Define the segments that table.init and memory.init may read. */
void segment_define_elems(struct unit *unit);
void segment_define_datas(struct unit *unit);

/* Defines the instance's own tables. Elements of the first active segments are initial values (plan.h,
 * initial_elem_count); those behind come when instantiation has come to them (core specification, section 4.7.2). */
void segment_define_tables(struct unit *unit);

#endif
