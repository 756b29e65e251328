/* die.c: see die.h. */
#include "llvm/die_unit.h"

#define ORIGIN_LIMIT 8  /* DIEs that complete one another in a row */
#define DIE_COST     4  /* besides its bytes */
#define LOOKUP_PART  64 /* so many bytes of attributes that are passed over are one of budget */

struct die_reader die_reader_make(const struct die_info *info)
{
    return (struct die_reader){.info = info, .budget = (1u << 20) + 64 * (uint64_t)(info->info.end - info->info.at)};
}

bool die_spend(struct die_reader *reader, uint64_t amount)
{
    if (amount > reader->budget) {
        reader->budget = 0;
        return false;
    }
    reader->budget -= amount;
    return true;
}

static bool is_string_index(uint64_t form)
{
    return form == DW_FORM_strx || (form >= DW_FORM_strx1 && form <= DW_FORM_strx4);
}

bool die_is_address_index(uint64_t form)
{
    return form == DW_FORM_addrx || (form >= DW_FORM_addrx1 && form <= DW_FORM_addrx4);
}

/* Of a form that is an index into a table. */
static uint64_t read_index(struct dwarf_bytes *bytes, uint64_t form)
{
    if (form >= DW_FORM_strx1 && form <= DW_FORM_addrx4)
        return dwarf_read_number(bytes, 1 + (unsigned)(form - DW_FORM_strx1) % 4);
    return dwarf_read_uleb(bytes);
}

static bool is_index(uint64_t form)
{
    return is_string_index(form) || die_is_address_index(form) || form == DW_FORM_loclistx || form == DW_FORM_rnglistx;
}

static void skip_value(struct dwarf_bytes *bytes, uint64_t form, const struct die_unit *unit)
{
    if (is_index(form))
        read_index(bytes, form);
    else if (form != DW_FORM_implicit_const)
        dwarf_read_value(bytes, form, &unit->dwarf);
}

/* Goes to the DIE that a code begins, whose attributes follow; false for the end of a list of DIEs. */
static bool read_die(struct die_reader *reader, const struct die_unit *unit, uint64_t offset, struct dwarf_bytes bytes,
                     struct die *die)
{
    uint64_t code = dwarf_read_uleb(&bytes);

    if (bytes.failed || code == 0 || code > unit->abbreviation_count)
        return false;
    *die = (struct die){.reader = reader,
                        .unit = unit,
                        .abbreviation = &unit->abbreviations[code - 1],
                        .offset = offset,
                        .attributes = bytes};
    return true;
}

/* What lies behind a DIE's attributes. */
static struct dwarf_bytes skip_attributes(const struct die *die)
{
    struct dwarf_bytes names = die->abbreviation->attributes, bytes = die->attributes;

    while (names.at < names.end && !bytes.failed) {
        uint64_t name = dwarf_read_uleb(&names), form = dwarf_read_uleb(&names);

        if (form == DW_FORM_implicit_const)
            dwarf_read_sleb(&names);
        if (name != 0 || form != 0)
            skip_value(&bytes, form, die->unit);
    }
    return bytes;
}

static uint64_t offset_of(const struct die *die, const struct dwarf_bytes *bytes)
{
    return (uint64_t)(bytes->at - die->reader->info->info.at);
}

static bool read_die_behind(const struct die *die, struct dwarf_bytes bytes, struct die *result)
{
    uint64_t offset = offset_of(die, &bytes);

    return !bytes.failed && die_spend(die->reader, offset - die->offset + DIE_COST) &&
           read_die(die->reader, die->unit, offset, bytes, result);
}

bool die_child(const struct die *die, struct die *child)
{
    return die->abbreviation->has_children && read_die_behind(die, skip_attributes(die), child);
}

/* Over all DIEs below it: no attribute has to say where they end. */
bool die_next(struct die *die)
{
    struct dwarf_bytes bytes = skip_attributes(die);
    uint64_t depth = die->abbreviation->has_children;
    struct die inner = *die;

    while (depth > 0 && !bytes.failed) {
        if (read_die_behind(&inner, bytes, &inner)) {
            depth += inner.abbreviation->has_children;
            bytes = skip_attributes(&inner);
        } else if (die->reader->budget > 0 && bytes.at < bytes.end && *bytes.at == 0) {
            depth--;
            bytes.at++;
        } else {
            return false;
        }
    }
    return read_die_behind(&inner, bytes, die);
}

bool die_at(struct die_reader *reader, uint64_t offset, struct die *die)
{
    const struct die_info *info = reader->info;
    uint32_t low = 0, high = info->unit_count; /* units before `low` begin at or before the offset */
    const struct die_unit *unit;
    struct dwarf_bytes bytes;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;

        if (info->units[middle].offset <= offset)
            low = middle + 1;
        else
            high = middle;
    }
    unit = low > 0 ? &info->units[low - 1] : NULL;
    if (!unit || offset >= unit->end)
        return false;
    bytes = unit->dwarf.bytes;
    if (info->info.at + offset < bytes.at)
        return false; /* in the header */
    bytes.at = info->info.at + offset;
    return read_die(reader, unit, offset, bytes, die);
}

bool die_of_unit(struct die_reader *reader, uint32_t unit, struct die *die)
{
    const struct dwarf_bytes *bytes = &reader->info->units[unit].dwarf.bytes;

    return die_at(reader, (uint64_t)(bytes->at - reader->info->info.at), die);
}

uint64_t die_unit_end(const struct die *die)
{
    return die->unit->end;
}

unsigned die_tag(const struct die *die)
{
    return die->abbreviation->tag;
}

static bool find_own(const struct die *die, unsigned wanted, struct attribute *attribute)
{
    struct dwarf_bytes names = die->abbreviation->attributes, bytes = die->attributes;

    while (names.at < names.end && !bytes.failed) {
        uint64_t name = dwarf_read_uleb(&names);

        *attribute = (struct attribute){.form = dwarf_read_uleb(&names), .bytes = bytes, .unit = die->unit};
        if (attribute->form == DW_FORM_implicit_const)
            attribute->constant = dwarf_read_sleb(&names);
        if (name == wanted)
            return die_spend(die->reader, (uint64_t)(bytes.at - die->attributes.at) / LOOKUP_PART);
        if (name != 0 || attribute->form != 0)
            skip_value(&bytes, attribute->form, die->unit);
    }
    return false;
}

static bool follow(struct die_reader *reader, const struct attribute *attribute, struct die *target)
{
    struct dwarf_bytes bytes = attribute->bytes;
    bool is_local = attribute->form >= DW_FORM_ref1 && attribute->form <= DW_FORM_ref_udata;
    uint64_t offset;

    if (!is_local && attribute->form != DW_FORM_ref_addr)
        return false;
    offset = dwarf_read_value(&bytes, attribute->form, &attribute->unit->dwarf).number;
    if (is_local)
        offset += attribute->unit->offset;
    return !bytes.failed && die_at(reader, offset, target);
}

bool die_find(const struct die *die, unsigned name, struct attribute *attribute)
{
    struct die origin = *die;

    for (unsigned i = 0; i < ORIGIN_LIMIT; i++) {
        if (find_own(&origin, name, attribute))
            return true;
        if ((!find_own(&origin, DW_AT_abstract_origin, attribute) &&
             !find_own(&origin, DW_AT_specification, attribute)) ||
            !follow(die->reader, attribute, &origin))
            return false;
    }
    return false;
}

bool die_has(const struct die *die, unsigned name)
{
    struct attribute attribute;

    return die_find(die, name, &attribute);
}

uint64_t die_read_entry(struct dwarf_bytes section, uint64_t base, uint64_t index)
{
    if (index > (uint64_t)(section.end - section.at))
        return 0;
    dwarf_read_part(&section, base);
    dwarf_read_part(&section, 4 * index);
    return dwarf_read_number(&section, 4);
}

uint64_t die_read_address(const struct die_info *info, const struct die_unit *unit, uint64_t index)
{
    return die_read_entry(info->addresses, unit->address_base, index);
}

const char *die_string(const struct die *die, unsigned name)
{
    const struct die_info *info = die->reader->info;
    struct dwarf_bytes strings = info->strings;
    struct attribute attribute;
    const char *string;

    if (!die_find(die, name, &attribute))
        return "";
    if (is_string_index(attribute.form)) {
        dwarf_read_part(&strings, die_read_entry(info->string_offsets, attribute.unit->string_base,
                                                 read_index(&attribute.bytes, attribute.form)));
        return dwarf_read_string(&strings);
    }
    if (is_index(attribute.form) || attribute.form == DW_FORM_implicit_const)
        return "";
    string = dwarf_read_value(&attribute.bytes, attribute.form, &attribute.unit->dwarf).string;
    return string ? string : "";
}

const char *die_name(const struct die *die)
{
    return die_string(die, DW_AT_name);
}

static bool is_block(uint64_t form)
{
    return form == DW_FORM_block || form == DW_FORM_exprloc || form == DW_FORM_block1 || form == DW_FORM_block2 ||
           form == DW_FORM_block4;
}

/* Indices of addresses are looked up; others are numbers themselves. */
bool die_number(const struct die *die, unsigned name, uint64_t *value)
{
    struct attribute attribute;
    struct dwarf_value read;

    if (!die_find(die, name, &attribute) || is_block(attribute.form))
        return false;
    if (attribute.form == DW_FORM_implicit_const)
        *value = (uint64_t)attribute.constant;
    else if (attribute.form == DW_FORM_sdata)
        *value = (uint64_t)dwarf_read_sleb(&attribute.bytes);
    else if (attribute.form == DW_FORM_flag_present)
        *value = 1;
    else if (die_is_address_index(attribute.form))
        *value = die_read_address(die->reader->info, attribute.unit, read_index(&attribute.bytes, attribute.form));
    else if (is_index(attribute.form))
        *value = read_index(&attribute.bytes, attribute.form);
    else {
        read = dwarf_read_value(&attribute.bytes, attribute.form, &attribute.unit->dwarf);
        if (read.string)
            return false;
        *value = read.number;
    }
    return !attribute.bytes.failed;
}

bool die_flag(const struct die *die, unsigned name)
{
    uint64_t value;

    return die_number(die, name, &value) && value != 0;
}

bool die_block(const struct die *die, unsigned name, struct dwarf_bytes *block)
{
    struct attribute attribute;
    uint64_t size;

    if (!die_find(die, name, &attribute) || !is_block(attribute.form))
        return false;
    if (attribute.form == DW_FORM_block1)
        size = dwarf_read_number(&attribute.bytes, 1);
    else if (attribute.form == DW_FORM_block2)
        size = dwarf_read_number(&attribute.bytes, 2);
    else if (attribute.form == DW_FORM_block4)
        size = dwarf_read_number(&attribute.bytes, 4);
    else
        size = dwarf_read_uleb(&attribute.bytes);
    *block = dwarf_read_part(&attribute.bytes, size);
    return !block->failed;
}

bool die_reference(const struct die *die, unsigned name, struct die *target)
{
    struct attribute attribute;

    return die_find(die, name, &attribute) && follow(die->reader, &attribute, target);
}
