/* print.h: instructions as text. */
#ifndef WASM_PRINT_H
#define WASM_PRINT_H

#include "base/buf.h"
#include "wasm/module.h"

/* Appends an instruction of the module, which is valid, as the text format has it in its unfolded form (section 6.5),
 * with indices as numbers, and behind a function's index its name as a comment. */
void wasm_print_instr(const struct wasm_module *module, const struct wasm_instr *instr, struct buf *text);

#endif
