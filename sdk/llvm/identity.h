/* identity.h: operations that LLVM takes for one of their operands.
 *
 * x * 1, x / 1, x - 0, x + -0 and a promotion with its demotion change no number, and LLVM leaves x in their place. But
 * they make a signalling NaN quiet (core specification, section 4.3.3). So nobody may know that an operand is such a
 * constant, whatever way it came: as a float, as an integer of the same bits, converted, through locals, memory or
 * arguments. */
#ifndef LLVM_IDENTITY_H
#define LLVM_IDENTITY_H

#include "llvm/unit.h"

/* Before the optimiser: puts a fence before each operand that might turn out to be such a constant. What is behind a
 * fence is unknown to the optimiser, and it is no instruction. */
void identity_hide(struct unit *unit);

/* When constants have been found and functions inlined: removes the fences that hide none. They would only keep loops
 * from being vectorised. */
void identity_show(struct unit *unit);

/* Before loops are unrolled, which makes constants of what a loop counts: hides that again. */
void identity_hide_counters(struct unit *unit);

#endif
