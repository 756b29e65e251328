/* dwarf.c: see dwarf.h. */
#include "llvm/dwarf.h"

#include <string.h>

#include "llvm/dwarf_names.h"

static void fail(struct dwarf_bytes *bytes)
{
    bytes->failed = true;
    bytes->at = bytes->end;
}

struct dwarf_bytes dwarf_read_part(struct dwarf_bytes *bytes, uint64_t size)
{
    struct dwarf_bytes part = {.at = bytes->at, .end = bytes->at};

    if (size > (uint64_t)(bytes->end - bytes->at)) {
        fail(bytes);
        part.failed = true;
        return part;
    }
    part.end = bytes->at += size;
    return part;
}

struct dwarf_bytes dwarf_section(const struct wasm_module *wasm, const char *name)
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

uint64_t dwarf_read_number(struct dwarf_bytes *bytes, unsigned size)
{
    struct dwarf_bytes part = dwarf_read_part(bytes, size);
    uint64_t value = 0;

    memcpy(&value, part.at, (size_t)(part.end - part.at));
    return value;
}

/* Seven bits a byte, the lowest first; `*bits` is how many there were. */
static uint64_t read_leb(struct dwarf_bytes *bytes, unsigned *bits)
{
    uint64_t value = 0, byte;

    *bits = 0;
    do {
        byte = dwarf_read_number(bytes, 1);
        if (*bits < 64)
            value |= (byte & 0x7f) << *bits;
        *bits += 7;
    } while (byte & 0x80);
    return value;
}

uint64_t dwarf_read_uleb(struct dwarf_bytes *bytes)
{
    unsigned bits;

    return read_leb(bytes, &bits);
}

int64_t dwarf_read_sleb(struct dwarf_bytes *bytes)
{
    unsigned bits;
    uint64_t value = read_leb(bytes, &bits);

    if (bits < 64 && value >> (bits - 1) & 1)
        value |= ~0ull << bits;
    return (int64_t)value;
}

const char *dwarf_read_string(struct dwarf_bytes *bytes)
{
    const uint8_t *begin = bytes->at;
    const uint8_t *end = begin < bytes->end ? memchr(begin, 0, (size_t)(bytes->end - begin)) : NULL;

    if (!end) {
        fail(bytes);
        return "";
    }
    bytes->at = end + 1;
    return (const char *)begin;
}

/* Looked for no further than a path can reach: many values may be about one long string. */
static const char *string_at(struct dwarf_bytes section, uint64_t offset)
{
    uint64_t left = (uint64_t)(section.end - section.at);

    if (offset >= left)
        return NULL;
    left -= offset;
    return memchr(section.at + offset, 0, left < DWARF_STRING_MAX ? left : DWARF_STRING_MAX)
               ? (const char *)section.at + offset
               : NULL;
}

void dwarf_read_unit(struct dwarf_bytes *bytes, struct dwarf_unit *unit)
{
    enum { IS_64 = 0xffffffff };
    uint64_t size = dwarf_read_number(bytes, 4);

    unit->offset_size = size == IS_64 ? 8 : 4;
    if (size == IS_64)
        size = dwarf_read_number(bytes, 8);
    unit->bytes = dwarf_read_part(bytes, size);
}

enum value_kind {
    UNKNOWN,
    NUMBER,
    LEB,
    ADDRESS,
    OFFSET,
    REFERENCE, /* to any unit's DIE */
    STRING,
    STRING_AT,
    LINE_STRING_AT,
    PART, /* passed over */
    BLOCK,
    LEB_BLOCK,
};

/* How a value of each form lies there (7.5.6). */
static const struct form {
    uint8_t kind;
    uint8_t size; /* of a number or a part, and of what says how long a block is */
} forms[] = {
    [DW_FORM_addr] = {ADDRESS, 0},
    [DW_FORM_block2] = {BLOCK, 2},
    [DW_FORM_block4] = {BLOCK, 4},
    [DW_FORM_data2] = {NUMBER, 2},
    [DW_FORM_data4] = {NUMBER, 4},
    [DW_FORM_data8] = {NUMBER, 8},
    [DW_FORM_string] = {STRING, 0},
    [DW_FORM_block] = {LEB_BLOCK, 0},
    [DW_FORM_block1] = {BLOCK, 1},
    [DW_FORM_data1] = {NUMBER, 1},
    [DW_FORM_flag] = {NUMBER, 1},
    [DW_FORM_sdata] = {LEB, 0},
    [DW_FORM_strp] = {STRING_AT, 0},
    [DW_FORM_udata] = {LEB, 0},
    [DW_FORM_ref_addr] = {REFERENCE, 0},
    [DW_FORM_ref1] = {NUMBER, 1},
    [DW_FORM_ref2] = {NUMBER, 2},
    [DW_FORM_ref4] = {NUMBER, 4},
    [DW_FORM_ref8] = {NUMBER, 8},
    [DW_FORM_ref_udata] = {LEB, 0},
    [DW_FORM_sec_offset] = {OFFSET, 0},
    [DW_FORM_exprloc] = {LEB_BLOCK, 0},
    [DW_FORM_flag_present] = {NUMBER, 0},
    [DW_FORM_data16] = {PART, 16},
    [DW_FORM_line_strp] = {LINE_STRING_AT, 0},
    [DW_FORM_ref_sig8] = {NUMBER, 8},
};

static uint64_t read_offset(struct dwarf_bytes *bytes, const struct dwarf_unit *unit)
{
    return dwarf_read_number(bytes, unit->offset_size);
}

static uint64_t read_address(struct dwarf_bytes *bytes, const struct dwarf_unit *unit)
{
    return dwarf_read_number(bytes, unit->address_size);
}

struct dwarf_value dwarf_read_value(struct dwarf_bytes *bytes, uint64_t form, const struct dwarf_unit *unit)
{
    struct form how = form < sizeof(forms) / sizeof(forms[0]) ? forms[form] : (struct form){UNKNOWN, 0};
    struct dwarf_value value = {0};

    switch ((enum value_kind)how.kind) {
    case UNKNOWN:
        fail(bytes);
        break;
    case NUMBER:
        value.number = dwarf_read_number(bytes, how.size);
        break;
    case LEB:
        value.number = dwarf_read_uleb(bytes);
        break;
    case ADDRESS:
        value.number = read_address(bytes, unit);
        break;
    case OFFSET:
        value.number = read_offset(bytes, unit);
        break;
    case REFERENCE:
        value.number = unit->version == 2 ? read_address(bytes, unit) : read_offset(bytes, unit);
        break;
    case STRING:
        value.string = dwarf_read_string(bytes);
        break;
    case STRING_AT:
        value.string = string_at(unit->strings, read_offset(bytes, unit));
        break;
    case LINE_STRING_AT:
        value.string = string_at(unit->line_strings, read_offset(bytes, unit));
        break;
    case PART:
        dwarf_read_part(bytes, how.size);
        break;
    case BLOCK:
        dwarf_read_part(bytes, dwarf_read_number(bytes, how.size));
        break;
    case LEB_BLOCK:
        dwarf_read_part(bytes, dwarf_read_uleb(bytes));
        break;
    }
    return value;
}
