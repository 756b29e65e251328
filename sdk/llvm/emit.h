/* emit.h: from a unit's IR to an object file. */
#ifndef LLVM_EMIT_H
#define LLVM_EMIT_H

#include "llvm/unit.h"

/* Verifies, optimises and emits, to a file of the caller's temporary folder. */
int emit_unit(struct unit *unit, const char *path, struct err *err);

#endif
