/* symbols.c: declare on demand what a unit's code refers to. */
#include "llvm/symbols.h"

#include <llvm-c/Comdat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/memory.h"
#include "llvm/import.h"

/* A table that grows has room for this many elements beyond its minimum (memory.grow's sister may fail at will:
 * core specification, section 4.4.6). It is static memory: programs that grow tables grow them by little. */
#define TABLE_GROWTH 65536u

struct unit_symbols {
    LLVMValueRef *funcs, *func_refs, *globals, *tables, *table_sizes, *elems, *elem_sizes, *datas, *data_sizes, *types,
        *tags;
    LLVMValueRef memory, memories;
};

static LLVMValueRef *new_list(uint32_t count)
{
    return memory_alloc(((size_t)count + 1) * sizeof(LLVMValueRef));
}

struct unit_symbols *symbols_new(const struct wasm_module *wasm)
{
    struct unit_symbols *symbols = memory_alloc(sizeof(*symbols));

    symbols->funcs = new_list(wasm->func_count);
    symbols->func_refs = new_list(wasm->func_count);
    symbols->globals = new_list(wasm->global_count);
    symbols->tables = new_list(wasm->table_count);
    symbols->table_sizes = new_list(wasm->table_count);
    symbols->elems = new_list(wasm->elem_count);
    symbols->elem_sizes = new_list(wasm->elem_count);
    symbols->datas = new_list(wasm->data_count);
    symbols->data_sizes = new_list(wasm->data_count);
    symbols->types = new_list(wasm->type_count);
    symbols->tags = new_list(wasm->tag_count);
    return symbols;
}

void symbols_free(struct unit_symbols *symbols)
{
    free(symbols->funcs);
    free(symbols->func_refs);
    free(symbols->globals);
    free(symbols->tables);
    free(symbols->table_sizes);
    free(symbols->elems);
    free(symbols->elem_sizes);
    free(symbols->datas);
    free(symbols->data_sizes);
    free(symbols->types);
    free(symbols->tags);
    free(symbols);
}

/* A function of this module: defined here, or in another unit. Local where nobody else refers to it, so that LLVM may
 * drop it once it is inlined. */
static LLVMValueRef declare_defined_func(struct unit *unit, uint32_t index)
{
    const struct wasm_func *func = &unit->wasm->funcs[index];
    const struct plan_func *plan = &unit->plan->funcs[index];
    struct buf name = {0};
    LLVMValueRef function;

    buf_printf(&name, "wasm.%u%s%s", index, func->name ? "." : "", func->name ? func->name : "");
    buf_byte(&name, 0);
    function =
        LLVMAddFunction(unit->module, (const char *)name.data, unit_functype(unit, &unit->wasm->types[func->type]));
    buf_free(&name);
    LLVMSetFunctionCallConv(function, unit_convention(unit));
    if (plan->unit == unit->index && !plan->is_shared)
        LLVMSetLinkage(function, LLVMInternalLinkage);
    else
        LLVMSetVisibility(function, LLVMHiddenVisibility);
    return function;
}

LLVMValueRef unit_func(struct unit *unit, uint32_t index)
{
    LLVMValueRef *slot = &unit->symbols->funcs[index];

    if (!*slot)
        *slot = unit->wasm->funcs[index].import ? import_declare_func(unit, index) : declare_defined_func(unit, index);
    return *slot;
}

/* A variable of the instance: unit 0 defines it (instance.c). */
static LLVMValueRef declare_variable(struct unit *unit, LLVMValueRef *slot, LLVMTypeRef type, const char *kind,
                                     uint32_t index, const char *suffix)
{
    char name[64];

    if (!*slot) {
        snprintf(name, sizeof(name), "wasm.%s.%u%s", kind, index, suffix);
        *slot = LLVMAddGlobal(unit->module, type, name);
        LLVMSetVisibility(*slot, LLVMHiddenVisibility);
    }
    return *slot;
}

LLVMValueRef unit_func_ref(struct unit *unit, uint32_t index)
{
    LLVMValueRef variable = declare_variable(unit, &unit->symbols->func_refs[index], unit->func_type, "ref", index, "");

    LLVMSetGlobalConstant(variable, true);
    return variable;
}

LLVMValueRef unit_global(struct unit *unit, uint32_t index)
{
    LLVMTypeRef type = unit_valtype(unit, unit->wasm->globals[index].type.type);

    return declare_variable(unit, &unit->symbols->globals[index], type, "global", index, "");
}

uint32_t unit_table_capacity(const struct unit *unit, uint32_t index)
{
    const struct wasm_limits *limits = &unit->wasm->tables[index].type.limits;
    uint64_t most = limits->min + TABLE_GROWTH;

    if (!unit->plan->table_is_grown[index])
        return (uint32_t)limits->min;
    return (uint32_t)(limits->max < most ? limits->max : most);
}

LLVMValueRef unit_table(struct unit *unit, uint32_t index)
{
    LLVMTypeRef type = LLVMArrayType2(unit->ptr, unit_table_capacity(unit, index));
    LLVMValueRef variable = declare_variable(unit, &unit->symbols->tables[index], type, "table", index, "");

    LLVMSetGlobalConstant(variable, !unit->plan->table_is_written[index]);
    return variable;
}

LLVMValueRef unit_table_size(struct unit *unit, uint32_t index)
{
    return declare_variable(unit, &unit->symbols->table_sizes[index], unit->i32, "table", index, ".size");
}

uint32_t unit_elem_count(const struct unit *unit, uint32_t index)
{
    const struct wasm_elem *elem = &unit->wasm->elems[index];

    return elem->mode == WASM_SEGMENT_PASSIVE ? elem->count : 0;
}

uint32_t unit_data_count(const struct unit *unit, uint32_t index)
{
    const struct wasm_data *data = &unit->wasm->datas[index];

    return data->mode == WASM_SEGMENT_PASSIVE ? data->size : 0;
}

LLVMValueRef unit_elem(struct unit *unit, uint32_t index)
{
    LLVMTypeRef type = LLVMArrayType2(unit->ptr, unit_elem_count(unit, index));
    LLVMValueRef variable = declare_variable(unit, &unit->symbols->elems[index], type, "elem", index, "");

    LLVMSetGlobalConstant(variable, true);
    return variable;
}

LLVMValueRef unit_elem_size(struct unit *unit, uint32_t index)
{
    return declare_variable(unit, &unit->symbols->elem_sizes[index], unit->i32, "elem", index, ".size");
}

LLVMValueRef unit_data(struct unit *unit, uint32_t index)
{
    LLVMTypeRef type = LLVMArrayType2(unit->i8, unit_data_count(unit, index));
    LLVMValueRef variable = declare_variable(unit, &unit->symbols->datas[index], type, "data", index, "");

    LLVMSetGlobalConstant(variable, true);
    return variable;
}

LLVMValueRef unit_data_size(struct unit *unit, uint32_t index)
{
    return declare_variable(unit, &unit->symbols->data_sizes[index], unit->i32, "data", index, ".size");
}

/* The address is a constant of the linker's that fits a signed 32-bit displacement. The range has two values or more,
 * since LLVM would take one value for an 8-bit displacement. The type has no bytes, so that LLVM concludes nothing
 * from its size. Variables never alias one another for LLVM, and every access of linear memory is an offset from
 * this one, so it does not take a store to linear memory for one to a wasm global or table. */
LLVMValueRef unit_memory(struct unit *unit)
{
    LLVMValueRef *slot = &unit->symbols->memory;
    LLVMMetadataRef range[2];

    if (*slot)
        return *slot;
    *slot = LLVMAddGlobal(unit->module, LLVMArrayType2(unit->i8, 0), "mewz_memory");
    LLVMSetVisibility(*slot, LLVMHiddenVisibility);
    range[0] = LLVMValueAsMetadata(unit_i64(unit, 0));
    range[1] = LLVMValueAsMetadata(unit_i64(unit, 1ull << 31));
    LLVMGlobalSetMetadata(*slot, LLVMGetMDKindIDInContext(unit->context, "absolute_symbol", 15),
                          LLVMMDNodeInContext2(unit->context, range, 2));
    return *slot;
}

LLVMValueRef unit_memories(struct unit *unit)
{
    LLVMValueRef *slot = &unit->symbols->memories;

    if (!*slot) {
        *slot =
            LLVMAddGlobal(unit->module, LLVMArrayType2(unit->memory_type, unit->wasm->memory_count), "wasm.memories");
        LLVMSetVisibility(*slot, LLVMHiddenVisibility);
    }
    return *slot;
}

LLVMValueRef unit_memory_member(struct unit *unit, uint32_t index, enum unit_memory_member member)
{
    LLVMValueRef number = unit_i64(unit, index);
    LLVMValueRef record = LLVMBuildGEP2(unit->builder, unit->memory_type, unit_memories(unit), &number, 1, "");

    return LLVMBuildStructGEP2(unit->builder, unit->memory_type, record, member, "");
}

LLVMValueRef unit_memory_base(struct unit *unit, uint32_t index)
{
    LLVMValueRef load;

    if (index == 0)
        return unit_memory(unit);
    load = LLVMBuildLoad2(unit->builder, unit->ptr, unit_memory_member(unit, index, MEMORY_BASE), "");
    unit_set_invariant(unit, load);
    return load;
}

static void write_type_list(struct buf *text, const wasm_valtype *types, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        buf_printf(text, "%s%s", i ? "," : "", wasm_valtype_name(types[i]).text);
}

/* Equal types of the module have equal text, and so one symbol. */
static LLVMValueRef define_type(struct unit *unit, const struct wasm_functype *type)
{
    struct buf name = {0};
    const char *prefix = "wasm.type.", *text;
    LLVMValueRef variable;

    buf_printf(&name, "%s", prefix);
    write_type_list(&name, type->params, type->param_count);
    buf_printf(&name, "->");
    write_type_list(&name, type->results, type->result_count);
    buf_byte(&name, 0);
    variable = LLVMGetNamedGlobal(unit->module, (const char *)name.data);
    if (!variable) {
        LLVMTypeRef record = LLVMStructTypeInContext(unit->context, &unit->ptr, 1, false);
        LLVMValueRef string;

        text = (const char *)name.data + strlen(prefix);
        string = unit_private_constant(unit, LLVMConstStringInContext2(unit->context, text, strlen(text), false));
        variable = LLVMAddGlobal(unit->module, record, (const char *)name.data);
        LLVMSetInitializer(variable, LLVMConstStructInContext(unit->context, &string, 1, false));
        LLVMSetGlobalConstant(variable, true);
        LLVMSetLinkage(variable, LLVMLinkOnceODRLinkage);
        LLVMSetVisibility(variable, LLVMHiddenVisibility);
        LLVMSetComdat(variable, LLVMGetOrInsertComdat(unit->module, (const char *)name.data));
    }
    buf_free(&name);
    return variable;
}

LLVMValueRef unit_type(struct unit *unit, uint32_t type_index)
{
    LLVMValueRef *slot = &unit->symbols->types[type_index];

    if (!*slot)
        *slot = define_type(unit, &unit->wasm->types[type_index]);
    return *slot;
}

LLVMValueRef unit_tag(struct unit *unit, uint32_t index)
{
    LLVMTypeRef type = LLVMStructTypeInContext(unit->context, &unit->ptr, 1, false);
    LLVMValueRef variable = declare_variable(unit, &unit->symbols->tags[index], type, "tag", index, "");

    LLVMSetGlobalConstant(variable, true);
    return variable;
}

LLVMValueRef unit_contract_func(struct unit *unit, const char *name, LLVMTypeRef type)
{
    LLVMValueRef function = LLVMGetNamedFunction(unit->module, name);

    return function ? function : LLVMAddFunction(unit->module, name, type);
}

void unit_keep(struct unit *unit, LLVMValueRef variable)
{
    LLVMValueRef used = LLVMAddGlobal(unit->module, LLVMArrayType2(unit->ptr, 1), "llvm.used");

    LLVMSetInitializer(used, LLVMConstArray2(unit->ptr, &variable, 1));
    LLVMSetLinkage(used, LLVMAppendingLinkage);
    LLVMSetSection(used, "llvm.metadata");
}

LLVMValueRef unit_private_constant(struct unit *unit, LLVMValueRef init)
{
    LLVMValueRef variable = LLVMAddGlobal(unit->module, LLVMTypeOf(init), "");

    LLVMSetInitializer(variable, init);
    LLVMSetGlobalConstant(variable, true);
    LLVMSetLinkage(variable, LLVMPrivateLinkage);
    LLVMSetUnnamedAddress(variable, LLVMGlobalUnnamedAddr);
    return variable;
}
