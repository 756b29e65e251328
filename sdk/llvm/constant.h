/* constant.h: constant expressions (core specification, section 3.3.10) as LLVM constants. */
#ifndef LLVM_CONSTANT_H
#define LLVM_CONSTANT_H

#include "llvm/unit.h"

/* The one instruction that stands for the expression's value. The values of globals that it may refer to are in
 * `globals`. It is a `global.get`, of any global, where only instantiation will know the value. */
struct wasm_instr constant_fold(const struct wasm_module *wasm, const struct wasm_instr *globals,
                                struct wasm_expr expr);
bool constant_is_known(const struct wasm_instr *value);

/* The expression's value as a constant; or NULL where only instantiation will know it. */
LLVMValueRef constant_eval(struct unit *unit, struct wasm_expr expr);

/* Builds code that computes the value. */
LLVMValueRef constant_build(struct unit *unit, struct wasm_expr expr);

/* The value of a `const` instruction. */
LLVMValueRef constant_value(struct unit *unit, const struct wasm_instr *instr);

#endif
