/* instantiate.c: see instantiate.h. */
#include "llvm/instantiate.h"

#include <mewz/abi.h>

#include "base/buf.h"
#include "llvm/constant.h"
#include "llvm/debug.h"
#include "llvm/glue.h"
#include "llvm/segment.h"
#include "llvm/symbols.h"

/* A run of this many zeroes in a data segment is left out: linear memory is zero before. */
#define ZERO_RUN 64u

/* The pieces of the active data segments of one memory, one after the other: where they go and how long they are. */
struct pieces {
    struct buf rows; /* two u32 a piece: address, size */
    struct buf bytes;
};

static uint32_t count_zeros(const uint8_t *bytes, uint32_t size)
{
    uint32_t count = 0;

    while (count < size && bytes[count] == 0)
        count++;
    return count;
}

/* Bytes up to the next long run of zeroes. */
static uint32_t piece_size(const uint8_t *bytes, uint32_t size)
{
    uint32_t at = 0;

    while (at < size) {
        uint32_t zeros = count_zeros(bytes + at, size - at);

        if (zeros >= ZERO_RUN || (zeros > 0 && at + zeros == size))
            break;
        at += zeros + 1;
    }
    return at < size ? at : size;
}

static void collect_segment(struct pieces *pieces, uint32_t address, const struct wasm_data *data)
{
    uint32_t at = 0;

    while (at < data->size) {
        uint32_t size = piece_size(data->bytes + at, data->size - at);

        if (size > 0) {
            buf_u32(&pieces->rows, address + at);
            buf_u32(&pieces->rows, size);
            buf_append(&pieces->bytes, data->bytes + at, size);
        }
        at += size;
        at += count_zeros(data->bytes + at, data->size - at);
    }
}

/* Whether an active data segment lies inside what its memory is before any instruction runs. */
static bool is_initial_data(struct unit *unit, const struct wasm_data *data)
{
    uint64_t offset;

    return unit_owns_memory(unit, data->memory) && segment_find_offset(unit, data->offset, &offset) &&
           segment_is_inside(offset, data->size, unit->wasm->memories[data->memory].limits.min * MEWZ_PAGE_SIZE);
}

/* How many segments there are before the first active one that has to be looked at when those before are there. */
static uint32_t count_initial_datas(struct unit *unit)
{
    uint32_t i = 0;

    while (i < unit->wasm->data_count &&
           (unit->wasm->datas[i].mode != WASM_SEGMENT_ACTIVE || is_initial_data(unit, &unit->wasm->datas[i])))
        i++;
    return i;
}

/* Of the first `count` segments. */
static void collect_pieces(struct unit *unit, struct pieces *pieces, uint32_t memory, uint32_t count)
{
    uint64_t offset = 0;

    for (uint32_t i = 0; i < count; i++) {
        const struct wasm_data *data = &unit->wasm->datas[i];

        if (data->mode == WASM_SEGMENT_ACTIVE && data->memory == memory &&
            segment_find_offset(unit, data->offset, &offset))
            collect_segment(pieces, (uint32_t)offset, data);
    }
}

static LLVMValueRef load_row_field(struct unit *unit, LLVMValueRef rows, LLVMValueRef row, unsigned field)
{
    LLVMValueRef at = LLVMBuildMul(unit->builder, row, unit_i64(unit, 8), ""), value;

    at = LLVMBuildAdd(unit->builder, at, unit_i64(unit, field * 4), "");
    at = LLVMBuildGEP2(unit->builder, unit->i8, rows, &at, 1, "");
    value = LLVMBuildLoad2(unit->builder, unit->i32, at, "");
    return LLVMBuildZExt(unit->builder, value, unit->i64, "");
}

/* A loop that copies the pieces to their memory. */
static void build_copies(struct unit *unit, LLVMValueRef function, uint32_t memory, const struct pieces *pieces)
{
    LLVMBuilderRef builder = unit->builder;
    LLVMBasicBlockRef before = LLVMGetInsertBlock(builder);
    LLVMBasicBlockRef loop = LLVMAppendBasicBlockInContext(unit->context, function, "");
    LLVMBasicBlockRef done = LLVMAppendBasicBlockInContext(unit->context, function, "");
    LLVMValueRef zero = unit_i64(unit, 0), count = unit_i64(unit, pieces->rows.size / 8);
    LLVMValueRef rows = unit_private_constant(unit, segment_make_bytes(unit, pieces->rows.data, pieces->rows.size));
    LLVMValueRef bytes = unit_private_constant(unit, segment_make_bytes(unit, pieces->bytes.data, pieces->bytes.size));
    LLVMValueRef base = unit_memory_base(unit, memory), row, at, to, size, next_row, next_at;

    LLVMBuildBr(builder, loop);
    LLVMPositionBuilderAtEnd(builder, loop);
    row = LLVMBuildPhi(builder, unit->i64, "");
    at = LLVMBuildPhi(builder, unit->i64, "");
    to = load_row_field(unit, rows, row, 0);
    size = load_row_field(unit, rows, row, 1);
    LLVMBuildMemCpy(builder, LLVMBuildGEP2(builder, unit->i8, base, &to, 1, ""), 1,
                    LLVMBuildGEP2(builder, unit->i8, bytes, &at, 1, ""), 1, size);
    next_row = LLVMBuildAdd(builder, row, unit_i64(unit, 1), "");
    next_at = LLVMBuildAdd(builder, at, size, "");
    LLVMAddIncoming(row, (LLVMValueRef[]){zero, next_row}, (LLVMBasicBlockRef[]){before, loop}, 2);
    LLVMAddIncoming(at, (LLVMValueRef[]){zero, next_at}, (LLVMBasicBlockRef[]){before, loop}, 2);
    LLVMBuildCondBr(builder, LLVMBuildICmp(builder, LLVMIntEQ, next_row, count, ""), done, loop);
    LLVMPositionBuilderAtEnd(builder, done);
}

static void copy_datas(struct unit *unit, LLVMValueRef function, uint32_t count)
{
    for (uint32_t i = 0; i < unit->wasm->memory_count; i++) {
        struct pieces pieces = {0};

        collect_pieces(unit, &pieces, i, count);
        if (pieces.rows.size > 0)
            build_copies(unit, function, i, &pieces);
        buf_free(&pieces.rows);
        buf_free(&pieces.bytes);
    }
}

/* --- what only instantiation can do: with what other instances provide --- */

/* The function `instantiate` under construction. */
struct instantiation {
    struct unit *unit;
    LLVMValueRef function;
    LLVMMetadataRef scope;
};

static void trap_unless(const struct instantiation *in, LLVMValueRef condition, unsigned kind)
{
    struct unit *unit = in->unit;
    LLVMBasicBlockRef next = LLVMAppendBasicBlockInContext(unit->context, in->function, "");
    LLVMBasicBlockRef trap = LLVMAppendBasicBlockInContext(unit->context, in->function, "");

    LLVMBuildCondBr(unit->builder, condition, next, trap);
    LLVMPositionBuilderAtEnd(unit->builder, trap);
    debug_locate(unit, unit_build_trap(unit, kind), in->scope, 0);
    LLVMPositionBuilderAtEnd(unit->builder, next);
}

/* `start` and `size` are i64; traps unless `count` from `start` on are within `size`. */
static void trap_unless_inside(const struct instantiation *in, LLVMValueRef start, uint64_t count, LLVMValueRef size,
                               unsigned kind)
{
    LLVMBuilderRef builder = in->unit->builder;
    LLVMValueRef counted = unit_i64(in->unit, count), last = LLVMBuildSub(builder, size, counted, "");

    trap_unless(in, LLVMBuildICmp(builder, LLVMIntUGE, size, counted, ""), kind);
    trap_unless(in, LLVMBuildICmp(builder, LLVMIntULE, start, last, ""), kind);
}

static LLVMValueRef build_table_size(struct unit *unit, uint32_t table)
{
    LLVMValueRef size = unit_i32(unit, (uint32_t)unit->wasm->tables[table].type.limits.min);

    if (unit->plan->table_is_shared[table] || unit->plan->table_is_grown[table])
        size = LLVMBuildLoad2(unit->builder, unit->i32, unit_table_size(unit, table), "");
    return LLVMBuildZExt(unit->builder, size, unit->i64, "");
}

static LLVMValueRef build_memory_pages(struct unit *unit, uint32_t memory)
{
    return LLVMBuildLoad2(unit->builder, unit->i64, unit_memory_pages(unit, memory), "");
}

/* Memories and tables of others may have grown since they were declared. */
static void check_sizes(const struct instantiation *in)
{
    struct unit *unit = in->unit;

    for (uint32_t i = 0; i < unit->wasm->memory_count; i++)
        if (!unit_owns_memory(unit, i))
            trap_unless_inside(in, unit_i64(unit, 0), unit->wasm->memories[i].limits.min, build_memory_pages(unit, i),
                               MEWZ_TRAP_IMPORT);
    for (uint32_t i = 0; i < unit->wasm->table_count; i++)
        if (!unit_owns_table(unit, i))
            trap_unless_inside(in, unit_i64(unit, 0), unit->wasm->tables[i].type.limits.min, build_table_size(unit, i),
                               MEWZ_TRAP_IMPORT);
}

static void set_globals(const struct instantiation *in)
{
    struct unit *unit = in->unit;

    for (uint32_t i = unit->wasm->imported_global_count; i < unit->wasm->global_count; i++)
        if (!constant_is_known(&unit->plan->global_values[i]))
            LLVMBuildStore(unit->builder, constant_build(unit, unit->wasm->globals[i].init), unit_global(unit, i));
}

static LLVMValueRef element_at(struct unit *unit, LLVMValueRef array, LLVMValueRef index)
{
    return LLVMBuildGEP2(unit->builder, unit->ptr, array, &index, 1, "");
}

/* A loop that writes `value` to the first `count` elements, at least one. */
static void fill_table(const struct instantiation *in, LLVMValueRef array, LLVMValueRef value, uint64_t count)
{
    struct unit *unit = in->unit;
    LLVMBasicBlockRef before = LLVMGetInsertBlock(unit->builder);
    LLVMBasicBlockRef loop = LLVMAppendBasicBlockInContext(unit->context, in->function, "");
    LLVMBasicBlockRef done = LLVMAppendBasicBlockInContext(unit->context, in->function, "");
    LLVMValueRef i, next;

    LLVMBuildBr(unit->builder, loop);
    LLVMPositionBuilderAtEnd(unit->builder, loop);
    i = LLVMBuildPhi(unit->builder, unit->i64, "");
    LLVMBuildStore(unit->builder, value, element_at(unit, array, i));
    next = LLVMBuildAdd(unit->builder, i, unit_i64(unit, 1), "");
    LLVMAddIncoming(i, (LLVMValueRef[]){unit_i64(unit, 0), next}, (LLVMBasicBlockRef[]){before, loop}, 2);
    LLVMBuildCondBr(unit->builder, LLVMBuildICmp(unit->builder, LLVMIntEQ, next, unit_i64(unit, count), ""), done,
                    loop);
    LLVMPositionBuilderAtEnd(unit->builder, done);
}

static void fill_tables(const struct instantiation *in)
{
    struct unit *unit = in->unit;

    for (uint32_t i = 0; i < unit->wasm->table_count; i++) {
        const struct wasm_table *table = &unit->wasm->tables[i];

        if (table->init.size && table->type.limits.min > 0 && !constant_eval(unit, table->init))
            fill_table(in, unit_table(unit, i), constant_build(unit, table->init), table->type.limits.min);
    }
}

/* The elements of a segment that are not known before, to `array` from its first one on. */
static void store_elements(struct unit *unit, const struct wasm_elem *elem, LLVMValueRef array)
{
    for (uint32_t i = 0; elem->exprs && i < elem->count; i++)
        if (!segment_element(unit, elem, i))
            LLVMBuildStore(unit->builder, constant_build(unit, elem->exprs[i]),
                           element_at(unit, array, unit_i64(unit, i)));
}

static LLVMValueRef build_offset(struct unit *unit, struct wasm_expr expr)
{
    return LLVMBuildZExtOrBitCast(unit->builder, constant_build(unit, expr), unit->i64, "");
}

static void copy_elem(const struct instantiation *in, const struct wasm_elem *elem)
{
    struct unit *unit = in->unit;
    LLVMValueRef offset = build_offset(unit, elem->offset), target;
    LLVMValueRef source = unit_private_constant(unit, segment_make_elements(unit, elem, elem->count));

    trap_unless_inside(in, offset, elem->count, build_table_size(unit, elem->table), MEWZ_TRAP_TABLE);
    target = element_at(unit, unit_table(unit, elem->table), offset);
    LLVMBuildMemCpy(unit->builder, target, 8, source, 8, unit_i64(unit, (uint64_t)elem->count * sizeof(void *)));
    store_elements(unit, elem, target);
}

/* Segments from number `first` on; and what passive ones wait for. */
static void copy_elems(const struct instantiation *in, uint32_t first)
{
    struct unit *unit = in->unit;

    for (uint32_t i = 0; i < unit->wasm->elem_count; i++)
        if (unit->plan->elem_is_used[i] && unit_elem_count(unit, i) > 0)
            store_elements(unit, &unit->wasm->elems[i], unit_elem(unit, i));
    for (uint32_t i = first; i < unit->wasm->elem_count; i++)
        if (unit->wasm->elems[i].mode == WASM_SEGMENT_ACTIVE)
            copy_elem(in, &unit->wasm->elems[i]);
}

static void copy_data(const struct instantiation *in, const struct wasm_data *data)
{
    struct unit *unit = in->unit;
    LLVMValueRef offset = build_offset(unit, data->offset), size = build_memory_pages(unit, data->memory), target;
    LLVMValueRef source = unit_private_constant(unit, segment_make_bytes(unit, data->bytes, data->size));

    size = LLVMBuildMul(unit->builder, size, unit_i64(unit, MEWZ_PAGE_SIZE), "");
    trap_unless_inside(in, offset, data->size, size, MEWZ_TRAP_MEMORY);
    target = LLVMBuildGEP2(unit->builder, unit->i8, unit_memory_base(unit, data->memory), &offset, 1, "");
    LLVMBuildMemCpy(unit->builder, target, 1, source, 1, unit_i64(unit, data->size));
}

static void copy_late_datas(const struct instantiation *in, uint32_t first)
{
    for (uint32_t i = first; i < in->unit->wasm->data_count; i++)
        if (in->unit->wasm->datas[i].mode == WASM_SEGMENT_ACTIVE)
            copy_data(in, &in->unit->wasm->datas[i]);
}

/* A program's other instances come first. */
static void instantiate_others(const struct instantiation *in)
{
    struct unit *unit = in->unit;
    LLVMTypeRef type = LLVMFunctionType(unit->void_type, NULL, 0, false);

    if (unit->instance->label)
        return;
    for (const struct wasm_instance *i = unit->instance->next; i; i = i->next) {
        LLVMValueRef other = unit_instance_symbol(unit, i, INSTANTIATE_NAME);

        debug_locate(unit, LLVMBuildCall2(unit->builder, type, other, NULL, 0, ""), in->scope, 0);
    }
}

LLVMValueRef instantiate_define(struct unit *unit)
{
    struct instantiation in = {.unit = unit};
    LLVMTypeRef type = LLVMFunctionType(unit->void_type, NULL, 0, false);
    struct buf name = {0};
    uint32_t data_count = count_initial_datas(unit);

    unit_write_symbol(unit->instance, INSTANTIATE_NAME, &name);
    in.function = LLVMAddFunction(unit->module, (const char *)name.data, type);
    buf_free(&name);
    LLVMSetVisibility(in.function, LLVMHiddenVisibility);
    in.scope = glue_begin(unit, in.function);
    instantiate_others(&in);
    check_sizes(&in);
    set_globals(&in);
    fill_tables(&in);
    copy_elems(&in, unit->plan->initial_elem_count);
    copy_datas(unit, in.function, data_count);
    copy_late_datas(&in, data_count);
    if (unit->wasm->start != WASM_NO_INDEX)
        glue_call(unit, unit->wasm->start, NULL, in.scope);
    LLVMBuildRetVoid(unit->builder);
    return in.function;
}
