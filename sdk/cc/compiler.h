/* compiler.h: the code generator, loaded when it is needed.
 *
 * LLVM's shared library costs every process that links it 20 ms at start. So what uses it is a library of this SDK's
 * own, lib/mewz-llvm.so, which only compiling and disassembling load; `mewz-cc run` of a kernel starts without it. */
#ifndef CC_COMPILER_H
#define CC_COMPILER_H

#include "llvm/compile.h"
#include "llvm/disassemble.h"

/* llvm_compile (llvm/compile.h) of lib/mewz-llvm.so. */
int compiler_compile(const struct wasm_module *module, const struct compile_options *options, const char *path,
                     struct err *err);

/* llvm_disassemble (llvm/disassemble.h), likewise. */
int compiler_disassemble(const struct disassembly *disassembly, struct err *err);

#endif
