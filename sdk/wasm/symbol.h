/* symbol.h: the symbol that an imported function has in the object (docs/abi.md).
 *
 * It is `module.function`. A function that wasi.def lists first with another type than the module declares gets
 * `module.function:iii:i`, so that it can never bind to the function of that name: official and older types of one
 * name differ (sock_accept). A system defines such a symbol too where wasi.def lists that type further down. */
#ifndef WASM_SYMBOL_H
#define WASM_SYMBOL_H

#include "base/arena.h"
#include "wasm/module.h"

/* The symbol on the arena; the import is of a function. *is_known says whether wasi.def lists it, type included. A
 * name with a zero byte in it gives what stands before that: no system has a function of such a name. */
char *wasm_import_symbol(const struct wasm_module *module, const struct wasm_import *import, struct arena *arena,
                         bool *is_known);

#endif
