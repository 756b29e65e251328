#include "llvm/supported.h"

/* Of a memory, whatever its addresses: 4 GiB, all that the reserve of address space is made for (abi.h). */
#define MAX_PAGES 65536u

int supported_check(const struct wasm_module *wasm, struct err *err)
{
    for (uint32_t i = 0; i < wasm->memory_count; i++) {
        const struct wasm_memory *memory = &wasm->memories[i];

        if (memory->limits.min > MAX_PAGES)
            return err_set(err, "%s:0x%x: memory %u: more than 4 GiB to begin with: not supported yet", wasm->file,
                           memory->position, i);
    }
    return 0;
}
