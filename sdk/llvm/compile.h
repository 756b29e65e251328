/* compile.h: from a validated module to a native object (abi.h says what is in it). */
#ifndef LLVM_COMPILE_H
#define LLVM_COMPILE_H

#include <stdbool.h>

#include "base/err.h"
#include "wasm/bind.h"

struct compile_options {
    unsigned optimise;  /* 0 to 3 */
    const char *cpu;    /* "x86-64-v1" to "x86-64-v4", or "native" */
    bool debug;         /* keep the names and line tables for debuggers */
    bool locate_all;    /* the code map tells of all code where it comes from, not of calls and what can trap only */
    bool allow_missing; /* an import that wasi.def does not list becomes a trap when called */
    unsigned jobs;      /* threads for code generation; 0: one a processor. The object does not depend on it. */
    const struct wasm_instance *instance; /* the module as one of several of a program (wasm/bind.h), with bindings;
                                             NULL: it is the program */
    const char *exports; /* for callers in C: exported functions become the visible symbols EXPORTS.NUMBER, numbered as
                            the module's exports are, and EXPORTS.program is the descriptor; NULL: it is mewz_program */
    const char *digest;  /* of the module's file, for provenance; NULL where it does not matter */
    void (*progress)(uint32_t done, uint32_t total, double seconds); /* called now and then, by one thread at a time,
                                                                       and at the end with done == total; or NULL */
    void (*warn)(const char *text); /* called with a line about what is missing in the result; or NULL */
    uint64_t memory_max;            /* the largest linear memory in wasm pages; 0: what the module declares */
};

/* Writes the object for `module`, which must be validated, to `path`. The same module and options give the same
 * bytes. Fails on what the compiler cannot lower, naming file, offset and function, and on what LLVM reports. */
int llvm_compile(const struct wasm_module *module, const struct compile_options *options, const char *path,
                 struct err *err);

#endif
