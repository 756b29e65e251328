#include "base/elf.h"

#include <string.h>

bool elf_has_magic(const uint8_t *bytes, size_t size)
{
    return size >= SELFMAG && memcmp(bytes, ELFMAG, SELFMAG) == 0;
}

/* --- checking --- */

static bool inside(const struct elf *elf, uint64_t offset, uint64_t size)
{
    return offset <= elf->size && size <= elf->size - offset;
}

static bool table_inside(const struct elf *elf, uint64_t offset, uint64_t count, uint64_t entry_size)
{
    return inside(elf, offset, count * entry_size); /* the callers' counts have 32 bits, the sizes 7 */
}

static int check_header(const struct elf *elf, const char *file, struct err *err)
{
    const Elf64_Ehdr *header = &elf->header;
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
        header->e_machine != EM_X86_64)
        return err_set(err, "%s: an ELF file, but not for x86-64", file);
    if (header->e_phnum && (header->e_phentsize != sizeof(Elf64_Phdr) ||
                            !table_inside(elf, header->e_phoff, header->e_phnum, sizeof(Elf64_Phdr))))
        return err_set(err, "%s: damaged ELF file: no program header table at 0x%lx", file, header->e_phoff);
    if (header->e_shoff &&
        (header->e_shentsize != sizeof(Elf64_Shdr) || !table_inside(elf, header->e_shoff, 1, sizeof(Elf64_Shdr))))
        return err_set(err, "%s: damaged ELF file: no section header table at 0x%lx", file, header->e_shoff);
    return 0;
}

static int check_segments(const struct elf *elf, const char *file, struct err *err)
{
    for (unsigned i = 0; i < elf->segment_count; i++) {
        Elf64_Phdr segment = elf_segment(elf, i).header;
        if (!inside(elf, segment.p_offset, segment.p_filesz))
            return err_set(err, "%s: damaged ELF file: segment %u ends behind the file's end", file, i);
    }
    return 0;
}

static Elf64_Shdr section_header(const struct elf *elf, unsigned index)
{
    Elf64_Shdr header;
    memcpy(&header, elf->bytes + elf->header.e_shoff + (uint64_t)index * sizeof header, sizeof header);
    return header;
}

static int check_sections(struct elf *elf, const char *file, struct err *err)
{
    if (!elf->header.e_shoff)
        return 0;
    /* More sections than e_shnum can say: the first header has their number (gABI, "Sections"). */
    Elf64_Shdr first = section_header(elf, 0);
    uint64_t count = elf->header.e_shnum ? elf->header.e_shnum : first.sh_size;
    if (count > UINT32_MAX || !table_inside(elf, elf->header.e_shoff, count, sizeof(Elf64_Shdr)))
        return err_set(err, "%s: damaged ELF file: %lu section headers do not fit", file, count);
    elf->section_count = (unsigned)count;
    for (unsigned i = 0; i < elf->section_count; i++) {
        Elf64_Shdr header = section_header(elf, i);
        if (header.sh_type != SHT_NOBITS && header.sh_type != SHT_NULL &&
            !inside(elf, header.sh_offset, header.sh_size))
            return err_set(err, "%s: damaged ELF file: section %u ends behind the file's end", file, i);
    }
    return 0;
}

static int find_strings(const struct elf *elf, unsigned index, const char **names, size_t *names_size, const char *file,
                        struct err *err)
{
    *names = "";
    *names_size = 1;
    if (index == SHN_UNDEF)
        return 0;
    if (index >= elf->section_count)
        return err_set(err, "%s: damaged ELF file: no section %u for names", file, index);
    Elf64_Shdr header = section_header(elf, index);
    const char *bytes = (const char *)elf->bytes + header.sh_offset;
    if (header.sh_type != SHT_STRTAB || header.sh_size == 0 || bytes[header.sh_size - 1] != 0)
        return err_set(err, "%s: damaged ELF file: section %u does not hold names", file, index);
    *names = bytes;
    *names_size = header.sh_size;
    return 0;
}

static int find_symbols(struct elf *elf, const char *file, struct err *err)
{
    elf->symbol_names = "";
    elf->symbol_names_size = 1;
    for (unsigned i = 0; i < elf->section_count; i++) {
        Elf64_Shdr header = section_header(elf, i);
        if (header.sh_type != SHT_SYMTAB)
            continue;
        elf->symbols = elf->bytes + header.sh_offset;
        elf->symbol_count = (unsigned)(header.sh_size / sizeof(Elf64_Sym));
        return find_strings(elf, header.sh_link, &elf->symbol_names, &elf->symbol_names_size, file, err);
    }
    return 0;
}

int elf_open(struct elf *elf, const char *file, const uint8_t *bytes, size_t size, struct err *err)
{
    *elf = (struct elf){.bytes = bytes, .size = size};
    if (!elf_has_magic(bytes, size) || size < sizeof elf->header)
        return err_set(err, "%s: not an ELF file", file);
    memcpy(&elf->header, bytes, sizeof elf->header);
    if (check_header(elf, file, err) != 0)
        return -1;
    elf->segment_count = elf->header.e_phnum;
    if (check_segments(elf, file, err) != 0 || check_sections(elf, file, err) != 0)
        return -1;
    unsigned names = elf->header.e_shstrndx;
    if (names == SHN_XINDEX && elf->section_count)
        names = section_header(elf, 0).sh_link;
    if (find_strings(elf, elf->section_count ? names : SHN_UNDEF, &elf->section_names, &elf->section_names_size, file,
                     err) != 0)
        return -1;
    return find_symbols(elf, file, err);
}

/* --- reading --- */

struct elf_segment elf_segment(const struct elf *elf, unsigned index)
{
    struct elf_segment segment;
    memcpy(&segment.header, elf->bytes + elf->header.e_phoff + (uint64_t)index * sizeof segment.header,
           sizeof segment.header);
    segment.bytes = elf->bytes + segment.header.p_offset;
    return segment;
}

struct elf_section elf_section(const struct elf *elf, unsigned index)
{
    struct elf_section section = {.header = section_header(elf, index)};
    section.name = section.header.sh_name < elf->section_names_size ? elf->section_names + section.header.sh_name : "";
    if (section.header.sh_type == SHT_NULL)
        section.header.sh_size = 0; /* the first one's may be a count */
    else if (section.header.sh_type != SHT_NOBITS)
        section.bytes = elf->bytes + section.header.sh_offset;
    return section;
}

struct elf_symbol elf_symbol(const struct elf *elf, unsigned index)
{
    struct elf_symbol symbol;
    memcpy(&symbol.symbol, elf->symbols + (uint64_t)index * sizeof symbol.symbol, sizeof symbol.symbol);
    symbol.name = symbol.symbol.st_name < elf->symbol_names_size ? elf->symbol_names + symbol.symbol.st_name : "";
    return symbol;
}

bool elf_find_section(const struct elf *elf, const char *name, struct elf_section *section)
{
    for (unsigned i = 0; i < elf->section_count; i++) {
        *section = elf_section(elf, i);
        if (strcmp(section->name, name) == 0)
            return true;
    }
    return false;
}

bool elf_find_symbol(const struct elf *elf, const char *name, struct elf_symbol *symbol)
{
    for (unsigned i = 0; i < elf->symbol_count; i++) {
        *symbol = elf_symbol(elf, i);
        if (symbol->symbol.st_shndx != SHN_UNDEF && strcmp(symbol->name, name) == 0)
            return true;
    }
    return false;
}

const uint8_t *elf_at_address(const struct elf *elf, uint64_t address, uint64_t size)
{
    for (unsigned i = 0; i < elf->segment_count; i++) {
        struct elf_segment segment = elf_segment(elf, i);
        uint64_t offset = address - segment.header.p_vaddr;
        if (segment.header.p_type == PT_LOAD && address >= segment.header.p_vaddr &&
            offset <= segment.header.p_filesz && size <= segment.header.p_filesz - offset)
            return segment.bytes + offset;
    }
    return NULL;
}

const char *elf_text_at_address(const struct elf *elf, uint64_t address)
{
    for (unsigned i = 0; i < elf->segment_count; i++) {
        struct elf_segment segment = elf_segment(elf, i);
        uint64_t offset = address - segment.header.p_vaddr;
        if (segment.header.p_type == PT_LOAD && address >= segment.header.p_vaddr && offset < segment.header.p_filesz &&
            memchr(segment.bytes + offset, 0, segment.header.p_filesz - offset))
            return (const char *)segment.bytes + offset;
    }
    return NULL;
}

/* --- notes (gABI, "Note Section"): name and description are each padded to four bytes --- */

static uint64_t pad(uint64_t size)
{
    return (size + 3) & ~(uint64_t)3;
}

static const uint8_t *find_note_in(const uint8_t *bytes, size_t size, const char *owner, uint32_t type,
                                   size_t *description_size)
{
    size_t owner_size = strlen(owner) + 1;
    while (size >= sizeof(Elf64_Nhdr)) {
        Elf64_Nhdr note;
        memcpy(&note, bytes, sizeof note);
        uint64_t description = sizeof note + pad(note.n_namesz);
        uint64_t next = description + pad(note.n_descsz);
        if (description + note.n_descsz > size)
            return NULL;
        if (note.n_type == type && note.n_namesz == owner_size && memcmp(bytes + sizeof note, owner, owner_size) == 0) {
            *description_size = note.n_descsz;
            return bytes + description;
        }
        if (next > size)
            return NULL;
        bytes += next;
        size -= next;
    }
    return NULL;
}

const uint8_t *elf_find_note(const struct elf *elf, const char *owner, uint32_t type, size_t *size)
{
    for (unsigned i = 0; i < elf->segment_count; i++) {
        struct elf_segment segment = elf_segment(elf, i);
        if (segment.header.p_type != PT_NOTE)
            continue;
        const uint8_t *note = find_note_in(segment.bytes, segment.header.p_filesz, owner, type, size);
        if (note)
            return note;
    }
    return NULL;
}
