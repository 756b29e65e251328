/* source.c: see source.h. Here the line tables are read, with the folders that their paths are relative to. Each
 * table is read once, whichever compile units there are for it, so that time and memory grow with the sections' sizes.
 */
#include "llvm/source.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "llvm/line_program.h"
#include "llvm/source_dies.h"
#include "llvm/source_files.h"
#include "llvm/source_units.h"

/* Where the code section's content begins, and its size. */
static struct wasm_section code_section(const struct wasm_module *wasm)
{
    enum { CODE = 10 };

    for (uint32_t i = 0; i < wasm->section_count; i++)
        if (wasm->sections[i].id == CODE)
            return wasm->sections[i];
    return (struct wasm_section){0};
}

/* What the paths of files may take for each byte of line tables: they name their folders in full, files by a number. */
#define PATHS_PER_BYTE 16

struct reading {
    struct wasm_section code;
    struct arena *arena;
    struct buf files;      /* const char * */
    struct buf rows;       /* struct source_row */
    uint64_t paths_budget; /* bytes that the paths of files may still take */

    /* Of one table: */
    struct source_files tables;
    uint32_t *numbers; /* of its files in `files`, and one more; 0: not used yet */
    bool is_in_sequence, is_dropped;
};

/* The number of a file, and one more; 0 where its path is not known. Paths are made as they are used: a name of a few
 * bytes can be in a folder with a long one. */
static uint32_t number_file(struct reading *reading, uint32_t index)
{
    const char *path;

    if (index >= source_files_count(&reading->tables))
        return 0;
    if (reading->numbers[index] == 0) {
        path = source_files_path(&reading->tables, index, &reading->paths_budget, reading->arena);
        if (!path)
            return 0;
        buf_append(&reading->files, &path, sizeof(path));
        reading->numbers[index] = (uint32_t)(reading->files.size / sizeof(path));
    }
    return reading->numbers[index];
}

/* Whether the linker left the function out whose lines begin at the address: then that is 0, or beyond all code. */
static bool is_dropped(const struct reading *reading, uint64_t address)
{
    return address == 0 || address > reading->code.size;
}

static void add_row(void *context, const struct line_state *state)
{
    struct reading *reading = context;
    struct source_row row = {0};
    uint32_t file;

    if (!reading->is_in_sequence)
        reading->is_dropped = is_dropped(reading, state->address);
    reading->is_in_sequence = !state->ends_sequence;
    if (reading->is_dropped || is_dropped(reading, state->address))
        return;
    row.offset = reading->code.offset + (uint32_t)state->address;
    file = state->ends_sequence || state->line == 0 || state->line > INT32_MAX ? 0 : number_file(reading, state->file);
    if (file > 0) {
        row.file = file - 1;
        row.line = state->line;
        row.column = state->column;
    }
    buf_append(&reading->rows, &row, sizeof(row));
}

/* All rows of a table, or none. The unit's bytes are behind its length. */
static bool read_table(struct reading *reading, struct dwarf_unit *unit, const char *folder)
{
    struct line_program program = {.add_row = add_row, .context = reading};
    size_t rows_size = reading->rows.size;
    bool result;

    if (!line_program_open(&program, unit))
        return false;
    result = source_files_read(&reading->tables, program.files, unit, folder);
    if (result) {
        reading->numbers = memory_alloc(source_files_count(&reading->tables) * sizeof(*reading->numbers));
        reading->is_in_sequence = false;
        result = line_program_run(&program) && !reading->is_in_sequence;
        free(reading->numbers);
    }
    if (!result)
        reading->rows.size = rows_size;
    source_files_fini(&reading->tables);
    return result;
}

/* False where something is damaged: what can be read is known. */
static bool read_tables(struct reading *reading, const struct wasm_module *wasm)
{
    struct dwarf_bytes lines = dwarf_section(wasm, ".debug_line");
    struct dwarf_bytes strings = dwarf_section(wasm, ".debug_str");
    struct dwarf_unit unit = {.strings = strings, .line_strings = dwarf_section(wasm, ".debug_line_str")};
    const uint8_t *begin = lines.at;
    struct buf folders = {0};
    bool result =
        source_units_read(dwarf_section(wasm, ".debug_info"), dwarf_section(wasm, ".debug_abbrev"), strings, &folders);

    reading->paths_budget = (64u << 10) + PATHS_PER_BYTE * (uint64_t)(lines.end - begin);
    while (lines.at < lines.end) {
        const char *folder = source_units_folder(&folders, (uint64_t)(lines.at - begin));

        dwarf_read_unit(&lines, &unit);
        result &= !lines.failed && read_table(reading, &unit, folder);
    }
    buf_free(&folders);
    return result;
}

/* By offset; the end of one function before the begin of the next. */
static int compare_rows(const void *a, const void *b)
{
    const struct source_row *left = a, *right = b;

    if (left->offset != right->offset)
        return left->offset < right->offset ? -1 : 1;
    return (left->line != 0) - (right->line != 0);
}

struct source *source_read(const struct wasm_module *wasm, struct arena *arena)
{
    struct reading reading = {.code = code_section(wasm), .arena = arena};
    struct source *source = arena_alloc(arena, sizeof(*source));

    source->code_offset = reading.code.offset;
    source->is_damaged = !read_tables(&reading, wasm);
    source_find_dies(source, wasm, arena);
    source->file_count = (uint32_t)(reading.files.size / sizeof(char *));
    source->row_count = (uint32_t)(reading.rows.size / sizeof(struct source_row));
    source->files = arena_take(arena, &reading.files);
    source->rows = arena_take(arena, &reading.rows);
    if (source->row_count > 0)
        qsort(source->rows, source->row_count, sizeof(*source->rows), compare_rows);
    return source;
}

const struct source_row *source_find(const struct source *source, uint32_t offset)
{
    uint32_t low = 0, high = source->row_count; /* rows before `low` begin at or below the offset */

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (source->rows[middle].offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 && source->rows[low - 1].line > 0 ? &source->rows[low - 1] : NULL;
}

const struct source_func *source_find_func(const struct source *source, uint32_t offset)
{
    uint32_t low = 0, high = source->func_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (source->funcs[middle].offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low < source->func_count && source->funcs[low].offset == offset ? &source->funcs[low] : NULL;
}
