/* elf.h: read ELF files for x86-64 (System V gABI, chapters 4 and 5), whoever made them.
 *
 * elf_open checks the header, both tables, and that every section and segment lies inside the bytes; after it nothing
 * here can fail, so that callers just loop over the counts. Everything points into the caller's bytes. */
#ifndef BASE_ELF_H
#define BASE_ELF_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct elf {
    const uint8_t *bytes;
    size_t size;
    Elf64_Ehdr header;
    unsigned segment_count;
    unsigned section_count;
    unsigned symbol_count;
    const uint8_t *symbols;   /* Elf64_Sym, not aligned; none where there is no symbol table */
    const char *symbol_names; /* ends with a zero */
    size_t symbol_names_size;
    const char *section_names; /* ends with a zero */
    size_t section_names_size;
};

struct elf_segment {
    Elf64_Phdr header;
    const uint8_t *bytes; /* header.p_filesz of them */
};

struct elf_section {
    const char *name;
    Elf64_Shdr header;
    const uint8_t *bytes; /* header.sh_size of them; NULL for SHT_NOBITS */
};

struct elf_symbol {
    const char *name;
    Elf64_Sym symbol;
};

/* True if the bytes begin as an ELF file does. */
bool elf_has_magic(const uint8_t *bytes, size_t size);

/* `file` is its name, for messages; the bytes stay the caller's and must outlive the elf. */
int elf_open(struct elf *elf, const char *file, const uint8_t *bytes, size_t size, struct err *err);

/* `index` is below the count. */
struct elf_segment elf_segment(const struct elf *elf, unsigned index);
struct elf_section elf_section(const struct elf *elf, unsigned index);
struct elf_symbol elf_symbol(const struct elf *elf, unsigned index);

/* The first section, or the first defined symbol, of that name. */
bool elf_find_section(const struct elf *elf, const char *name, struct elf_section *section);
bool elf_find_symbol(const struct elf *elf, const char *name, struct elf_symbol *symbol);

/* The `size` bytes that segments put at a virtual address, or NULL where no segment has them all in the file. */
const uint8_t *elf_at_address(const struct elf *elf, uint64_t address, uint64_t size);

/* The zero-terminated text that a segment puts at a virtual address, or NULL where none has it whole in the file. */
const char *elf_text_at_address(const struct elf *elf, uint64_t address);

/* The first note with that owner's name and type in any PT_NOTE segment: its description, or NULL. */
const uint8_t *elf_find_note(const struct elf *elf, const char *owner, uint32_t type, size_t *size);

#endif
