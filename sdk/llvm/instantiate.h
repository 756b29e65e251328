/* instantiate.h: the function that instantiates (core specification, section 4.7.2).
 *
 * What other instances provide is looked at here: sizes, values of globals, and tables and memories that segments go
 * to. Of an ordinary module nothing is left to do but copying its data, without the zeroes. */
#ifndef LLVM_INSTANTIATE_H
#define LLVM_INSTANTIATE_H

#include "llvm/unit.h"

/* The function's name (unit_instance_symbol); it counts as no wasm function's code (code_map.h). */
#define INSTANTIATE_NAME "instantiate"

/* Defines it in the unit, which is the one that holds the instance, and returns it. */
LLVMValueRef instantiate_define(struct unit *unit);

#endif
