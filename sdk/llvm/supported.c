#include "llvm/supported.h"

/* Of a memory, whatever its addresses: 4 GiB, all that the reserve of address space is made for (abi.h). */
#define MAX_PAGES 65536u

static int refuse(const struct wasm_module *wasm, uint32_t position, const char *kind, uint32_t index, const char *what,
                  struct err *err)
{
    return err_set(err, "%s:0x%x: %s %u: %s: not supported yet", wasm->file, position, kind, index, what);
}

int supported_check(const struct wasm_module *wasm, struct err *err)
{
    for (uint32_t i = 0; i < wasm->memory_count; i++) {
        const struct wasm_memory *memory = &wasm->memories[i];

        if (memory->limits.min > MAX_PAGES)
            return refuse(wasm, memory->position, "memory", i, "more than 4 GiB", err);
    }
    for (uint32_t i = 0; i < wasm->table_count; i++) {
        const struct wasm_table *table = &wasm->tables[i];

        if (table->init.size)
            return refuse(wasm, table->position, "table", i, "an initial value", err);
    }
    return 0;
}
