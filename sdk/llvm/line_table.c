/* line_table.c: see line_table.h. It reads only what this compiler's own LLVM made, yet checks all bounds: a newer LLVM
 * may write something else. */
#include "llvm/line_table.h"

#include <string.h>

#include "llvm/line_program.h"

struct reading {
    const struct elf_section *section;
    const struct elf_section *relocations; /* or NULL */
    bool wants_discriminators;
    struct buf *rows;
};

static void add_row(void *context, const struct line_state *state)
{
    struct reading *reading = context;
    struct line_row row = {.address = state->address,
                           .offset = reading->wants_discriminators ? state->discriminator : state->line};

    if (!state->ends_sequence)
        buf_append(reading->rows, &row, sizeof(row));
}

/* The object is not linked: an address is the addend of the relocation at its place. */
static uint64_t relocate(void *context, const uint8_t *place, uint64_t address)
{
    const struct reading *reading = context;
    uint64_t offset = (uint64_t)(place - reading->section->bytes);
    Elf64_Rela relocation;

    if (!reading->relocations)
        return address;
    for (uint64_t at = 0; at + sizeof(relocation) <= reading->relocations->header.sh_size; at += sizeof(relocation)) {
        memcpy(&relocation, reading->relocations->bytes + at, sizeof(relocation));
        if (relocation.r_offset == offset)
            return (uint64_t)relocation.r_addend;
    }
    return address;
}

int line_table_read(const struct elf *elf, bool wants_discriminators, struct buf *rows, struct err *err)
{
    struct elf_section section, relocations;
    struct reading reading = {.section = &section, .wants_discriminators = wants_discriminators, .rows = rows};
    struct line_program program = {.add_row = add_row, .relocate = relocate, .context = &reading};
    struct dwarf_bytes bytes;

    if (!elf_find_section(elf, ".debug_line", &section))
        return 0;
    if (elf_find_section(elf, ".rela.debug_line", &relocations))
        reading.relocations = &relocations;
    bytes = (struct dwarf_bytes){.at = section.bytes, .end = section.bytes + section.header.sh_size};
    while (bytes.at < bytes.end) {
        struct dwarf_unit unit = {0};

        dwarf_read_unit(&bytes, &unit);
        if (bytes.failed || !line_program_open(&program, &unit))
            return err_set(err, "LLVM wrote a line table that is not of DWARF version 2 to 5");
        if (!line_program_run(&program))
            return err_set(err, "LLVM wrote a line table that ends too early");
    }
    return 0;
}
