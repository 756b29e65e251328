#include "link/blob.h"

#include <elf.h>
#include <string.h>

/* The file, in this order: header, the bytes, the symbols, their names, the sections' names, the section headers. */

enum { SECTION_NULL, SECTION_BLOB, SECTION_SYMBOLS, SECTION_SYMBOL_NAMES, SECTION_NAMES, SECTION_COUNT };

#define ALIGNMENT 16

static size_t align(struct buf *out)
{
    buf_extend(out, -out->size & (ALIGNMENT - 1));
    return out->size;
}

static uint32_t append_name(struct buf *names, const char *name)
{
    uint32_t offset = (uint32_t)names->size;
    buf_append(names, name, strlen(name) + 1);
    return offset;
}

/* Appends the content of section `index` and fills in its header. */
static void append_section(struct buf *out, struct buf *names, Elf64_Shdr *header, const char *name, const void *bytes,
                           size_t size)
{
    header->sh_name = append_name(names, name);
    header->sh_offset = align(out);
    header->sh_size = size;
    header->sh_addralign = ALIGNMENT;
    buf_append(out, bytes, size);
}

static Elf64_Sym make_symbol(struct buf *names, const char *name, uint64_t value)
{
    return (Elf64_Sym){
        .st_name = append_name(names, name),
        .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT),
        .st_other = STV_HIDDEN,
        .st_shndx = SECTION_BLOB,
        .st_value = value,
    };
}

void blob_encode(const struct blob *blob, struct buf *out)
{
    Elf64_Ehdr file = {
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_REL,
        .e_machine = EM_X86_64,
        .e_version = EV_CURRENT,
        .e_ehsize = sizeof(Elf64_Ehdr),
        .e_shentsize = sizeof(Elf64_Shdr),
        .e_shnum = SECTION_COUNT,
        .e_shstrndx = SECTION_NAMES,
    };
    Elf64_Shdr sections[SECTION_COUNT] = {
        [SECTION_BLOB] = {.sh_type = blob->type ? blob->type : SHT_PROGBITS,
                          .sh_flags = blob->stays_in_file ? 0 : SHF_ALLOC},
        [SECTION_SYMBOLS] = {.sh_type = SHT_SYMTAB,
                             .sh_link = SECTION_SYMBOL_NAMES,
                             .sh_info = 1, /* the first global one */
                             .sh_entsize = sizeof(Elf64_Sym)},
        [SECTION_SYMBOL_NAMES] = {.sh_type = SHT_STRTAB},
        [SECTION_NAMES] = {.sh_type = SHT_STRTAB},
    };
    struct buf names = {0}, symbol_names = {0};
    append_name(&names, "");
    append_name(&symbol_names, "");
    Elf64_Sym symbols[3] = {{0}};
    size_t symbol_count = 1;
    if (blob->start) {
        symbols[symbol_count++] = make_symbol(&symbol_names, blob->start, 0);
        symbols[symbol_count++] = make_symbol(&symbol_names, blob->end, blob->size);
    }

    buf_extend(out, sizeof file);
    append_section(out, &names, &sections[SECTION_BLOB], blob->section, blob->bytes, blob->size);
    if (blob->alignment)
        sections[SECTION_BLOB].sh_addralign = blob->alignment;
    append_section(out, &names, &sections[SECTION_SYMBOLS], ".symtab", symbols, symbol_count * sizeof *symbols);
    append_section(out, &names, &sections[SECTION_SYMBOL_NAMES], ".strtab", symbol_names.data, symbol_names.size);
    uint32_t own_name = append_name(&names, ".shstrtab");
    append_section(out, &names, &sections[SECTION_NAMES], "", names.data, names.size);
    sections[SECTION_NAMES].sh_name = own_name;
    file.e_shoff = align(out);
    buf_append(out, sections, sizeof sections);
    memcpy(out->data, &file, sizeof file);
    buf_free(&names);
    buf_free(&symbol_names);
}
