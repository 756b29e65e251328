/* used.h: how much of a loaded value is used. */
#ifndef LLVM_USED_H
#define LLVM_USED_H

#include <llvm-c/Core.h>
#include <stdbool.h>

/* Whether what uses the value takes only some of its bytes, as far as one instruction tells. LLVM could load no more
 * than these. */
bool used_in_part(LLVMValueRef load);

/* Whether there are uses, but none of them passes anything on: lanes that nobody takes. */
bool used_nowhere(LLVMValueRef load);

/* Whether the store writes back what was loaded there, changed by a constant. LLVM could write only the bytes that
 * change. */
bool used_for_update(LLVMValueRef store);

#endif
