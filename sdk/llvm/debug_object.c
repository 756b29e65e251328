/* debug_object.c: see debug_object.h. Nothing moves: bytes change where they are, and what is new comes last. */
#include "llvm/debug_object.h"

#include <string.h>

#include "base/elf.h"
#include "llvm/dwarf.h"
#include "llvm/dwarf_names.h"

#define PLACE_SIZE 9 /* of the operation, and of its operand without the first byte 8 */

static const char *const expression_sections[] = {".debug_info", ".debug_loc", ".debug_loclists"};

static void align(struct buf *object)
{
    buf_extend(object, -object->size & 7);
}

/* Where the local is on the stack, LLVM takes what is in memory for a value that is computed, and would cut it to eight
 * bytes: "plus, deref, stack_value". As an address it needs neither. */
static void mend_location(uint8_t *at, size_t size)
{
    static const uint8_t value[] = {DW_OP_plus, DW_OP_deref, DW_OP_stack_value};

    if (size >= sizeof(value) && memcmp(at, value, sizeof(value)) == 0)
        memset(at + 1, DW_OP_nop, 2);
}

/* Replaces constants by addresses, and appends a relocation for each. */
static void replace_constants(uint8_t *bytes, size_t size, uint32_t symbol, struct buf *relocations)
{
    struct buf constant = {0};
    uint8_t *place, *at = bytes;

    buf_byte(&constant, DW_OP_constu);
    buf_uleb(&constant, DEBUG_MEMORY_BASE);
    while ((place = memmem(at, size - (size_t)(at - bytes), constant.data, constant.size))) {
        Elf64_Rela relocation = {.r_offset = (uint64_t)(place - bytes) + 1,
                                 .r_info = ELF64_R_INFO((uint64_t)symbol, R_X86_64_64)};

        *place = DW_OP_addr;
        memset(place + 1, 0, PLACE_SIZE - 1);
        buf_append(relocations, &relocation, sizeof(relocation));
        at = place + PLACE_SIZE;
        mend_location(at, size - (size_t)(at - bytes));
    }
    buf_free(&constant);
}

static bool find_symbol(const struct elf *elf, const char *name, uint32_t *index)
{
    for (unsigned i = 0; i < elf->symbol_count; i++)
        if (strcmp(elf_symbol(elf, i).name, name) == 0) {
            *index = i;
            return true;
        }
    return false;
}

/* The section with relocations for section `target`, or 0; and the symbol table. */
static unsigned find_linked(const struct elf *elf, uint32_t type, unsigned target)
{
    for (unsigned i = 1; i < elf->section_count; i++) {
        Elf64_Shdr header = elf_section(elf, i).header;

        if (header.sh_type == type && (type != SHT_RELA || header.sh_info == target))
            return i;
    }
    return 0;
}

/* Adds relocations for section `target` to those that it has, at the end of the file; `headers` are the sections', in a
 * copy. */
static void add_relocations(struct buf *object, const struct elf *elf, struct buf *headers, unsigned target,
                            const struct buf *relocations)
{
    unsigned index = find_linked(elf, SHT_RELA, target);
    Elf64_Shdr header = {.sh_type = SHT_RELA,
                         .sh_flags = SHF_INFO_LINK,
                         .sh_link = find_linked(elf, SHT_SYMTAB, 0),
                         .sh_info = target,
                         .sh_addralign = 8,
                         .sh_entsize = sizeof(Elf64_Rela)};

    if (index > 0)
        header = elf_section(elf, index).header;
    align(object);
    if (index > 0)
        buf_append(object, elf->bytes + header.sh_offset, header.sh_size);
    header.sh_offset = object->size - header.sh_size;
    header.sh_size += relocations->size;
    buf_append(object, relocations->data, relocations->size);
    if (index > 0)
        memcpy(headers->data + index * sizeof(header), &header, sizeof(header));
    else
        buf_append(headers, &header, sizeof(header));
}

static void relocate_memory(struct buf *object, const struct elf *elf, struct buf *headers)
{
    uint32_t symbol;

    if (!find_symbol(elf, "mewz_memory", &symbol))
        return; /* nothing refers to linear memory */
    for (unsigned i = 1; i < elf->section_count; i++) {
        struct elf_section section = elf_section(elf, i);
        struct buf relocations = {0};

        for (size_t n = 0; section.bytes && n < sizeof(expression_sections) / sizeof(expression_sections[0]); n++)
            if (strcmp(section.name, expression_sections[n]) == 0)
                replace_constants(object->data + section.header.sh_offset, section.header.sh_size, symbol,
                                  &relocations);
        if (relocations.size > 0)
            add_relocations(object, elf, headers, i, &relocations);
        buf_free(&relocations);
    }
}

/* The attributes of an abbreviation (DWARF 4, section 7.5.3), each one a name and a form. */
static void size_pointers(uint8_t *bytes, struct dwarf_bytes *left)
{
    while (left->at < left->end) {
        size_t place = (size_t)(left->at - bytes);
        uint64_t name = dwarf_read_uleb(left), form = dwarf_read_uleb(left);

        if (form == DW_FORM_implicit_const)
            dwarf_read_sleb(left);
        if (name == 0 && form == 0)
            return;
        if (name == DW_AT_address_class)
            bytes[place] = DW_AT_byte_size;
    }
}

static void size_all_pointers(uint8_t *bytes, size_t size)
{
    struct dwarf_bytes left = {.at = bytes, .end = bytes + size};

    while (left.at < left.end) {
        if (dwarf_read_uleb(&left) == 0) /* a unit's abbreviations end */
            continue;
        dwarf_read_uleb(&left);      /* the tag */
        dwarf_read_number(&left, 1); /* whether it has children */
        size_pointers(bytes, &left);
    }
}

int debug_object_complete(const uint8_t *bytes, size_t size, struct buf *object, const char *path, struct err *err)
{
    struct buf headers = {0};
    struct elf_section abbreviations;
    struct elf elf;
    Elf64_Ehdr header;

    if (elf_open(&elf, path, bytes, size, err) < 0)
        return -1;
    buf_append(object, bytes, size);
    buf_append(&headers, bytes + elf.header.e_shoff, elf.section_count * sizeof(Elf64_Shdr));
    if (elf_find_section(&elf, ".debug_abbrev", &abbreviations))
        size_all_pointers(object->data + abbreviations.header.sh_offset, abbreviations.header.sh_size);
    relocate_memory(object, &elf, &headers);
    align(object);
    header = elf.header;
    header.e_shoff = object->size;
    header.e_shnum = (uint16_t)(headers.size / sizeof(Elf64_Shdr));
    buf_append(object, headers.data, headers.size);
    memcpy(object->data, &header, sizeof(header));
    buf_free(&headers);
    return 0;
}
