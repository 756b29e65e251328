#include "link/program.h"

#include <string.h>

/* Where a symbol's content lies in the file: at least one byte, and how many follow up to the end of its section or
 * segment. NULL where it is not in the file. */
struct place {
    const uint8_t *bytes;
    size_t size;
};

static struct place place_in_section(const struct elf *elf, unsigned index, uint64_t offset)
{
    if (index >= elf->section_count)
        return (struct place){0};
    struct elf_section section = elf_section(elf, index);
    if (!section.bytes || offset >= section.header.sh_size)
        return (struct place){0};
    return (struct place){section.bytes + offset, section.header.sh_size - offset};
}

static struct place place_at_address(const struct elf *elf, uint64_t address)
{
    for (unsigned i = 0; i < elf->segment_count; i++) {
        struct elf_segment segment = elf_segment(elf, i);
        uint64_t offset = address - segment.header.p_vaddr;
        if (segment.header.p_type == PT_LOAD && address >= segment.header.p_vaddr && offset < segment.header.p_filesz)
            return (struct place){segment.bytes + offset, segment.header.p_filesz - offset};
    }
    return (struct place){0};
}

bool program_find(const struct elf *elf, struct mewz_program *program)
{
    struct elf_symbol symbol;
    if (!elf_find_symbol(elf, "mewz_program", &symbol))
        return false;
    struct place place = elf->header.e_type == ET_REL
                             ? place_in_section(elf, symbol.symbol.st_shndx, symbol.symbol.st_value)
                             : place_at_address(elf, symbol.symbol.st_value);
    if (place.size < sizeof *program)
        return false;
    memcpy(program, place.bytes, sizeof *program);
    return true;
}

/* What the relocation of the bytes at `offset` of section `index` refers to. */
static struct place follow_relocation(const struct elf *elf, unsigned index, uint64_t offset)
{
    for (unsigned i = 0; i < elf->section_count; i++) {
        struct elf_section section = elf_section(elf, i);
        if (section.header.sh_type != SHT_RELA || section.header.sh_info != index)
            continue;
        for (size_t at = 0; at + sizeof(Elf64_Rela) <= section.header.sh_size; at += sizeof(Elf64_Rela)) {
            Elf64_Rela rela;
            memcpy(&rela, section.bytes + at, sizeof rela);
            if (rela.r_offset != offset || ELF64_R_SYM(rela.r_info) >= elf->symbol_count)
                continue;
            Elf64_Sym symbol = elf_symbol(elf, (unsigned)ELF64_R_SYM(rela.r_info)).symbol;
            return place_in_section(elf, symbol.st_shndx, symbol.st_value + (uint64_t)rela.r_addend);
        }
    }
    return (struct place){0};
}

const char *program_name(const struct elf *elf, struct arena *arena)
{
    struct mewz_program program;
    struct elf_symbol symbol;
    if (!program_find(elf, &program) || !elf_find_symbol(elf, "mewz_program", &symbol))
        return NULL;
    struct place place = elf->header.e_type == ET_REL
                             ? follow_relocation(elf, symbol.symbol.st_shndx,
                                                 symbol.symbol.st_value + offsetof(struct mewz_program, name))
                             : place_at_address(elf, (uint64_t)program.name);
    if (!place.bytes || !memchr(place.bytes, 0, place.size))
        return NULL;
    return arena_copy_string(arena, (const char *)place.bytes, strlen((const char *)place.bytes));
}

const char *const *program_provenance(const struct elf *elf, const char *name, struct arena *arena)
{
    struct elf_section section;
    size_t count = 0, size = 0;
    if (elf_find_section(elf, name, &section) && section.bytes)
        size = section.header.sh_size;
    const char **texts = arena_array(arena, size + 1, sizeof *texts);
    for (size_t at = 0; at < size;) {
        const char *text = (const char *)section.bytes + at;
        const char *zero = memchr(text, 0, size - at);
        if (!zero)
            break;
        if (zero > text) /* what lies between two is padding */
            texts[count++] = arena_copy_string(arena, text, (size_t)(zero - text));
        at += (size_t)(zero - text) + 1;
    }
    return texts;
}
