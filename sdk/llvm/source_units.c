/* source_units.c: see source_units.h. Only the first entry of a unit is read: it describes the whole one. */
#include "llvm/source_units.h"

#include <stdlib.h>

enum { AT_STMT_LIST = 0x10, AT_COMP_DIR = 0x1b }; /* DWARF 4, section 7.5.4 */

/* How many bytes of abbreviations may still be read: many units can share a long one, or a table in which theirs comes
 * late. */
static bool spend(uint64_t *budget, const uint8_t *begin, const struct dwarf_bytes *bytes)
{
    uint64_t size = (uint64_t)(bytes->at - begin);

    if (size > *budget)
        return false;
    *budget -= size;
    return true;
}

/* Goes to the attributes of the abbreviation `code`, in the table that begins at `bytes`. */
static bool find_abbreviation(struct dwarf_bytes *bytes, uint64_t code, uint64_t *budget)
{
    uint64_t found, attribute, form;

    for (;;) {
        const uint8_t *begin = bytes->at;

        found = dwarf_read_uleb(bytes);
        dwarf_read_uleb(bytes);      /* the tag */
        dwarf_read_number(bytes, 1); /* whether it has children */
        if (bytes->failed || found == 0 || found == code)
            return !bytes->failed && found != 0;
        do {
            attribute = dwarf_read_uleb(bytes);
            form = dwarf_read_uleb(bytes);
        } while (attribute != 0 || form != 0);
        if (!spend(budget, begin, bytes))
            return false;
    }
}

static bool read_entry(struct dwarf_unit *unit, struct dwarf_bytes attributes, uint64_t *budget, struct buf *units)
{
    struct source_unit result = {0};
    bool has_table = false;

    for (;;) {
        const uint8_t *begin = attributes.at;
        uint64_t attribute = dwarf_read_uleb(&attributes), form = dwarf_read_uleb(&attributes);
        struct dwarf_value value;

        if (attribute == 0)
            break;
        value = dwarf_read_value(&unit->bytes, form, unit);
        if (attribute == AT_COMP_DIR)
            result.folder = value.string;
        has_table |= attribute == AT_STMT_LIST;
        if (attribute == AT_STMT_LIST)
            result.table = value.number;
        if (!spend(budget, begin, &attributes))
            return false;
    }
    if (has_table && result.folder)
        buf_append(units, &result, sizeof(result));
    return !attributes.failed && !unit->bytes.failed;
}

/* The unit's bytes are behind its length. */
static bool read_unit(struct dwarf_unit *unit, struct dwarf_bytes abbreviations, uint64_t *budget, struct buf *units)
{
    struct dwarf_bytes *bytes = &unit->bytes;

    unit->version = dwarf_read_number(bytes, 2);
    if (unit->version >= 5)
        return true;
    dwarf_read_part(&abbreviations, dwarf_read_number(bytes, unit->offset_size));
    unit->address_size = (unsigned)dwarf_read_number(bytes, 1);
    if (unit->version < 2 || unit->address_size > 8 || abbreviations.failed ||
        !find_abbreviation(&abbreviations, dwarf_read_uleb(bytes), budget))
        return false;
    return read_entry(unit, abbreviations, budget, units);
}

static int compare_units(const void *a, const void *b)
{
    const struct source_unit *left = a, *right = b;

    return left->table < right->table ? -1 : left->table > right->table;
}

bool source_units_read(struct dwarf_bytes info, struct dwarf_bytes abbreviations, struct dwarf_bytes strings,
                       struct buf *units)
{
    uint64_t budget = (1u << 20) + 16 * (uint64_t)(abbreviations.end - abbreviations.at + (info.end - info.at));
    bool result = true;

    while (result && info.at < info.end) {
        struct dwarf_unit unit = {.strings = strings};

        dwarf_read_unit(&info, &unit);
        result = !info.failed && read_unit(&unit, abbreviations, &budget, units);
    }
    if (units->size > 0)
        qsort(units->data, units->size / sizeof(struct source_unit), sizeof(struct source_unit), compare_units);
    return result;
}

const char *source_units_folder(const struct buf *units, uint64_t table)
{
    struct source_unit key = {.table = table};
    const struct source_unit *found =
        units->size > 0 ? bsearch(&key, units->data, units->size / sizeof(key), sizeof(key), compare_units) : NULL;

    return found ? found->folder : NULL;
}
