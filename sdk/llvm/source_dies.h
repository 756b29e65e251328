/* source_dies.h: where the DWARF of a module describes its functions and variables: which DIEs. */
#ifndef LLVM_SOURCE_DIES_H
#define LLVM_SOURCE_DIES_H

#include "llvm/die.h"
#include "llvm/source.h"

/* Adds the DIEs of all functions with code, and of variables outside of functions, to the source. */
void source_find_dies(struct source *source, const struct wasm_module *wasm, struct arena *arena);

/* What stands before the name of a DIE in the language: "std::" or "". */
const char *source_path(const struct source *source, const struct die *die);

#endif
