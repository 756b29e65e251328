/* dwarf.c: see dwarf.h. */
#include "llvm/dwarf.h"

#include <string.h>

enum form { /* 7.5.6 */
            FORM_ADDR = 0x01,
            FORM_BLOCK2 = 0x03,
            FORM_BLOCK4,
            FORM_DATA2,
            FORM_DATA4,
            FORM_DATA8,
            FORM_STRING,
            FORM_BLOCK,
            FORM_BLOCK1,
            FORM_DATA1,
            FORM_FLAG,
            FORM_SDATA,
            FORM_STRP,
            FORM_UDATA,
            FORM_REF_ADDR,
            FORM_REF1,
            FORM_REF2,
            FORM_REF4,
            FORM_REF8,
            FORM_REF_UDATA,
            FORM_SEC_OFFSET = 0x17,
            FORM_EXPRLOC,
            FORM_FLAG_PRESENT,
            FORM_DATA16 = 0x1e,
            FORM_LINE_STRP,
            FORM_REF_SIG8,
};

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

struct dwarf_value dwarf_read_value(struct dwarf_bytes *bytes, uint64_t form, const struct dwarf_unit *unit)
{
    struct dwarf_value value = {0};

    switch (form) {
    case FORM_FLAG_PRESENT:
        break;
    case FORM_DATA1:
    case FORM_FLAG:
    case FORM_REF1:
        value.number = dwarf_read_number(bytes, 1);
        break;
    case FORM_DATA2:
    case FORM_REF2:
        value.number = dwarf_read_number(bytes, 2);
        break;
    case FORM_DATA4:
    case FORM_REF4:
        value.number = dwarf_read_number(bytes, 4);
        break;
    case FORM_DATA8:
    case FORM_REF8:
    case FORM_REF_SIG8:
        value.number = dwarf_read_number(bytes, 8);
        break;
    case FORM_DATA16:
        dwarf_read_part(bytes, 16);
        break;
    case FORM_SDATA:
    case FORM_UDATA:
    case FORM_REF_UDATA:
        value.number = dwarf_read_uleb(bytes);
        break;
    case FORM_ADDR:
        value.number = dwarf_read_number(bytes, unit->address_size);
        break;
    case FORM_REF_ADDR:
        value.number = dwarf_read_number(bytes, unit->version == 2 ? unit->address_size : unit->offset_size);
        break;
    case FORM_SEC_OFFSET:
        value.number = dwarf_read_number(bytes, unit->offset_size);
        break;
    case FORM_STRING:
        value.string = dwarf_read_string(bytes);
        break;
    case FORM_STRP:
        value.string = string_at(unit->strings, dwarf_read_number(bytes, unit->offset_size));
        break;
    case FORM_LINE_STRP:
        value.string = string_at(unit->line_strings, dwarf_read_number(bytes, unit->offset_size));
        break;
    case FORM_BLOCK1:
        dwarf_read_part(bytes, dwarf_read_number(bytes, 1));
        break;
    case FORM_BLOCK2:
        dwarf_read_part(bytes, dwarf_read_number(bytes, 2));
        break;
    case FORM_BLOCK4:
        dwarf_read_part(bytes, dwarf_read_number(bytes, 4));
        break;
    case FORM_BLOCK:
    case FORM_EXPRLOC:
        dwarf_read_part(bytes, dwarf_read_uleb(bytes));
        break;
    default:
        fail(bytes);
        break;
    }
    return value;
}
