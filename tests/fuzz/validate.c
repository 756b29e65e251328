/* validate.c: libFuzzer's target for the decoder and the validator. What they accept must be read by them in the same
 * way twice. */
#include <stdlib.h>
#include <string.h>

#include "wasm/module.h"

static int judge(const uint8_t *bytes, size_t size, struct wasm_module *module, struct arena *arena)
{
    struct err err = {0};
    int result = wasm_decode(module, "fuzz.wasm", bytes, size, arena, &err);
    if (result == 0)
        result = wasm_validate(module, arena, &err);
    if ((result != 0) != err.set || (err.set && strncmp(err.text, "fuzz.wasm", 9) != 0))
        abort();
    return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct wasm_module first, second;
    struct arena arena = {0};
    int result = judge(bytes, size, &first, &arena);
    if (result != judge(bytes, size, &second, &arena) || (result == 0 && first.features != second.features))
        abort();
    arena_free(&arena);
    return 0;
}
