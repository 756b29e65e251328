/* import.h: imported functions as symbols (abi.h, MODULE.FUNCTION). */
#ifndef LLVM_IMPORT_H
#define LLVM_IMPORT_H

#include "llvm/symbols.h"

/* Declares imported function `index`. With allow_missing, one that wasi.def does not list is a function here that
 * traps when it is called. */
LLVMValueRef import_declare_func(struct unit *unit, uint32_t index);

/* Refuses what this compiler cannot import: memories, tables and globals. */
int import_check(const struct wasm_module *wasm, struct err *err);

#endif
