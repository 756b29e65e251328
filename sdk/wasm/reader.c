#include "wasm/reader.h"

int wasm_read_byte(struct wasm_reader *reader, uint8_t *value, struct err *err)
{
    if (reader->offset >= reader->end)
        return err_set(err, "unexpected end");
    *value = reader->module[reader->offset++];
    return 0;
}

int wasm_read_bytes(struct wasm_reader *reader, uint32_t size, const uint8_t **bytes, struct err *err)
{
    if (size > wasm_reader_left(reader))
        return err_set(err, "unexpected end: length out of bounds: %u bytes wanted, %u left", size,
                       wasm_reader_left(reader));
    *bytes = reader->module + reader->offset;
    reader->offset += size;
    return 0;
}

/* The bytes of one number, 7 bits each, the lowest first. Of the last byte that `bits` allows, `unused` high bits lie
 * outside of the number: they must be zero, or copies of the sign where the number has one (5.2.2). */
static int read_leb(struct wasm_reader *reader, unsigned bits, bool is_signed, uint64_t *value, struct err *err)
{
    uint64_t result = 0;
    uint32_t at = reader->offset;
    for (unsigned shift = 0;; shift += 7) {
        if (at >= reader->end)
            return err_set(err, "unexpected end");
        uint8_t byte = reader->module[at++];
        result |= (uint64_t)(byte & 0x7f) << shift;
        bool is_last = shift + 7 >= bits;
        if (is_last && byte & 0x80)
            return err_set(err, "integer representation too long");
        if (is_last && shift + 7 > bits) {
            unsigned used = bits - shift;
            unsigned rest = (byte & 0x7f) >> (is_signed ? used - 1 : used);
            unsigned ones = 0x7fu >> (is_signed ? used - 1 : used);
            if (rest != 0 && !(is_signed && rest == ones))
                return err_set(err, "integer too large");
        }
        if (!(byte & 0x80)) {
            if (is_signed && byte & 0x40 && shift + 7 < 64)
                result |= ~0ull << (shift + 7);
            break;
        }
    }
    reader->offset = at;
    *value = result;
    return 0;
}

int wasm_read_uleb(struct wasm_reader *reader, unsigned bits, uint64_t *value, struct err *err)
{
    return read_leb(reader, bits, false, value, err);
}

int wasm_read_sleb(struct wasm_reader *reader, unsigned bits, int64_t *value, struct err *err)
{
    uint64_t result;
    if (read_leb(reader, bits, true, &result, err))
        return -1;
    *value = (int64_t)result;
    return 0;
}

int wasm_read_u32_slow(struct wasm_reader *reader, uint32_t *value, struct err *err)
{
    uint64_t result;
    if (read_leb(reader, 32, false, &result, err))
        return -1;
    *value = (uint32_t)result;
    return 0;
}

int wasm_read_count(struct wasm_reader *reader, uint32_t element_size, uint32_t limit, const char *what,
                    uint32_t *count, struct err *err)
{
    uint32_t start = reader->offset;
    if (wasm_read_u32(reader, count, err))
        return -1;
    int result = 0;
    if ((uint64_t)*count * element_size > wasm_reader_left(reader))
        result = err_set(err, "unexpected end: length out of bounds: %u %s, but %u bytes left", *count, what,
                         wasm_reader_left(reader));
    else if (*count > limit)
        result = err_set(err, "too many %s: %u, the limit is %u", what, *count, limit);
    if (result)
        reader->offset = start;
    return result;
}

/* Bytes of the sequence that begins with `lead`, or 0 where none can. */
static unsigned utf8_length(uint8_t lead)
{
    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead <= 0xdf)
        return 2;
    if (lead >= 0xe0 && lead <= 0xef)
        return 3;
    return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

/* The second byte's range depends on the first one: no overlong forms, no surrogates, nothing above U+10FFFF
 * (Unicode 15, table 3-7). The others are 80..BF. */
static bool utf8_tail_valid(const uint8_t *bytes, unsigned length)
{
    uint8_t low = bytes[0] == 0xe0 ? 0xa0 : bytes[0] == 0xf0 ? 0x90 : 0x80;
    uint8_t high = bytes[0] == 0xed ? 0x9f : bytes[0] == 0xf4 ? 0x8f : 0xbf;
    if (bytes[1] < low || bytes[1] > high)
        return false;
    for (unsigned i = 2; i < length; i++) {
        if ((bytes[i] & 0xc0) != 0x80)
            return false;
    }
    return true;
}

static bool utf8_valid(const uint8_t *bytes, uint32_t size)
{
    for (uint32_t i = 0; i < size;) {
        unsigned length = utf8_length(bytes[i]);
        if (length == 0 || length > size - i || (length > 1 && !utf8_tail_valid(bytes + i, length)))
            return false;
        i += length;
    }
    return true;
}

int wasm_read_name(struct wasm_reader *reader, struct wasm_name *name, struct err *err)
{
    uint32_t start = reader->offset;
    const uint8_t *bytes;
    if (wasm_read_u32(reader, &name->size, err) || wasm_read_bytes(reader, name->size, &bytes, err))
        return -1;
    if (!utf8_valid(bytes, name->size)) {
        reader->offset = start;
        return err_set(err, "malformed UTF-8 encoding");
    }
    name->bytes = (const char *)bytes;
    return 0;
}

/* The abstract heap types. In the binary each is one byte, which alone stands for a nullable reference to it too. */
static bool is_abstract(uint8_t code)
{
    switch ((int8_t)(code | 0x80)) { /* seven bits, the sign extended */
    case WASM_HEAP_FUNC:
    case WASM_HEAP_EXTERN:
    case WASM_HEAP_EXN:
    case WASM_HEAP_NOFUNC:
    case WASM_HEAP_NOEXTERN:
    case WASM_HEAP_NOEXN:
        return code < 0x80;
    default:
        return false;
    }
}

static wasm_valtype make_abstract_ref(uint32_t ref_code, uint8_t code)
{
    return WASM_MAKE_REF(ref_code, (int8_t)(code | 0x80));
}

int wasm_read_valtype(struct wasm_reader *reader, wasm_valtype *type, struct err *err)
{
    uint8_t code;
    if (wasm_read_byte(reader, &code, err))
        return -1;
    if (code >= WASM_V128 && code <= WASM_I32) {
        *type = code;
        return 0;
    }
    reader->offset--;
    if (code != WASM_REF_CODE && code != WASM_REF_NULL_CODE && !is_abstract(code))
        return err_set(err, "malformed value type 0x%02x", code);
    return wasm_read_reftype(reader, type, err);
}

int wasm_read_heap_type(struct wasm_reader *reader, uint32_t code, wasm_valtype *type, struct err *err)
{
    uint32_t start = reader->offset;
    int64_t index;
    if (start < reader->end && is_abstract(reader->module[start])) {
        *type = make_abstract_ref(code, reader->module[reader->offset++]);
        return 0;
    }
    if (wasm_read_sleb(reader, 33, &index, err))
        return -1;
    if (index >= 0 && index < reader->type_count) {
        *type = WASM_MAKE_REF(code, reader->canonical[index]);
        return 0;
    }
    reader->offset = start;
    return index < 0 ? err_set(err, "malformed heap type") : err_set(err, "unknown type %ld", index);
}

int wasm_read_reftype(struct wasm_reader *reader, wasm_valtype *type, struct err *err)
{
    uint8_t code;
    if (wasm_read_byte(reader, &code, err))
        return -1;
    if (code == WASM_REF_CODE || code == WASM_REF_NULL_CODE)
        return wasm_read_heap_type(reader, code, type, err);
    if (!is_abstract(code)) {
        reader->offset--;
        return err_set(err, "malformed reference type 0x%02x", code);
    }
    *type = make_abstract_ref(WASM_REF_NULL_CODE, code);
    return 0;
}

/* The bits of the number before limits (5.3.9). */
enum { LIMITS_HAS_MAX = 1, LIMITS_SHARED = 2, LIMITS_64 = 4 };

static int read_limits(struct wasm_reader *reader, uint8_t allowed, struct wasm_limits *limits, struct err *err)
{
    uint8_t flags;
    if (wasm_read_byte(reader, &flags, err))
        return -1;
    if (flags & ~allowed) {
        reader->offset--;
        return err_set(err, "malformed limits flags 0x%02x", flags);
    }
    *limits = (struct wasm_limits){.has_max = flags & LIMITS_HAS_MAX,
                                   .shared = flags & LIMITS_SHARED,
                                   .is_64 = flags & LIMITS_64,
                                   .max = UINT64_MAX};
    unsigned bits = limits->is_64 ? 64 : 32;
    if (wasm_read_uleb(reader, bits, &limits->min, err))
        return -1;
    return limits->has_max ? wasm_read_uleb(reader, bits, &limits->max, err) : 0;
}

int wasm_read_memtype(struct wasm_reader *reader, struct wasm_limits *limits, struct err *err)
{
    return read_limits(reader, LIMITS_HAS_MAX | LIMITS_SHARED | LIMITS_64, limits, err);
}

int wasm_read_tabletype(struct wasm_reader *reader, struct wasm_tabletype *type, struct err *err)
{
    if (wasm_read_reftype(reader, &type->element, err))
        return -1;
    return read_limits(reader, LIMITS_HAS_MAX | LIMITS_64, &type->limits, err);
}

int wasm_read_globaltype(struct wasm_reader *reader, struct wasm_globaltype *type, struct err *err)
{
    uint8_t mutability;
    if (wasm_read_valtype(reader, &type->type, err) || wasm_read_byte(reader, &mutability, err))
        return -1;
    if (mutability > 1) {
        reader->offset--;
        return err_set(err, "malformed mutability 0x%02x", mutability);
    }
    type->is_mutable = mutability;
    return 0;
}
