/* import.h: imported functions as symbols (abi.h, MODULE.FUNCTION). */
#ifndef LLVM_IMPORT_H
#define LLVM_IMPORT_H

#include "llvm/symbols.h"

/* Declares the system's function that a module imports. With allow_missing, one that wasi.def does not list is a
 * function here that traps when it is called. */
LLVMValueRef import_declare_func(struct unit *unit, const struct wasm_module *wasm, const struct wasm_import *import);

/* Refuses what no system provides: globals and tags, and functions of names that an object cannot have. */
int import_check(const struct wasm_instance *instance, struct err *err);

#endif
