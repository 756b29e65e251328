/* code_map.c: see code_map.h. Functions are found by their symbols (symbols.h), rows by the line tables: debug
 * information gives a place only to instructions that can trap and to calls (lower.h, lower_locate), so that the
 * table has few rows; but for locate_all. */
#include "llvm/code_map.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <mewz/abi.h>

#include "base/elf.h"
#include "base/file.h"
#include "base/memory.h"
#include "llvm/instance.h"
#include "llvm/line_table.h"
#include "llvm/source.h"
#include "llvm/symbols.h"

struct text_symbol {
    uint64_t address;
    uint64_t size;
    const char *name;
    bool is_visible;
};

struct object {
    struct elf elf;
    struct text_symbol *symbols; /* functions in ascending order of address */
    size_t symbol_count;
    uint64_t text;   /* where its code will lie in the code of all units */
    struct buf rows; /* struct line_row */
};

void code_map_init(struct code_map *map, const struct wasm_instance *instance, const struct source *source,
                   struct arena *arena)
{
    *map = (struct code_map){.wasm = instance->module, .source = source};
    map->has_code = arena_array(arena, map->wasm->func_count, sizeof(bool));
    unit_write_symbol(instance, "", &map->prefix);
}

void code_map_fini(struct code_map *map)
{
    buf_free(&map->funcs);
    buf_free(&map->names);
    buf_free(&map->rows);
    buf_free(&map->lines);
    buf_free(&map->prefix);
    buf_free(&map->anchor);
}

static int compare_symbols(const void *a, const void *b)
{
    const struct text_symbol *left = a, *right = b;

    return left->address < right->address ? -1 : left->address > right->address;
}

static void find_symbols(struct object *object)
{
    object->symbols = memory_alloc(((size_t)object->elf.symbol_count + 1) * sizeof(*object->symbols));
    for (unsigned i = 0; i < object->elf.symbol_count; i++) {
        struct elf_symbol symbol = elf_symbol(&object->elf, i);

        if (ELF64_ST_TYPE(symbol.symbol.st_info) != STT_FUNC || symbol.symbol.st_shndx == SHN_UNDEF)
            continue;
        object->symbols[object->symbol_count++] = (struct text_symbol){
            .address = symbol.symbol.st_value,
            .size = symbol.symbol.st_size,
            .name = symbol.name,
            .is_visible = ELF64_ST_BIND(symbol.symbol.st_info) == STB_GLOBAL,
        };
    }
    qsort(object->symbols, object->symbol_count, sizeof(*object->symbols), compare_symbols);
}

/* The linker puts the units' sections one behind the other, each one where its alignment allows it. */
static int place_text(struct code_map *map, struct object *object, struct err *err)
{
    struct elf_section text;
    uint64_t mask;

    if (!elf_find_section(&object->elf, UNIT_TEXT_SECTION, &text))
        return 0;
    mask = text.header.sh_addralign ? text.header.sh_addralign - 1 : 0;
    object->text = (map->text_size + mask) & ~mask;
    map->text_size = object->text + text.header.sh_size;
    return map->text_size <= UINT32_MAX ? 0 : err_set(err, "the program's code is larger than 4 GiB");
}

/* By a symbol that other objects see the map finds the code. */
static void find_anchor(struct code_map *map, const struct object *object)
{
    for (size_t i = 0; i < object->symbol_count && map->anchor.size == 0; i++)
        if (object->symbols[i].is_visible) {
            buf_append(&map->anchor, object->symbols[i].name, strlen(object->symbols[i].name) + 1);
            map->anchor_place = object->text + object->symbols[i].address;
        }
}

/* The number behind the prefix, alone or before a dot and a name; or WASM_NO_INDEX. */
static uint32_t symbol_index(const struct code_map *map, const char *name)
{
    size_t length = map->prefix.size - 1;
    char *end;
    unsigned long index;

    if (strncmp(name, (const char *)map->prefix.data, length) != 0 || !isdigit((unsigned char)name[length]))
        return WASM_NO_INDEX;
    index = strtoul(name + length, &end, 10);
    return *end == 0 || *end == '.' ? (uint32_t)index : WASM_NO_INDEX;
}

static uint32_t add_name(struct code_map *map, uint32_t index, const char *symbol)
{
    uint32_t at = (uint32_t)map->names.size;

    if (index == WASM_NO_INDEX)
        buf_printf(&map->names, "%s", symbol);
    else if (map->wasm->funcs[index].name)
        buf_printf(&map->names, "%s", map->wasm->funcs[index].name);
    else
        buf_printf(&map->names, "func[%u]", index);
    buf_byte(&map->names, 0);
    return at;
}

/* Writes the rows between `row` and `end` that belong to the function; returns the first row behind it. Rows without
 * an offset come from code that belongs to several places, or to none: the row before goes on there. */
static const struct line_row *add_rows(struct code_map *map, struct mewz_code_func *func,
                                       const struct text_symbol *symbol, const struct line_row *row,
                                       const struct line_row *end)
{
    uint64_t address = symbol->address;
    uint32_t offset = func->wasm_offset;

    func->rows = (uint32_t)map->rows.size;
    while (row < end && row->address < symbol->address)
        row++;
    for (; row < end && row->address < symbol->address + symbol->size; row++) {
        if (row->offset == 0 || row->offset == offset)
            continue;
        buf_uleb(&map->rows, row->address - address);
        buf_sleb(&map->rows, (int64_t)row->offset - offset);
        func->row_count++;
        address = row->address;
        offset = row->offset;
    }
    return row;
}

static void add_func(struct code_map *map, const struct object *object, const struct text_symbol *symbol,
                     const struct line_row **row, const struct line_row *end)
{
    struct mewz_code_func func = {.code = (uint32_t)(object->text + symbol->address),
                                  .code_size = (uint32_t)symbol->size,
                                  .index = symbol_index(map, symbol->name)};

    if (func.index != WASM_NO_INDEX) {
        func.wasm_offset = map->wasm->funcs[func.index].body_offset;
        func.wasm_size = map->wasm->funcs[func.index].body_size;
        map->has_code[func.index] = true;
    }
    func.name = add_name(map, func.index, symbol->name);
    *row = add_rows(map, &func, symbol, *row, end);
    buf_append(&map->funcs, &func, sizeof(func));
}

int code_map_add_object(struct code_map *map, const char *path, struct err *err)
{
    struct object object = {0};
    const struct line_row *row, *end;
    struct file file;
    int result;

    if (file_read(&file, path, err) < 0)
        return -1;
    result = elf_open(&object.elf, path, file.data, file.size, err);
    if (result == 0)
        result = place_text(map, &object, err);
    if (result == 0)
        result = line_table_read(&object.elf, map->source != NULL, &object.rows, err);
    if (result == 0) {
        find_symbols(&object);
        find_anchor(map, &object);
    }
    row = (const struct line_row *)object.rows.data;
    end = row ? row + object.rows.size / sizeof(*row) : NULL;
    for (size_t i = 0; result == 0 && i < object.symbol_count; i++)
        add_func(map, &object, &object.symbols[i], &row, end);
    free(object.symbols);
    buf_free(&object.rows);
    file_close(&file);
    return result;
}

/* Functions that were inlined wherever they are called have no code, but backtraces need their names: they come last,
 * where all code ends. */
static void add_inlined_funcs(struct code_map *map)
{
    for (uint32_t i = map->wasm->imported_func_count; i < map->wasm->func_count; i++) {
        struct mewz_code_func func = {.code = (uint32_t)map->text_size,
                                      .index = i,
                                      .wasm_offset = map->wasm->funcs[i].body_offset,
                                      .wasm_size = map->wasm->funcs[i].body_size};

        if (map->has_code[i])
            continue;
        func.name = add_name(map, i, NULL);
        buf_append(&map->funcs, &func, sizeof(func));
    }
}

/* The paths of files are names too, each one once. Control characters in them would end on terminals. */
static uint32_t add_path(struct code_map *map, uint32_t *paths, uint32_t file)
{
    if (paths[file] == 0) {
        paths[file] = (uint32_t)map->names.size;
        for (const char *at = map->source->files[file]; *at; at++)
            buf_byte(&map->names, iscntrl((unsigned char)*at) ? '?' : (uint8_t)*at);
        buf_byte(&map->names, 0);
    }
    return paths[file];
}

/* Rows that differ in their column only are one here. */
static void add_lines(struct code_map *map)
{
    uint32_t *paths = memory_alloc(((size_t)map->source->file_count + 1) * sizeof(*paths));
    struct mewz_code_line last = {0};

    for (uint32_t i = 0; i < map->source->row_count; i++) {
        const struct source_row *row = &map->source->rows[i];
        struct mewz_code_line line = {.wasm_offset = row->offset, .line = row->line};

        line.file = row->line ? add_path(map, paths, row->file) : 0;
        if (line.file == last.file && line.line == last.line)
            continue;
        buf_append(&map->lines, &line, sizeof(line));
        last = line;
    }
    free(paths);
}

/* Where the code of all units begins. */
static LLVMValueRef find_text(const struct code_map *map, struct unit *unit)
{
    LLVMValueRef anchor = LLVMAddGlobal(unit->module, unit->i8, (const char *)map->anchor.data);
    LLVMValueRef back = unit_i64(unit, -map->anchor_place);

    LLVMSetVisibility(anchor, LLVMHiddenVisibility);
    return LLVMConstGEP2(unit->i8, anchor, &back, 1);
}

static LLVMValueRef make_bytes(struct unit *unit, const struct buf *bytes)
{
    return unit_private_constant(
        unit, LLVMConstStringInContext2(unit->context, (const char *)bytes->data, bytes->size, true));
}

static LLVMValueRef make_words(struct unit *unit, const struct buf *words)
{
    LLVMValueRef array = unit_private_constant(
        unit, LLVMConstStringInContext2(unit->context, (const char *)words->data, words->size, true));

    LLVMSetAlignment(array, sizeof(uint32_t));
    return array;
}

static LLVMValueRef next_map(struct unit *unit)
{
    const struct wasm_instance *next = unit->instance->next;

    return next ? unit_instance_symbol(unit, next, CODE_MAP_NAME) : LLVMConstNull(unit->ptr);
}

static LLVMValueRef make_map(const struct code_map *map, struct unit *unit)
{
    const char *file = map->wasm->file, *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file;
    LLVMValueRef members[] = {
        unit_i32(unit, (uint32_t)(map->funcs.size / sizeof(struct mewz_code_func))),
        unit_i32(unit, (uint32_t)(map->lines.size / sizeof(struct mewz_code_line))),
        find_text(map, unit),
        make_words(unit, &map->funcs),
        make_bytes(unit, &map->names),
        make_bytes(unit, &map->rows),
        unit_private_constant(unit, LLVMConstStringInContext2(unit->context, name, strlen(name), false)),
        next_map(unit),
        make_words(unit, &map->lines),
    };

    return LLVMConstStructInContext(unit->context, members, sizeof(members) / sizeof(members[0]), false);
}

int code_map_define(struct code_map *map, struct unit *unit, struct err *err)
{
    struct buf symbol = {0};
    LLVMValueRef init, variable;

    if (map->anchor.size == 0)
        return err_set(err, "LLVM wrote no function that other objects see");
    add_inlined_funcs(map);
    if (map->source)
        add_lines(map);
    init = make_map(map, unit);
    unit_write_symbol(unit->instance, CODE_MAP_NAME, &symbol);
    variable = LLVMAddGlobal(unit->module, LLVMTypeOf(init), (const char *)symbol.data);
    buf_free(&symbol);
    LLVMSetInitializer(variable, init);
    LLVMSetGlobalConstant(variable, true);
    LLVMSetVisibility(variable, LLVMHiddenVisibility);
    return 0;
}
