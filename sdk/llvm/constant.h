/* constant.h: constant expressions (core specification, section 3.3.10) as LLVM constants. */
#ifndef LLVM_CONSTANT_H
#define LLVM_CONSTANT_H

#include "llvm/unit.h"

LLVMValueRef constant_eval(struct unit *unit, struct wasm_expr expr);

/* The value of a `const` instruction. */
LLVMValueRef constant_value(struct unit *unit, const struct wasm_instr *instr);

/* The value of an i32 expression, for offsets of segments. */
uint32_t constant_eval_i32(struct unit *unit, struct wasm_expr expr);

#endif
