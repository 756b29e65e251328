/* chains.h: how far functions that one instruction calls are inlined into one another.
 *
 * LLVM inlines such a function even where it is large, and each time it copies what was inlined into that one before,
 * with a chain of places for debuggers. So a chain of n functions would cost n * n. Each one that has too long a chain
 * behind it is called instead. */
#ifndef LLVM_CHAINS_H
#define LLVM_CHAINS_H

#include "llvm/plan.h"

/* Sets `ends_chain` by the calls of all functions. */
void chains_cut(struct plan *plan, const struct wasm_module *wasm);

#endif
