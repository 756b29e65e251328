/* compile.c: libFuzzer's target for the whole way from bytes to an object. Whatever is valid compiles, or is refused
 * with a message; a compilation does not end the process, nor leave files behind. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "llvm/compile.h"

/* Larger modules say nothing new, and take LLVM long. */
#define SIZE_MAX_HERE 4096u

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const struct compile_options options = {.optimise = 2, .cpu = "x86-64-v2", .jobs = 1, .exports = "fuzz"};
    struct wasm_module module;
    struct arena arena = {0};
    struct err err = {0};
    char path[64];
    snprintf(path, sizeof path, "/tmp/mewz-fuzz-%d.o", (int)getpid());
    if (size <= SIZE_MAX_HERE && wasm_decode(&module, "fuzz.wasm", bytes, size, &arena, &err) == 0 &&
        wasm_validate(&module, &arena, &err) == 0) {
        int result = llvm_compile(&module, &options, path, &err);
        if ((result != 0) != err.set || (result == 0) != (access(path, F_OK) == 0) || strncmp(err.text, "LLVM", 4) == 0)
            abort();
        unlink(path);
    }
    arena_free(&arena);
    return 0;
}
