/* constant.h: constant expressions (core specification, section 3.3.10) as LLVM constants. */
#ifndef LLVM_CONSTANT_H
#define LLVM_CONSTANT_H

#include "llvm/unit.h"

/* The one instruction that stands for the expression's value. The values of globals that it may refer to are in
 * `globals`. Imported globals are refused before (import.h), so that every global's value is known. */
struct wasm_instr constant_fold(const struct wasm_module *wasm, const struct wasm_instr *globals,
                                struct wasm_expr expr);

LLVMValueRef constant_eval(struct unit *unit, struct wasm_expr expr);

/* The value of a `const` instruction. */
LLVMValueRef constant_value(struct unit *unit, const struct wasm_instr *instr);

/* The value of an i32 or i64 expression, for offsets of segments. */
uint64_t constant_eval_offset(struct unit *unit, struct wasm_expr expr);

#endif
