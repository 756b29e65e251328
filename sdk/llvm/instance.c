/* instance.c: define the variables of the instance, the function `instantiate`, and the descriptor (abi.h).
 *
 * What can be done at build time is done here: elements of active segments are initial values of tables, data of
 * active segments is reduced to what is not zero. */
#include "llvm/instance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mewz/abi.h>

#include "base/buf.h"
#include "base/memory.h"
#include "llvm/code_map.h"
#include "llvm/constant.h"
#include "llvm/symbols.h"

/* A run of this many zeroes in a data segment is left out: linear memory is zero before. */
#define ZERO_RUN 64u

/* Defines a variable that symbols.h declared. Other units see it where there are any. */
static void define_variable(struct unit *unit, LLVMValueRef variable, LLVMValueRef init)
{
    LLVMSetInitializer(variable, init);
    if (unit->plan->unit_count == 1)
        LLVMSetLinkage(variable, LLVMInternalLinkage);
}

static void define_memories(struct unit *unit)
{
    const struct wasm_module *wasm = unit->wasm;
    LLVMValueRef *records = memory_alloc((wasm->memory_count + 1) * sizeof(*records));

    for (uint32_t i = 0; i < wasm->memory_count; i++) {
        const struct wasm_limits *limits = &wasm->memories[i].limits;
        uint64_t most = limits->max < UINT16_MAX + 1 ? limits->max : UINT16_MAX + 1;
        LLVMValueRef members[4];

        if (unit->options->memory_max && unit->options->memory_max < most)
            most = unit->options->memory_max;
        members[0] = i == 0 ? unit_memory(unit) : LLVMConstNull(unit->ptr);
        members[1] = members[2] = unit_i64(unit, limits->min);
        members[3] = unit_i64(unit, most);
        records[i] = LLVMConstStructInContext(unit->context, members, 4, false);
    }
    define_variable(unit, unit_memories(unit), LLVMConstArray2(unit->memory_type, records, wasm->memory_count));
    free(records);
}

static void define_globals(struct unit *unit)
{
    for (uint32_t i = 0; i < unit->wasm->global_count; i++)
        if (unit->wasm->globals[i].type.is_mutable)
            define_variable(unit, unit_global(unit, i), constant_eval(unit, unit->wasm->globals[i].init));
}

/* Begins a function that no wasm function is; returns the scope of places in it. */
static LLVMMetadataRef begin_function(struct unit *unit, LLVMValueRef function)
{
    unit_define_func(unit, function);
    LLVMPositionBuilderAtEnd(unit->builder, LLVMAppendBasicBlockInContext(unit->context, function, ""));
    return unit_describe_func(unit, function, 0);
}

static LLVMValueRef call_func(struct unit *unit, uint32_t index, LLVMValueRef *args, LLVMMetadataRef scope)
{
    const struct wasm_functype *type = &unit->wasm->types[unit->wasm->funcs[index].type];
    LLVMValueRef callee = unit_func(unit, index);
    LLVMValueRef call = LLVMBuildCall2(unit->builder, unit_functype(unit, type), callee, args, type->param_count, "");

    LLVMSetInstructionCallConv(call, LLVMGetFunctionCallConv(callee));
    unit_locate(unit, call, scope, 0);
    return call;
}

/* A function of that name that only goes on to another one. */
static LLVMValueRef define_forwarder(struct unit *unit, const char *symbol, uint32_t index, unsigned convention)
{
    const struct wasm_functype *type = &unit->wasm->types[unit->wasm->funcs[index].type];
    LLVMValueRef function = LLVMAddFunction(unit->module, symbol, unit_functype(unit, type)), call;
    LLVMValueRef *params = memory_alloc((type->param_count + 1) * sizeof(*params));
    LLVMMetadataRef scope = begin_function(unit, function);

    LLVMSetFunctionCallConv(function, convention);
    LLVMGetParams(function, params);
    call = call_func(unit, index, params, scope);
    if (type->result_count > 0)
        LLVMBuildRet(unit->builder, call);
    else
        LLVMBuildRetVoid(unit->builder);
    free(params);
    return function;
}

/* What references to a function call: the function, or one with the convention of all of them that calls it. */
static LLVMValueRef func_code(struct unit *unit, uint32_t index)
{
    char symbol[32];
    LLVMValueRef forwarder;

    if (LLVMGetFunctionCallConv(unit_func(unit, index)) == unit_convention(unit))
        return unit_func(unit, index);
    snprintf(symbol, sizeof(symbol), "wasm.import.%u", index);
    forwarder = define_forwarder(unit, symbol, index, unit_convention(unit));
    LLVMSetLinkage(forwarder, LLVMInternalLinkage);
    return forwarder;
}

static void define_func_refs(struct unit *unit)
{
    for (uint32_t i = 0; i < unit->wasm->func_count; i++) {
        LLVMValueRef members[2];

        if (!unit->plan->funcs[i].is_referenced)
            continue;
        members[0] = func_code(unit, i);
        members[1] = unit_type(unit, unit->wasm->funcs[i].type);
        define_variable(unit, unit_func_ref(unit, i), LLVMConstStructInContext(unit->context, members, 2, false));
    }
}

static void define_tags(struct unit *unit)
{
    for (uint32_t i = 0; i < unit->wasm->tag_count; i++) {
        LLVMValueRef type = unit_type(unit, unit->wasm->tags[i].type);

        define_variable(unit, unit_tag(unit, i), LLVMConstStructInContext(unit->context, &type, 1, false));
    }
}

static bool holds_exceptions(wasm_valtype type)
{
    return wasm_is_ref(type) && wasm_heap_type(type) == WASM_HEAP_EXN;
}

/* A struct mewz_exception_root. */
static LLVMValueRef make_root(struct unit *unit, LLVMValueRef references, uint64_t count)
{
    LLVMValueRef members[] = {references, unit_i64(unit, count)};

    return LLVMConstStructInContext(unit->context, members, 2, false);
}

/* The globals and tables that can hold exceptions. */
static void define_roots(struct unit *unit)
{
    const struct wasm_module *wasm = unit->wasm;
    LLVMValueRef *roots = memory_alloc(((size_t)wasm->global_count + wasm->table_count + 1) * sizeof(*roots));
    LLVMValueRef array;
    unsigned count = 0;

    for (uint32_t i = 0; i < wasm->global_count; i++)
        if (wasm->globals[i].type.is_mutable && holds_exceptions(wasm->globals[i].type.type))
            roots[count++] = make_root(unit, unit_global(unit, i), 1);
    for (uint32_t i = 0; i < wasm->table_count; i++)
        if (holds_exceptions(wasm->tables[i].type.element))
            roots[count++] = make_root(unit, unit_table(unit, i), unit_table_capacity(unit, i));
    if (count > 0) {
        array = LLVMAddGlobal(unit->module, LLVMArrayType2(LLVMTypeOf(roots[0]), count), "wasm.exception_roots");
        LLVMSetInitializer(array, LLVMConstArray2(LLVMTypeOf(roots[0]), roots, count));
        LLVMSetLinkage(array, LLVMInternalLinkage);
        LLVMSetGlobalConstant(array, true);
        LLVMSetSection(array, MEWZ_EXCEPTION_ROOTS_SECTION);
        unit_keep(unit, array);
    }
    free(roots);
}

static LLVMValueRef elem_value(struct unit *unit, const struct wasm_elem *elem, uint32_t index)
{
    return elem->funcs ? unit_func_ref(unit, elem->funcs[index]) : constant_eval(unit, elem->exprs[index]);
}

/* Passive segments that table.init may read. */
static void define_elems(struct unit *unit)
{
    for (uint32_t i = 0; i < unit->wasm->elem_count; i++) {
        const struct wasm_elem *elem = &unit->wasm->elems[i];
        uint32_t count = unit_elem_count(unit, i);
        LLVMValueRef *values;

        if (!unit->plan->elem_is_used[i])
            continue;
        values = memory_alloc(((size_t)count + 1) * sizeof(*values));
        for (uint32_t j = 0; j < count; j++)
            values[j] = elem_value(unit, elem, j);
        define_variable(unit, unit_elem(unit, i), LLVMConstArray2(unit->ptr, values, count));
        define_variable(unit, unit_elem_size(unit, i), unit_i32(unit, count));
        free(values);
    }
}

static LLVMValueRef make_bytes(struct unit *unit, const uint8_t *bytes, size_t size)
{
    return LLVMConstStringInContext2(unit->context, (const char *)bytes, size, true);
}

static void define_datas(struct unit *unit)
{
    for (uint32_t i = 0; i < unit->wasm->data_count; i++) {
        const struct wasm_data *data = &unit->wasm->datas[i];
        uint32_t size = unit_data_count(unit, i);

        if (!unit->plan->data_is_used[i])
            continue;
        define_variable(unit, unit_data(unit, i), make_bytes(unit, data->bytes, size));
        define_variable(unit, unit_data_size(unit, i), unit_i32(unit, size));
    }
}

static bool is_inside(uint64_t offset, uint64_t count, uint64_t size)
{
    return offset <= size && count <= size - offset;
}

/* Puts the active element segments into `tables`, an array of elements for each table. Returns false if a segment does
 * not fit: the ones before it count (core specification, section 4.5.4), the ones after it do not. */
static bool apply_elems(struct unit *unit, LLVMValueRef **tables)
{
    for (uint32_t i = 0; i < unit->wasm->elem_count; i++) {
        const struct wasm_elem *elem = &unit->wasm->elems[i];
        uint64_t offset;

        if (elem->mode != WASM_SEGMENT_ACTIVE)
            continue;
        offset = constant_eval_offset(unit, elem->offset);
        if (!is_inside(offset, elem->count, unit->wasm->tables[elem->table].type.limits.min))
            return false;
        for (uint32_t j = 0; j < elem->count; j++)
            tables[elem->table][offset + j] = elem_value(unit, elem, j);
    }
    return true;
}

static void define_table(struct unit *unit, uint32_t index, LLVMValueRef *elements)
{
    const struct wasm_table *table = &unit->wasm->tables[index];
    uint32_t min = (uint32_t)table->type.limits.min, capacity = unit_table_capacity(unit, index);
    LLVMValueRef null = LLVMConstNull(unit->ptr), init = table->init.size ? constant_eval(unit, table->init) : null;

    for (uint32_t i = 0; i < capacity; i++)
        if (!elements[i])
            elements[i] = i < min ? init : null;
    define_variable(unit, unit_table(unit, index), LLVMConstArray2(unit->ptr, elements, capacity));
    if (unit->plan->table_is_grown[index])
        define_variable(unit, unit_table_size(unit, index), unit_i32(unit, min));
}

static bool define_tables(struct unit *unit)
{
    uint32_t count = unit->wasm->table_count;
    LLVMValueRef **tables = memory_alloc((count + 1) * sizeof(*tables));
    bool fits;

    for (uint32_t i = 0; i < count; i++)
        tables[i] = memory_alloc(((size_t)unit_table_capacity(unit, i) + 1) * sizeof(**tables));
    fits = apply_elems(unit, tables);
    for (uint32_t i = 0; i < count; i++) {
        define_table(unit, i, tables[i]);
        free(tables[i]);
    }
    free(tables);
    return fits;
}

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

/* How many segments there are before the first active one that does not fit. */
static uint32_t count_fitting_datas(struct unit *unit)
{
    uint32_t i = 0;

    for (; i < unit->wasm->data_count; i++) {
        const struct wasm_data *data = &unit->wasm->datas[i];
        uint64_t size = data->mode == WASM_SEGMENT_ACTIVE ? unit->wasm->memories[data->memory].limits.min : 0;

        if (data->mode == WASM_SEGMENT_ACTIVE &&
            !is_inside(constant_eval_offset(unit, data->offset), data->size, size * MEWZ_PAGE_SIZE))
            break;
    }
    return i;
}

/* Of the first `count` segments. */
static void collect_pieces(struct unit *unit, struct pieces *pieces, uint32_t memory, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct wasm_data *data = &unit->wasm->datas[i];

        if (data->mode == WASM_SEGMENT_ACTIVE && data->memory == memory)
            collect_segment(pieces, (uint32_t)constant_eval_offset(unit, data->offset), data);
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
    LLVMValueRef rows = unit_private_constant(unit, make_bytes(unit, pieces->rows.data, pieces->rows.size));
    LLVMValueRef bytes = unit_private_constant(unit, make_bytes(unit, pieces->bytes.data, pieces->bytes.size));
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

static void call_start(struct unit *unit, LLVMMetadataRef scope)
{
    if (unit->wasm->start != WASM_NO_INDEX)
        call_func(unit, unit->wasm->start, NULL, scope);
    LLVMBuildRetVoid(unit->builder);
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

/* Instantiation from the segments on (core specification, section 4.5.4). */
static LLVMValueRef define_instantiate(struct unit *unit, bool elems_fit)
{
    LLVMTypeRef type = LLVMFunctionType(unit->void_type, NULL, 0, false);
    LLVMValueRef function = LLVMAddFunction(unit->module, INSTANTIATE_SYMBOL, type);
    LLVMMetadataRef scope = begin_function(unit, function);
    uint32_t fitting = elems_fit ? count_fitting_datas(unit) : 0;

    LLVMSetVisibility(function, LLVMHiddenVisibility);
    copy_datas(unit, function, fitting);
    if (elems_fit && fitting == unit->wasm->data_count)
        call_start(unit, scope);
    else
        unit_build_trap(unit, elems_fit ? MEWZ_TRAP_MEMORY : MEWZ_TRAP_TABLE);
    return function;
}

/* The export `_start` that takes and returns nothing, or a null pointer. */
static LLVMValueRef find_start(struct unit *unit)
{
    for (uint32_t i = 0; i < unit->wasm->export_count; i++) {
        const struct wasm_export *export = &unit->wasm->exports[i];
        const struct wasm_functype *type;

        if (export->kind != WASM_EXTERN_FUNC || export->name.size != 6 || memcmp(export->name.bytes, "_start", 6) != 0)
            continue;
        type = &unit->wasm->types[unit->wasm->funcs[export->index].type];
        if (type->param_count == 0 && type->result_count == 0)
            return unit_func(unit, export->index);
    }
    return LLVMConstNull(unit->ptr);
}

static void define_descriptor(struct unit *unit, LLVMValueRef instantiate)
{
    const char *file = unit->wasm->file, *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file;
    LLVMValueRef code_map = LLVMAddGlobal(unit->module, unit->i8, CODE_MAP_SYMBOL), init, program;
    LLVMValueRef members[] = {
        unit_i32(unit, MEWZ_ABI_VERSION),
        unit_i32(unit, unit->wasm->memory_count),
        unit_memories(unit),
        unit_private_constant(unit, LLVMConstStringInContext2(unit->context, name, strlen(name), false)),
        instantiate,
        find_start(unit),
        code_map,
    };

    LLVMSetVisibility(code_map, LLVMHiddenVisibility);
    init = LLVMConstStructInContext(unit->context, members, sizeof(members) / sizeof(members[0]), false);
    program = LLVMAddGlobal(unit->module, LLVMTypeOf(init), "mewz_program");
    LLVMSetInitializer(program, init);
    LLVMSetGlobalConstant(program, true);
}

static void define_exports(struct unit *unit)
{
    for (uint32_t i = 0; i < unit->wasm->export_count; i++) {
        const struct wasm_export *export = &unit->wasm->exports[i];
        struct buf symbol = {0};

        if (export->kind != WASM_EXTERN_FUNC)
            continue;
        buf_printf(&symbol, "%s.%.*s", unit->options->exports, (int)export->name.size, export->name.bytes);
        buf_byte(&symbol, 0);
        define_forwarder(unit, (const char *)symbol.data, export->index, LLVMCCallConv);
        buf_free(&symbol);
    }
}

void instance_define(struct unit *unit)
{
    bool elems_fit;

    define_memories(unit);
    define_globals(unit);
    define_func_refs(unit);
    define_tags(unit);
    define_roots(unit);
    define_elems(unit);
    define_datas(unit);
    elems_fit = define_tables(unit);
    define_descriptor(unit, define_instantiate(unit, elems_fit));
    if (unit->options->exports)
        define_exports(unit);
}
