/* emit.h: from a unit's IR to the bytes of an object. */
#ifndef LLVM_EMIT_H
#define LLVM_EMIT_H

#include "llvm/unit.h"

/* Verifies, optimises and emits. The caller disposes of *object. */
int emit_unit(struct unit *unit, LLVMMemoryBufferRef *object, struct err *err);

#endif
