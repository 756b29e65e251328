/* keep.h: traps that LLVM would optimise away. */
#ifndef LLVM_KEEP_H
#define LLVM_KEEP_H

#include "llvm/unit.h"

/* A load traps out of bounds even if its value is dropped (core specification, section 4.4.7.1), but LLVM deletes a
 * load without a use, and a call of a function that only loads. All loads from linear memory are volatile when they
 * are made. This function runs after passes that delete what the program does not use, when a value with a use is
 * one that matters: such loads become ordinary ones, which the optimiser may merge, move and vectorise; the others
 * stay volatile, and so do those of which a loop uses only the last one's value, behind it (the code must be in LCSSA
 * form). A call without a use gets one; one that may throw must not share the block behind it. */
void keep_traps(struct unit *unit);

/* An access that lies in bounds only in part traps too, but LLVM accesses no more than what the program uses of the
 * value. This function runs before code generation, which then accesses the whole value, of vectors as well as of
 * numbers. */
void keep_widths(struct unit *unit);

#endif
