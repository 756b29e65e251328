/* object WASM OBJECT...: compiles each module to an object whose exports are the symbols `spec.NAME`, and prints a line
 * for each: `ok`, or why not. The level of optimisation and the CPU come from OPTIMISE and CPU in the environment. */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "wasm/module.h"
#include "llvm/compile.h"

static int compile(const char *path, const char *object, struct err *err)
{
    const char *optimise = getenv("OPTIMISE"), *cpu = getenv("CPU");
    struct compile_options options = {.optimise = optimise ? (unsigned)atoi(optimise) : 2,
                                      .cpu = cpu ? cpu : "x86-64-v2",
                                      .exports = "spec",
                                      .jobs = 1};
    struct wasm_module module;
    struct arena arena = {0};
    struct file file;
    int result = file_read(&file, path, err);
    if (result != 0)
        return result;
    result = wasm_decode(&module, path, file.data, file.size, &arena, err);
    if (result == 0)
        result = wasm_validate(&module, &arena, err);
    if (result == 0)
        result = llvm_compile(&module, &options, object, err);
    arena_free(&arena);
    file_close(&file);
    return result;
}

int main(int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        struct err err = {0};
        if (compile(argv[i], argv[i + 1], &err) == 0)
            puts("ok");
        else
            printf("%s\n", err.text);
    }
    return 0;
}
