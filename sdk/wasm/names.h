/* names.h: names for people: of the module and of its functions. */
#ifndef WASM_NAMES_H
#define WASM_NAMES_H

#include "wasm/module.h"

/* Fills in module->name and func->name from the custom section "name", and from the exports for functions that it
 * leaves out. A custom section cannot make a module malformed (section 5.5.3): where this one is, what was read up to
 * there stays. */
void wasm_decode_names(struct wasm_module *module, struct arena *arena);

#endif
