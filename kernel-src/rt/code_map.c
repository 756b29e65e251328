/* code_map.c: see code_map.h. */
#include "rt/code_map.h"

#include <stddef.h>

#include "rt/reader.h"

static uint64_t code_start(const struct mewz_code_map *map, const struct mewz_code_func *func)
{
    return (uint64_t)map->code + func->code;
}

const struct mewz_code_func *code_map_find(const struct mewz_code_map *map, uint64_t address)
{
    uint32_t low = 0, high = map->func_count; /* functions before `low` begin at or below the address */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (code_start(map, &map->funcs[middle]) <= address)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0)
        return NULL;
    const struct mewz_code_func *func = &map->funcs[low - 1];
    return address - code_start(map, func) < func->code_size ? func : NULL;
}

uint32_t code_map_offset(const struct mewz_code_map *map, const struct mewz_code_func *func, uint64_t address)
{
    uint64_t native = code_start(map, func);
    uint32_t offset = func->wasm_offset;
    /* The table of rows has no length: the count ends it. */
    struct reader rows = {.at = map->row_bytes + func->rows, .end = (const uint8_t *)UINTPTR_MAX};
    for (uint32_t i = 0; i < func->row_count; i++) {
        native += reader_uleb(&rows);
        if (native > address)
            break;
        offset += (uint32_t)reader_sleb(&rows);
    }
    return offset;
}

static int owns(const struct mewz_code_func *func, uint32_t offset)
{
    return offset >= func->wasm_offset && offset - func->wasm_offset < func->wasm_size;
}

const struct mewz_code_func *code_map_owner(const struct mewz_code_map *map, const struct mewz_code_func *func,
                                            uint32_t offset)
{
    for (uint32_t i = 0; i < map->func_count && !owns(func, offset); i++) {
        if (owns(&map->funcs[i], offset))
            return &map->funcs[i];
    }
    return func;
}

const struct mewz_code_line *code_map_line(const struct mewz_code_map *map, uint32_t offset)
{
    uint32_t low = 0, high = map->line_count; /* rows before `low` begin at or below the offset */
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (map->lines[middle].wasm_offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && map->lines[low - 1].line > 0 ? &map->lines[low - 1] : NULL;
}
