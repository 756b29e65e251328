/* die.c: see die.h. */
#include "llvm/die.h"

#include <string.h>

#include "base/buf.h"

#define ATTRIBUTE_LIMIT 64 /* of a DIE; compilers give some twenty */
#define ORIGIN_LIMIT    8  /* DIEs that complete one another in a row */
#define DIE_COST        4  /* besides its bytes */
#define LOOKUP_PART     64 /* so many bytes of attributes that are passed over are one of budget */

struct abbreviation {
    uint32_t tag;
    bool has_children;
    struct dwarf_bytes attributes; /* name, form, and a constant where the form has it there */
};

struct die_unit {
    struct dwarf_unit dwarf;                  /* its bytes are the DIEs */
    uint64_t offset, end;                     /* in .debug_info; the offset is what references count from */
    const struct abbreviation *abbreviations; /* by code - 1 */
    uint32_t abbreviation_count;
    uint64_t low_pc, string_base, address_base, range_base, location_base;
};

struct attribute {
    uint64_t form;
    int64_t constant;
    struct dwarf_bytes bytes;
    const struct die_unit *unit;
};

/* --- units and abbreviations --- */

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

static struct dwarf_bytes find_section(const struct wasm_module *wasm, const char *name)
{
    size_t size = strlen(name);

    for (uint32_t i = 0; i < wasm->custom_count; i++) {
        const struct wasm_custom *custom = &wasm->customs[i];
        const uint8_t *bytes = wasm->bytes + custom->offset;

        if (custom->name.size == size && memcmp(custom->name.bytes, name, size) == 0)
            return (struct dwarf_bytes){.at = bytes, .end = bytes + custom->size};
    }
    return (struct dwarf_bytes){.at = wasm->bytes, .end = wasm->bytes};
}

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
    struct abbreviation abbreviation, *copy;
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
    copy = arena_alloc(loading->arena, list.size);
    if (list.size > 0)
        memcpy(copy, list.data, list.size);
    buf_free(&list);
    loading->last = (struct table){.offset = offset, .list = copy, .count = count};
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

    info->info = bytes = find_section(wasm, ".debug_info");
    info->abbreviations = find_section(wasm, ".debug_abbrev");
    info->strings = find_section(wasm, ".debug_str");
    info->line_strings = find_section(wasm, ".debug_line_str");
    info->string_offsets = find_section(wasm, ".debug_str_offsets");
    info->addresses = find_section(wasm, ".debug_addr");
    info->locations = find_section(wasm, ".debug_loc");
    info->location_lists = find_section(wasm, ".debug_loclists");
    info->ranges = find_section(wasm, ".debug_ranges");
    info->range_lists = find_section(wasm, ".debug_rnglists");
    loading.budget = (64u << 10) + 2 * (uint64_t)(info->abbreviations.end - info->abbreviations.at);
    while (bytes.at < bytes.end)
        read_unit(&loading, &bytes);
    info->unit_count = (uint32_t)(loading.units.size / sizeof(struct die_unit));
    info->units = arena_alloc(arena, loading.units.size);
    if (loading.units.size > 0)
        memcpy(info->units, loading.units.data, loading.units.size);
    buf_free(&loading.units);
    return info;
}

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

/* --- values --- */

static bool is_string_index(uint64_t form)
{
    return form == DW_FORM_strx || (form >= DW_FORM_strx1 && form <= DW_FORM_strx4);
}

static bool is_address_index(uint64_t form)
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
    return is_string_index(form) || is_address_index(form) || form == DW_FORM_loclistx || form == DW_FORM_rnglistx;
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

static bool find(const struct die *die, unsigned name, struct attribute *attribute)
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

    return find(die, name, &attribute);
}

/* Entry number `index`, of 4 bytes, of a table that begins at `base`. */
static uint64_t read_entry(struct dwarf_bytes section, uint64_t base, uint64_t index)
{
    if (index > (uint64_t)(section.end - section.at))
        return 0;
    dwarf_read_part(&section, base);
    dwarf_read_part(&section, 4 * index);
    return dwarf_read_number(&section, 4);
}

static uint64_t read_address(const struct die_info *info, const struct die_unit *unit, uint64_t index)
{
    return read_entry(info->addresses, unit->address_base, index);
}

const char *die_string(const struct die *die, unsigned name)
{
    const struct die_info *info = die->reader->info;
    struct dwarf_bytes strings = info->strings;
    struct attribute attribute;
    const char *string;

    if (!find(die, name, &attribute))
        return "";
    if (is_string_index(attribute.form)) {
        dwarf_read_part(&strings, read_entry(info->string_offsets, attribute.unit->string_base,
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

    if (!find(die, name, &attribute) || is_block(attribute.form))
        return false;
    if (attribute.form == DW_FORM_implicit_const)
        *value = (uint64_t)attribute.constant;
    else if (attribute.form == DW_FORM_sdata)
        *value = (uint64_t)dwarf_read_sleb(&attribute.bytes);
    else if (attribute.form == DW_FORM_flag_present)
        *value = 1;
    else if (is_address_index(attribute.form))
        *value = read_address(die->reader->info, attribute.unit, read_index(&attribute.bytes, attribute.form));
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

    if (!find(die, name, &attribute) || !is_block(attribute.form))
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

    return find(die, name, &attribute) && follow(die->reader, &attribute, target);
}

/* --- lists (DWARF 4, sections 2.6.2 and 2.17.3; DWARF 5, sections 7.7.3 and 7.25) --- */

static bool open_single(struct die_list *list, const struct die *die)
{
    struct attribute attribute;
    uint64_t low, high;

    if (!die_number(die, DW_AT_low_pc, &low) || !die_number(die, DW_AT_high_pc, &high) ||
        !find(die, DW_AT_high_pc, &attribute))
        return false;
    list->is_single = true;
    list->begin = low;
    list->end = attribute.form == DW_FORM_addr || is_address_index(attribute.form) ? high : low + high;
    return true;
}

bool die_list_open(struct die_list *list, const struct die *die, unsigned name)
{
    const struct die_info *info = die->reader->info;
    bool is_place = name == DW_AT_location, is_new = die->unit->dwarf.version >= 5;
    struct attribute attribute;
    uint64_t offset, base;

    *list = (struct die_list){.unit = die->unit, .info = info, .has_blocks = is_place, .base = die->unit->low_pc};
    if (!die_number(die, name, &offset) || !find(die, name, &attribute))
        return !is_place && open_single(list, die);
    if (is_place)
        list->bytes = is_new ? info->location_lists : info->locations;
    else
        list->bytes = is_new ? info->range_lists : info->ranges;
    if (attribute.form == DW_FORM_loclistx || attribute.form == DW_FORM_rnglistx) {
        base = is_place ? die->unit->location_base : die->unit->range_base;
        offset = base + read_entry(list->bytes, base, offset);
    }
    dwarf_read_part(&list->bytes, offset);
    return !list->bytes.failed;
}

static bool next_old(struct die_list *list, uint64_t *begin, uint64_t *end)
{
    for (;;) {
        *begin = dwarf_read_number(&list->bytes, 4);
        *end = dwarf_read_number(&list->bytes, 4);
        if (*begin == 0 && *end == 0)
            return false; /* behind the section's end too */
        if (*begin != UINT32_MAX)
            break;
        list->base = *end;
    }
    *begin += list->base;
    *end += list->base;
    return true;
}

static uint64_t next_address(struct die_list *list)
{
    return read_address(list->info, list->unit, dwarf_read_uleb(&list->bytes));
}

/* The kinds of entries, as lists of places number them; those of ranges have none for a default. */
enum {
    LLE_BASE_ADDRESSX = 1,
    LLE_STARTX_ENDX,
    LLE_STARTX_LENGTH,
    LLE_OFFSET_PAIR,
    LLE_DEFAULT,
    LLE_BASE_ADDRESS,
    LLE_START_END,
    LLE_START_LENGTH,
};

static bool next_new(struct die_list *list, uint64_t *begin, uint64_t *end)
{
    for (;;) {
        uint64_t kind = dwarf_read_number(&list->bytes, 1);

        if (!list->has_blocks && kind >= LLE_DEFAULT)
            kind++;
        switch (kind) {
        case LLE_BASE_ADDRESSX:
            list->base = next_address(list);
            continue;
        case LLE_BASE_ADDRESS:
            list->base = dwarf_read_number(&list->bytes, 4);
            continue;
        case LLE_OFFSET_PAIR:
            *begin = list->base + dwarf_read_uleb(&list->bytes);
            *end = list->base + dwarf_read_uleb(&list->bytes);
            return true;
        case LLE_STARTX_ENDX:
            *begin = next_address(list);
            *end = next_address(list);
            return true;
        case LLE_STARTX_LENGTH:
            *begin = next_address(list);
            *end = *begin + dwarf_read_uleb(&list->bytes);
            return true;
        case LLE_START_END:
            *begin = dwarf_read_number(&list->bytes, 4);
            *end = dwarf_read_number(&list->bytes, 4);
            return true;
        case LLE_START_LENGTH:
            *begin = dwarf_read_number(&list->bytes, 4);
            *end = *begin + dwarf_read_uleb(&list->bytes);
            return true;
        default:
            return false;
        }
    }
}

bool die_list_next(struct die_list *list, uint64_t *begin, uint64_t *end, struct dwarf_bytes *block)
{
    bool is_new = list->unit->dwarf.version >= 5;

    if (list->is_single) {
        *begin = list->begin;
        *end = list->end;
        list->is_single = false;
        list->bytes = (struct dwarf_bytes){.at = list->info->info.end, .end = list->info->info.end};
        return true;
    }
    if (!(is_new ? next_new(list, begin, end) : next_old(list, begin, end)))
        return false;
    if (list->has_blocks)
        *block =
            dwarf_read_part(&list->bytes, is_new ? dwarf_read_uleb(&list->bytes) : dwarf_read_number(&list->bytes, 2));
    return !list->bytes.failed;
}
