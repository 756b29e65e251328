/* target.h: what LLVM generates code for. */
#ifndef LLVM_TARGET_H
#define LLVM_TARGET_H

#include <llvm-c/TargetMachine.h>

#include "base/err.h"
#include "llvm/compile.h"

/* A target machine for the options, or NULL. The caller disposes of it. One thread at a time uses it. */
LLVMTargetMachineRef target_machine_new(const struct compile_options *options, struct err *err);

/* True if the CPU is at least of level x86-64-v2: it rounds floats in one instruction (SSE4.1), where LLVM would call
 * the C library without it, and permutes bytes in one (SSSE3). */
bool target_is_v2(const struct compile_options *options);

#endif
