/* disassemble.h: native code as text. */
#ifndef LLVM_DISASSEMBLE_H
#define LLVM_DISASSEMBLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct disassembly {
    const uint8_t *code; /* of x86-64 */
    size_t size;
    const char *(*name)(void *context, uint64_t target); /* of a branch's target, which counts from the code's first
                                                            byte; NULL where it has none */
    void (*instruction)(void *context, uint64_t offset, const char *text); /* called for each; in AT&T's syntax, a tab
                                                                              behind the mnemonic */
    void *context;
};

/* Calls `instruction` for each one of the code in order. Fails on bytes that are none. */
int llvm_disassemble(const struct disassembly *disassembly, struct err *err);

#endif
