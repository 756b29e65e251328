/* debug.c: libFuzzer's target for debug information: whatever DWARF a module brings, reading it gives rows in order, in
 * the code, of files that there are.
 *
 * The input is the sizes of all sections but the last one, two bytes each, and then their contents: a module's own
 * framing would seldom survive a change. */
#include <stdlib.h>
#include <string.h>

#include "llvm/source.h"

#define CODE_SIZE 4096u

static const char *const names[] = {".debug_abbrev", ".debug_info", ".debug_str", ".debug_line_str", ".debug_line"};

enum { SECTIONS = sizeof names / sizeof names[0] };

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void cut(struct wasm_custom *customs, const uint8_t *bytes, uint32_t size)
{
    uint32_t offset = 2 * (SECTIONS - 1);
    for (unsigned i = 0; i < SECTIONS; i++) {
        uint32_t wanted = i < SECTIONS - 1 ? bytes[2 * i] | (uint32_t)bytes[2 * i + 1] << 8 : size;
        customs[i].name = (struct wasm_name){names[i], (uint32_t)strlen(names[i])};
        customs[i].offset = offset;
        customs[i].size = wanted < size - offset ? wanted : size - offset;
        offset += customs[i].size;
    }
}

static void check(const struct source *source, const struct wasm_section *code)
{
    for (uint32_t i = 0; i < source->row_count; i++) {
        const struct source_row *row = &source->rows[i];
        if (row->offset < code->offset || row->offset > code->offset + code->size ||
            (i > 0 && row->offset < row[-1].offset) || (row->line > 0 && row->file >= source->file_count))
            abort();
    }
    for (uint32_t i = 0; i < source->file_count; i++)
        if (strlen(source->files[i]) > 4096)
            abort();
    for (uint32_t offset = 0; offset < 2 * CODE_SIZE; offset += 97) {
        const struct source_row *row = source_find(source, offset);
        if (row && (row->offset > offset || row->line == 0))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct wasm_section code = {.id = 10, .offset = 100, .size = CODE_SIZE};
    struct wasm_custom customs[SECTIONS];
    struct wasm_module module = {.file = "fuzz.wasm",
                                 .bytes = bytes,
                                 .size = (uint32_t)size,
                                 .sections = &code,
                                 .section_count = 1,
                                 .customs = customs,
                                 .custom_count = SECTIONS};
    struct arena arena = {0};
    if (size < 2 * (SECTIONS - 1))
        return 0;
    cut(customs, bytes, (uint32_t)size);
    check(source_read(&module, &arena), &code);
    arena_free(&arena);
    return 0;
}
