/* variables.h: with -g, the variables of the source code: names, types and places, as the module's DWARF has them.
 *
 * A compiler for wasm keeps a variable in a local, or in linear memory, at an address that a local holds (the frame
 * base) or that is constant. What the variable is follows the local through all that LLVM makes of it. */
#ifndef LLVM_VARIABLES_H
#define LLVM_VARIABLES_H

#include "llvm/unit.h"

struct lower;
struct variables;
struct wasm_instr;

/* Reads the variables of a function whose scope of locations is `l->scope`; NULL where none is known. On l->arena. */
struct variables *variables_read(struct lower *l);

/* The next instruction that is built is this one: sets l->scope to the block of the source code there, and says where
 * the variables are. Nothing without l->variables. */
void variables_reach(struct lower *l, const struct wasm_instr *instr);

/* Declares the variables outside of functions; and keeps all that have constant addresses from the optimiser. */
void variables_declare_globals(struct unit *unit);
void variables_keep_globals(struct unit *unit);

#endif
