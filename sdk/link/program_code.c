#include "link/program_code.h"

#include <string.h>

#include "link/program.h"
#include "wasm/reader.h"

static bool read_at(const struct elf *elf, const void *address, void *to, size_t size)
{
    const uint8_t *bytes = elf_at_address(elf, (uint64_t)address, size);
    if (bytes)
        memcpy(to, bytes, size);
    return bytes != NULL;
}

static bool read_func(const struct elf *elf, const struct mewz_code_map *map, uint32_t index, struct program_func *func)
{
    struct mewz_code_func entry;
    if (!read_at(elf, (const void *)((uint64_t)map->funcs + index * sizeof entry), &entry, sizeof entry))
        return false;
    *func = (struct program_func){
        .module = elf_text_at_address(elf, (uint64_t)map->module),
        .name = elf_text_at_address(elf, (uint64_t)map->names + entry.name),
        .index = entry.index,
        .address = (uint64_t)map->code + entry.code,
        .code_size = entry.code_size,
        .wasm_offset = entry.wasm_offset,
        .wasm_size = entry.wasm_size,
        .rows = (uint64_t)map->row_bytes + entry.rows,
        .row_count = entry.row_count,
    };
    return func->module && func->name;
}

/* Makes room for `count` functions. It doubles: a damaged file may have as many maps as functions. */
static void reserve(struct program_code *code, size_t count, size_t *capacity, struct arena *arena)
{
    if (count <= *capacity)
        return;
    *capacity = count > 2 * *capacity ? count : 2 * *capacity;
    struct program_func *funcs = arena_array(arena, *capacity, sizeof *funcs);
    if (code->func_count)
        memcpy(funcs, code->funcs, code->func_count * sizeof *funcs);
    code->funcs = funcs;
}

/* A map is not empty, and all of them have no more functions than the file has room for: otherwise a damaged file could
 * lead round in a circle. */
static bool read_map(const struct elf *elf, const struct mewz_code_map *map, struct program_code *code,
                     size_t *capacity, struct arena *arena)
{
    size_t count = code->func_count + map->func_count;
    if (map->func_count == 0 || count > elf->size / sizeof(struct mewz_code_func))
        return false;
    reserve(code, count, capacity, arena);
    for (uint32_t i = 0; i < map->func_count; i++)
        if (!read_func(elf, map, i, &code->funcs[code->func_count++]))
            return false;
    return true;
}

bool program_code_read(const struct elf *elf, struct program_code *code, struct arena *arena)
{
    struct mewz_program program;
    size_t capacity = 0;
    *code = (struct program_code){0};
    if (!program_find(elf, &program) || program.abi_version != MEWZ_ABI_VERSION)
        return false;
    for (const struct mewz_code_map *at = program.code_map; at;) {
        struct mewz_code_map map;
        if (!read_at(elf, at, &map, sizeof map) || !read_map(elf, &map, code, &capacity, arena))
            return false;
        at = map.next;
    }
    return code->func_count > 0;
}

const struct program_row *program_code_rows(const struct elf *elf, const struct program_func *func, struct arena *arena)
{
    const uint8_t *bytes = elf_at_address(elf, func->rows, func->row_count * 2ul); /* a row has two bytes at least */
    if (!bytes)
        return NULL;
    size_t left = (size_t)(elf->bytes + elf->size - bytes);
    struct wasm_reader reader = {.module = bytes, .end = left < UINT32_MAX ? (uint32_t)left : UINT32_MAX};
    struct program_row *rows = arena_array(arena, func->row_count + 1ul, sizeof *rows);
    struct program_row row = {func->address, func->wasm_offset};
    struct err ignored = {0};
    for (uint32_t i = 0; i < func->row_count; i++) {
        uint64_t step;
        int64_t distance;
        if (wasm_read_uleb(&reader, 64, &step, &ignored) || wasm_read_sleb(&reader, 64, &distance, &ignored))
            return NULL;
        row.address += step;
        row.wasm_offset += (uint32_t)distance;
        rows[i] = row;
    }
    return rows;
}
