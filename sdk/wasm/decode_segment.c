/* decode_segment.c: element and data segments (sections 5.5.12 and 5.5.14). */
#include <stdbool.h>

#include "wasm/decode.h"

/* --- element segments --- */

static int decode_elem_funcs(struct decoder *d, struct wasm_elem *elem)
{
    if (decode_count(d, 1, WASM_MAX_ELEMENTS, "elements", &elem->count))
        return -1;
    elem->funcs = arena_array(d->arena, elem->count, sizeof *elem->funcs);
    for (uint32_t i = 0; i < elem->count; i++) {
        if (wasm_read_u32(&d->reader, &elem->funcs[i], d->err))
            return decode_fail_in(d, "element", i);
    }
    return 0;
}

static int decode_elem_exprs(struct decoder *d, struct wasm_elem *elem)
{
    if (decode_count(d, 1, WASM_MAX_ELEMENTS, "elements", &elem->count))
        return -1;
    elem->exprs = arena_array(d->arena, elem->count, sizeof *elem->exprs);
    for (uint32_t i = 0; i < elem->count; i++) {
        if (decode_expr(d, &elem->exprs[i]))
            return decode_fail_in(d, "element", i);
    }
    return 0;
}

/* The type of the elements: as a type for expressions, as a kind, which is always 0, for function indices. */
static int decode_elem_type(struct decoder *d, bool has_exprs, wasm_valtype *type)
{
    if (has_exprs)
        return wasm_read_reftype(&d->reader, type, d->err);
    uint8_t kind;
    if (wasm_read_byte(&d->reader, &kind, d->err))
        return -1;
    if (kind != 0) {
        d->reader.offset--;
        return err_set(d->err, "malformed element kind 0x%02x", kind);
    }
    return 0;
}

/* The bits of an element segment's first number (5.5.12). */
enum { ELEM_NOT_ACTIVE = 1, ELEM_HAS_TABLE_OR_DECLARES = 2, ELEM_HAS_EXPRS = 4 };

static int decode_elem(struct decoder *d, struct wasm_elem *elem)
{
    uint32_t flags;
    elem->position = d->reader.offset;
    if (wasm_read_u32(&d->reader, &flags, d->err))
        return -1;
    if (flags > 7) {
        d->reader.offset = elem->position;
        return err_set(d->err, "malformed elements segment kind %u", flags);
    }
    elem->type = flags & ELEM_HAS_EXPRS ? WASM_FUNCREF : WASM_MAKE_REF(WASM_REF_CODE, WASM_HEAP_FUNC);
    if (flags & ELEM_NOT_ACTIVE) {
        elem->mode = flags & ELEM_HAS_TABLE_OR_DECLARES ? WASM_SEGMENT_DECLARATIVE : WASM_SEGMENT_PASSIVE;
    } else {
        if (flags & ELEM_HAS_TABLE_OR_DECLARES && wasm_read_u32(&d->reader, &elem->table, d->err))
            return -1;
        if (decode_expr(d, &elem->offset))
            return -1;
    }
    bool has_type = flags & (ELEM_NOT_ACTIVE | ELEM_HAS_TABLE_OR_DECLARES);
    if (has_type && decode_elem_type(d, flags & ELEM_HAS_EXPRS, &elem->type))
        return -1;
    return flags & ELEM_HAS_EXPRS ? decode_elem_exprs(d, elem) : decode_elem_funcs(d, elem);
}

int decode_elems(struct decoder *d)
{
    struct wasm_module *m = d->module;
    if (decode_count(d, 3, WASM_MAX_SEGMENTS, "element segments", &m->elem_count))
        return -1;
    m->elems = arena_array(d->arena, m->elem_count, sizeof *m->elems);
    for (uint32_t i = 0; i < m->elem_count; i++) {
        if (decode_elem(d, &m->elems[i]))
            return decode_fail_in(d, "elem", i);
    }
    return 0;
}

/* --- data segments --- */

/* The first number says whether the segment is active, passive, or active with a memory index (5.5.14). */
enum { DATA_ACTIVE = 0, DATA_PASSIVE = 1, DATA_HAS_MEMORY = 2 };

static int decode_data(struct decoder *d, struct wasm_data *data)
{
    uint32_t flags;
    data->position = d->reader.offset;
    if (wasm_read_u32(&d->reader, &flags, d->err))
        return -1;
    if (flags > DATA_HAS_MEMORY) {
        d->reader.offset = data->position;
        return err_set(d->err, "malformed data segment kind %u", flags);
    }
    data->mode = flags == DATA_PASSIVE ? WASM_SEGMENT_PASSIVE : WASM_SEGMENT_ACTIVE;
    if (flags == DATA_HAS_MEMORY && wasm_read_u32(&d->reader, &data->memory, d->err))
        return -1;
    if (data->mode == WASM_SEGMENT_ACTIVE && decode_expr(d, &data->offset))
        return -1;
    if (wasm_read_u32(&d->reader, &data->size, d->err))
        return -1;
    return wasm_read_bytes(&d->reader, data->size, &data->bytes, d->err);
}

int decode_datas(struct decoder *d)
{
    struct wasm_module *m = d->module;
    uint32_t start = d->reader.offset;
    if (decode_count(d, 2, WASM_MAX_SEGMENTS, "data segments", &m->data_count))
        return -1;
    if (m->declared_data_count != WASM_NO_INDEX && m->data_count != m->declared_data_count) {
        d->reader.offset = start;
        return err_set(d->err, "data count and data section have inconsistent lengths: %u and %u",
                       m->declared_data_count, m->data_count);
    }
    m->datas = arena_array(d->arena, m->data_count, sizeof *m->datas);
    for (uint32_t i = 0; i < m->data_count; i++) {
        if (decode_data(d, &m->datas[i]))
            return decode_fail_in(d, "data", i);
    }
    return 0;
}
