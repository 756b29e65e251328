#include "llvm/supported.h"

static int refuse(const struct wasm_module *wasm, uint32_t position, const char *kind, uint32_t index, const char *what,
                  struct err *err)
{
    return err_set(err, "%s:0x%x: %s %u: %s: not supported yet", wasm->file, position, kind, index, what);
}

int supported_check(const struct wasm_module *wasm, struct err *err)
{
    for (uint32_t i = 0; i < wasm->memory_count; i++) {
        const struct wasm_memory *memory = &wasm->memories[i];

        if (memory->limits.is_64)
            return refuse(wasm, memory->position, "memory", i, "64-bit addresses", err);
        if (i > 0)
            return refuse(wasm, memory->position, "memory", i, "several memories", err);
    }
    for (uint32_t i = 0; i < wasm->table_count; i++) {
        const struct wasm_table *table = &wasm->tables[i];

        if (table->type.limits.is_64)
            return refuse(wasm, table->position, "table", i, "64-bit addresses", err);
        if (table->init.size)
            return refuse(wasm, table->position, "table", i, "an initial value", err);
    }
    return 0;
}
