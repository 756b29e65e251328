/* keep.h: traps that LLVM would optimise away. */
#ifndef LLVM_KEEP_H
#define LLVM_KEEP_H

#include "llvm/unit.h"

/* A load traps out of bounds even if its value is dropped (core specification, section 4.4.7.1), but LLVM deletes a
 * load without a use. So each load from linear memory has an anchor from the start, a use that costs nothing and that
 * no pass deletes by itself: it says where the value has gone, if to an equal one from an earlier access to the same
 * place. Loads without an anchor must be volatile. Adds the anchor where the unit's builder is, which is behind the
 * load. */
void keep_anchor_load(struct unit *unit, LLVMValueRef load);

/* Removes all anchors, when the optimiser has run, with adce last. What only they used is a load whose value makes no
 * difference: it becomes volatile. So those that matter are ordinary ones all the time, which the optimiser may merge,
 * move and vectorise. */
void keep_traps(struct unit *unit);

/* An access that lies in bounds only in part traps too, but LLVM accesses no more than what the program uses of the
 * value. This function runs before code generation, which then accesses the whole value, of vectors as well as of
 * numbers. */
void keep_widths(struct unit *unit);

#endif
