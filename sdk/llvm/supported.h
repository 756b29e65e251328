/* supported.h: what a valid module may have that code cannot be generated for yet. Instructions are refused where they
 * are lowered (opcodes.def, `unsupported`). */
#ifndef LLVM_SUPPORTED_H
#define LLVM_SUPPORTED_H

#include "wasm/module.h"

/* Fails with the first such thing, by its name. */
int supported_check(const struct wasm_module *wasm, struct err *err);

#endif
