/* debug.c: libFuzzer's target for debug information: whatever DWARF a module brings, reading it gives rows in order, in
 * the code, of files that there are; and the DIEs of its functions, with all below them, can be read to an end.
 *
 * The input is the sizes of all sections but the last one, two bytes each, and then their contents: a module's own
 * framing would seldom survive a change. */
#include <stdlib.h>
#include <string.h>

#include "llvm/source_dies.h"

#define CODE_SIZE 4096u

static const char *const names[] = {".debug_abbrev",   ".debug_info",        ".debug_str",  ".debug_line_str",
                                    ".debug_loc",      ".debug_ranges",      ".debug_addr", ".debug_loclists",
                                    ".debug_rnglists", ".debug_str_offsets", ".debug_line"};

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

static void check_list(const struct die *die, unsigned name)
{
    struct die_list list;
    struct dwarf_bytes block;
    uint64_t begin, end;
    if (!die_list_open(&list, die, name))
        return;
    while (die_list_next(&list, &begin, &end, &block) && die_spend(die->reader, 1))
        if (name == DW_AT_location && block.at < block.end)
            (void)*(const volatile uint8_t *)(block.end - 1); /* all of it is there */
}

static void check_die(const struct source *source, const struct die *parent, unsigned depth)
{
    struct die die;
    uint64_t number;
    struct dwarf_bytes block;
    if (!die_child(parent, &die))
        return;
    do {
        if (die.offset <= parent->offset || strlen(die_name(&die)) > 4096 || strlen(source_path(source, &die)) > 4096)
            abort();
        check_list(&die, DW_AT_ranges);
        check_list(&die, DW_AT_location);
        die_number(&die, DW_AT_byte_size, &number);
        die_block(&die, DW_AT_frame_base, &block);
        if (depth < 32)
            check_die(source, &die, depth + 1);
    } while (die_next(&die));
}

static void check_dies(const struct source *source)
{
    struct die_reader reader = die_reader_make(source->dies);
    struct die die, type;
    for (uint32_t i = 0; i < source->func_count; i++) {
        const struct source_func *found = source_find_func(source, source->funcs[i].offset);
        if (!found || found->offset != source->funcs[i].offset || !die_at(&reader, found->die, &die))
            abort();
        check_die(source, &die, 0);
    }
    for (uint32_t i = 0; i < source->global_count; i++)
        if (!die_at(&reader, source->globals[i], &die))
            abort();
        else if (die_reference(&die, DW_AT_type, &type))
            check_die(source, &type, 0);
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
    const struct source *source;
    if (size < 2 * (SECTIONS - 1))
        return 0;
    cut(customs, bytes, (uint32_t)size);
    source = source_read(&module, &arena);
    check(source, &code);
    check_dies(source);
    arena_free(&arena);
    return 0;
}
