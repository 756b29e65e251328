#include "llvm/supported.h"

/* Of a memory, whatever its addresses: 4 GiB, all that the reserve of address space is made for (abi.h). */
#define MAX_PAGES 65536u

/* Of all tables of a module, to begin with: they are data of the object. */
#define MAX_ELEMENTS 10000000u

static int check_tables(const struct wasm_module *wasm, struct err *err)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < wasm->table_count; i++) {
        const struct wasm_table *table = &wasm->tables[i];

        if (table->type.limits.min > MAX_ELEMENTS - sum)
            return err_set(err, "%s:0x%x: table %u: too many elements: %lu, the limit for all tables is %u", wasm->file,
                           table->position, i, table->type.limits.min, MAX_ELEMENTS);
        sum += table->type.limits.min;
    }
    return 0;
}

int supported_check(const struct wasm_module *wasm, struct err *err)
{
    for (uint32_t i = 0; i < wasm->memory_count; i++) {
        const struct wasm_memory *memory = &wasm->memories[i];

        if (memory->limits.min > MAX_PAGES)
            return err_set(err, "%s:0x%x: memory %u: more than 4 GiB to begin with: not supported yet", wasm->file,
                           memory->position, i);
    }
    return check_tables(wasm, err);
}
