#include "llvm/segment.h"

#include <stdlib.h>

#include <mewz/abi.h>

#include "base/memory.h"
#include "llvm/constant.h"
#include "llvm/symbols.h"

/* NULL where only instantiation knows it. */
LLVMValueRef segment_element(struct unit *unit, const struct wasm_elem *elem, uint32_t index)
{
    return elem->funcs ? unit_func_ref(unit, elem->funcs[index]) : constant_eval(unit, elem->exprs[index]);
}

/* The first `count` elements of a segment; null where only instantiation knows them. */
LLVMValueRef segment_make_elements(struct unit *unit, const struct wasm_elem *elem, uint32_t count)
{
    LLVMValueRef *values = memory_alloc(((size_t)count + 1) * sizeof(*values)), array;

    for (uint32_t i = 0; i < count; i++) {
        LLVMValueRef value = segment_element(unit, elem, i);

        values[i] = value ? value : LLVMConstNull(unit->ptr);
    }
    array = LLVMConstArray2(unit->ptr, values, count);
    free(values);
    return array;
}

/* Passive segments that table.init may read. */
void segment_define_elems(struct unit *unit)
{
    for (uint32_t i = 0; i < unit->wasm->elem_count; i++) {
        uint32_t count = unit_elem_count(unit, i);

        if (!unit->plan->elem_is_used[i])
            continue;
        unit_define_variable(unit, unit_elem(unit, i), segment_make_elements(unit, &unit->wasm->elems[i], count));
        unit_define_variable(unit, unit_elem_size(unit, i), unit_i32(unit, count));
    }
}

LLVMValueRef segment_make_bytes(struct unit *unit, const uint8_t *bytes, size_t size)
{
    return LLVMConstStringInContext2(unit->context, (const char *)bytes, size, true);
}

void segment_define_datas(struct unit *unit)
{
    for (uint32_t i = 0; i < unit->wasm->data_count; i++) {
        const struct wasm_data *data = &unit->wasm->datas[i];
        uint32_t size = unit_data_count(unit, i);

        if (!unit->plan->data_is_used[i])
            continue;
        unit_define_variable(unit, unit_data(unit, i), segment_make_bytes(unit, data->bytes, size));
        unit_define_variable(unit, unit_data_size(unit, i), unit_i32(unit, size));
    }
}

bool segment_is_inside(uint64_t offset, uint64_t count, uint64_t size)
{
    return offset <= size && count <= size - offset;
}

/* The value of an i32 or i64 expression for the offset of a segment; false where only instantiation knows it. */
bool segment_find_offset(struct unit *unit, struct wasm_expr expr, uint64_t *offset)
{
    LLVMValueRef value = constant_eval(unit, expr);

    if (value)
        *offset = LLVMConstIntGetZExtValue(value);
    return value != NULL;
}

/* Puts the first active element segments into `tables`, an array of elements for each table. */
static void apply_elems(struct unit *unit, LLVMValueRef **tables)
{
    for (uint32_t i = 0; i < unit->plan->initial_elem_count; i++) {
        const struct wasm_elem *elem = &unit->wasm->elems[i];
        uint64_t offset = 0;

        if (elem->mode != WASM_SEGMENT_ACTIVE || !segment_find_offset(unit, elem->offset, &offset))
            continue;
        for (uint32_t j = 0; j < elem->count; j++)
            tables[elem->table][offset + j] = segment_element(unit, elem, j);
    }
}

static void define_table_sizes(struct unit *unit, uint32_t index, uint32_t size, uint32_t capacity)
{
    LLVMValueRef members[] = {NULL, unit_i32(unit, size), unit_i32(unit, capacity)};

    if (unit->plan->table_is_shared[index]) {
        members[0] = unit_table(unit, index);
        unit_define_variable(unit, unit_table_record(unit, index),
                             LLVMConstStructInContext(unit->context, members, 3, false));
    } else if (unit->plan->table_is_grown[index]) {
        unit_define_variable(unit, unit_table_size(unit, index), members[1]);
    }
}

static void define_table(struct unit *unit, uint32_t index, LLVMValueRef *elements)
{
    const struct wasm_table *table = &unit->wasm->tables[index];
    uint32_t min = (uint32_t)table->type.limits.min, capacity = unit_table_capacity(unit, index);
    LLVMValueRef null = LLVMConstNull(unit->ptr), init = table->init.size ? constant_eval(unit, table->init) : null;

    for (uint32_t i = 0; i < capacity; i++)
        if (!elements[i])
            elements[i] = i < min && init ? init : null;
    unit_define_variable(unit, unit_table(unit, index), LLVMConstArray2(unit->ptr, elements, capacity));
    define_table_sizes(unit, index, min, capacity);
}

void segment_define_tables(struct unit *unit)
{
    uint32_t count = unit->wasm->table_count;
    LLVMValueRef **tables = memory_alloc((count + 1) * sizeof(*tables));

    for (uint32_t i = 0; i < count; i++)
        if (unit_owns_table(unit, i))
            tables[i] = memory_alloc(((size_t)unit_table_capacity(unit, i) + 1) * sizeof(**tables));
    apply_elems(unit, tables);
    for (uint32_t i = 0; i < count; i++) {
        if (unit_owns_table(unit, i))
            define_table(unit, i, tables[i]);
        free(tables[i]);
    }
    free(tables);
}
