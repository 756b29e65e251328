/* die_units.c: the units of .debug_info and their abbreviations (DWARF 5, sections 7.5.1 and 7.5.3). */
#include <string.h>

#include "base/buf.h"
#include "llvm/die_unit.h"

#define ATTRIBUTE_LIMIT 64 /* of a DIE; compilers give some twenty */

struct table {
    uint64_t offset;
    const struct abbreviation *list;
    uint32_t count;
};

struct loading {
    struct die_info *info;
    struct arena *arena;
    struct buf units;  /* struct die_unit */
    struct table last; /* units often share one */
    uint64_t budget;   /* bytes of abbreviations that may still be read */
};

static bool read_abbreviation(struct dwarf_bytes *bytes, struct abbreviation *abbreviation)
{
    uint64_t name, form;
    unsigned count = 0;

    abbreviation->tag = (uint32_t)dwarf_read_uleb(bytes);
    abbreviation->has_children = dwarf_read_number(bytes, 1) != 0;
    abbreviation->attributes = *bytes;
    do {
        name = dwarf_read_uleb(bytes);
        form = dwarf_read_uleb(bytes);
        if (form == DW_FORM_implicit_const)
            dwarf_read_sleb(bytes);
    } while ((name != 0 || form != 0) && ++count <= ATTRIBUTE_LIMIT && !bytes->failed);
    abbreviation->attributes.end = bytes->at;
    return count <= ATTRIBUTE_LIMIT && !bytes->failed;
}

/* Compilers number them from 1 on. What follows another number is not known. */
static void read_table(struct loading *loading, uint64_t offset)
{
    struct dwarf_bytes bytes = loading->info->abbreviations;
    struct abbreviation abbreviation;
    struct buf list = {0};
    uint32_t count = 0;
    const uint8_t *begin;

    dwarf_read_part(&bytes, offset);
    begin = bytes.at;
    while (dwarf_read_uleb(&bytes) == count + 1u && (uint64_t)(bytes.at - begin) <= loading->budget &&
           read_abbreviation(&bytes, &abbreviation)) {
        buf_append(&list, &abbreviation, sizeof(abbreviation));
        count++;
    }
    loading->budget -= (uint64_t)(bytes.at - begin) < loading->budget ? (uint64_t)(bytes.at - begin) : loading->budget;
    loading->last = (struct table){.offset = offset, .list = arena_take(loading->arena, &list), .count = count};
}

static void read_bases(struct die_info *info, struct die_unit *unit)
{
    struct die_reader reader = die_reader_make(info);
    struct die die = {.reader = &reader, .unit = unit, .attributes = unit->dwarf.bytes};
    uint64_t code = dwarf_read_uleb(&die.attributes);

    if (code == 0 || code > unit->abbreviation_count)
        return;
    die.abbreviation = &unit->abbreviations[code - 1];
    die_number(&die, DW_AT_str_offsets_base, &unit->string_base);
    die_number(&die, DW_AT_addr_base, &unit->address_base);
    die_number(&die, DW_AT_rnglists_base, &unit->range_base);
    die_number(&die, DW_AT_loclists_base, &unit->location_base);
    die_number(&die, DW_AT_low_pc, &unit->low_pc);
}

/* A unit's header (7.5.1); false where it is none of code, or not of 32 bits. */
static bool read_header(struct dwarf_unit *dwarf, uint64_t *table)
{
    enum { UT_COMPILE = 1 };
    struct dwarf_bytes *bytes = &dwarf->bytes;
    uint64_t type = UT_COMPILE;

    dwarf->version = dwarf_read_number(bytes, 2);
    if (dwarf->version >= 5) {
        type = dwarf_read_number(bytes, 1);
        dwarf->address_size = (unsigned)dwarf_read_number(bytes, 1);
    }
    *table = dwarf_read_number(bytes, dwarf->offset_size);
    if (dwarf->version < 5)
        dwarf->address_size = (unsigned)dwarf_read_number(bytes, 1);
    return !bytes->failed && type == UT_COMPILE && dwarf->version >= 2 && dwarf->version <= 5 &&
           dwarf->address_size == 4;
}

static void read_unit(struct loading *loading, struct dwarf_bytes *bytes)
{
    struct die_info *info = loading->info;
    struct die_unit unit = {.offset = (uint64_t)(bytes->at - info->info.at)};
    uint64_t table;

    dwarf_read_unit(bytes, &unit.dwarf);
    unit.end = (uint64_t)(bytes->at - info->info.at);
    unit.dwarf.strings = info->strings;
    unit.dwarf.line_strings = info->line_strings;
    if (bytes->failed || !read_header(&unit.dwarf, &table))
        return;
    if (table != loading->last.offset || !loading->last.list)
        read_table(loading, table);
    unit.abbreviations = loading->last.list;
    unit.abbreviation_count = loading->last.count;
    read_bases(info, &unit);
    buf_append(&loading->units, &unit, sizeof(unit));
}

struct die_info *die_info_read(const struct wasm_module *wasm, struct arena *arena)
{
    struct die_info *info = arena_alloc(arena, sizeof(*info));
    struct loading loading = {.info = info, .arena = arena};
    struct dwarf_bytes bytes;

    info->info = bytes = dwarf_section(wasm, ".debug_info");
    info->abbreviations = dwarf_section(wasm, ".debug_abbrev");
    info->strings = dwarf_section(wasm, ".debug_str");
    info->line_strings = dwarf_section(wasm, ".debug_line_str");
    info->string_offsets = dwarf_section(wasm, ".debug_str_offsets");
    info->addresses = dwarf_section(wasm, ".debug_addr");
    info->locations = dwarf_section(wasm, ".debug_loc");
    info->location_lists = dwarf_section(wasm, ".debug_loclists");
    info->ranges = dwarf_section(wasm, ".debug_ranges");
    info->range_lists = dwarf_section(wasm, ".debug_rnglists");
    loading.budget = (64u << 10) + 2 * (uint64_t)(info->abbreviations.end - info->abbreviations.at);
    while (bytes.at < bytes.end)
        read_unit(&loading, &bytes);
    info->unit_count = (uint32_t)(loading.units.size / sizeof(struct die_unit));
    info->units = arena_take(arena, &loading.units);
    return info;
}
