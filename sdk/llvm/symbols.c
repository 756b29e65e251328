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
    LLVMValueRef *funcs, *func_refs, *globals, *memories, *tables, *table_records, *table_sizes, *elems, *elem_sizes,
        *datas, *data_sizes, *types, *tags;
    LLVMValueRef memory;
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
    symbols->memories = new_list(wasm->memory_count);
    symbols->tables = new_list(wasm->table_count);
    symbols->table_records = new_list(wasm->table_count);
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
    free(symbols->memories);
    free(symbols->tables);
    free(symbols->table_records);
    free(symbols->table_sizes);
    free(symbols->elems);
    free(symbols->elem_sizes);
    free(symbols->datas);
    free(symbols->data_sizes);
    free(symbols->types);
    free(symbols->tags);
    free(symbols);
}

static void write_prefix(const struct wasm_instance *instance, struct buf *name)
{
    if (instance->label)
        buf_printf(name, "wasm[%s].", instance->label);
    else
        buf_printf(name, "wasm.");
}

void unit_write_symbol(const struct wasm_instance *instance, const char *name, struct buf *symbol)
{
    write_prefix(instance, symbol);
    buf_append(symbol, name, strlen(name) + 1);
}

/* A function that an instance defines: in this unit or another one, or in another object. Local where nobody else
 * refers to it, so that LLVM may drop it once it is inlined. */
static LLVMValueRef declare_func(struct unit *unit, const struct wasm_instance *instance, uint32_t index)
{
    const struct wasm_func *func = &instance->module->funcs[index];
    const struct plan_func *plan = instance == unit->instance ? &unit->plan->funcs[index] : NULL;
    LLVMTypeRef type = unit_functype(unit, &instance->module->types[func->type]);
    struct buf name = {0};
    LLVMValueRef function;

    write_prefix(instance, &name);
    buf_printf(&name, "%u%s%s", index, func->name ? "." : "", func->name ? func->name : "");
    buf_byte(&name, 0);
    function = unit_contract_func(unit, (const char *)name.data, type);
    buf_free(&name);
    LLVMSetFunctionCallConv(function, unit_convention(unit));
    if (plan && plan->unit == unit->index && !plan->is_shared)
        LLVMSetLinkage(function, LLVMInternalLinkage);
    else
        LLVMSetVisibility(function, LLVMHiddenVisibility);
    return function;
}

/* Another instance's function may be the system's, passed on. */
static LLVMValueRef declare_any_func(struct unit *unit, uint32_t index)
{
    const struct wasm_binding *binding = wasm_binding_of(unit->instance, unit->wasm->funcs[index].import);
    const struct wasm_instance *instance = binding && binding->instance ? binding->instance : unit->instance;
    const struct wasm_func *func = &instance->module->funcs[binding ? binding->index : index];

    if (func->import)
        return import_declare_func(unit, instance->module, func->import);
    return declare_func(unit, instance, binding ? binding->index : index);
}

LLVMValueRef unit_func(struct unit *unit, uint32_t index)
{
    LLVMValueRef *slot = &unit->symbols->funcs[index];

    if (!*slot)
        *slot = declare_any_func(unit, index);
    return *slot;
}

/* Declares a variable of an instance, which unit 0 of that one defines (instance.c). */
static LLVMValueRef declare_in(struct unit *unit, const struct wasm_instance *instance, LLVMTypeRef type,
                               const char *kind, uint32_t index, const char *suffix)
{
    struct buf name = {0};
    LLVMValueRef variable;

    write_prefix(instance, &name);
    buf_printf(&name, "%s.%u%s", kind, index, suffix);
    buf_byte(&name, 0);
    variable = LLVMGetNamedGlobal(unit->module, (const char *)name.data);
    if (!variable)
        variable = LLVMAddGlobal(unit->module, type, (const char *)name.data);
    LLVMSetVisibility(variable, LLVMHiddenVisibility);
    buf_free(&name);
    return variable;
}

static LLVMValueRef declare_variable(struct unit *unit, LLVMValueRef *slot, LLVMTypeRef type, const char *kind,
                                     uint32_t index, const char *suffix)
{
    if (!*slot)
        *slot = declare_in(unit, unit->instance, type, kind, index, suffix);
    return *slot;
}

/* The same, of the instance that provides it. */
static LLVMValueRef declare_import(struct unit *unit, LLVMValueRef *slot, LLVMTypeRef type, const char *kind,
                                   const struct wasm_binding *binding, const char *suffix)
{
    if (!*slot)
        *slot = declare_in(unit, binding->instance, type, kind, binding->index, suffix);
    return *slot;
}

LLVMValueRef unit_instance_symbol(struct unit *unit, const struct wasm_instance *instance, const char *name)
{
    struct buf symbol = {0};
    LLVMValueRef variable;

    unit_write_symbol(instance, name, &symbol);
    variable = LLVMGetNamedGlobal(unit->module, (const char *)symbol.data);
    if (!variable)
        variable = LLVMAddGlobal(unit->module, unit->i8, (const char *)symbol.data);
    LLVMSetVisibility(variable, LLVMHiddenVisibility);
    buf_free(&symbol);
    return variable;
}

LLVMValueRef unit_func_ref(struct unit *unit, uint32_t index)
{
    LLVMValueRef variable = declare_variable(unit, &unit->symbols->func_refs[index], unit->func_type, "ref", index, "");

    LLVMSetGlobalConstant(variable, true);
    return variable;
}

LLVMValueRef unit_global(struct unit *unit, uint32_t index)
{
    const struct wasm_global *global = &unit->wasm->globals[index];
    const struct wasm_binding *binding = wasm_binding_of(unit->instance, global->import);
    LLVMValueRef *slot = &unit->symbols->globals[index];
    LLVMTypeRef type = unit_valtype(unit, global->type.type);

    return binding ? declare_import(unit, slot, type, "global", binding, "")
                   : declare_variable(unit, slot, type, "global", index, "");
}

uint32_t unit_table_capacity(const struct unit *unit, uint32_t index)
{
    const struct wasm_limits *limits = &unit->wasm->tables[index].type.limits;
    uint64_t most = limits->min + TABLE_GROWTH;

    if (!unit->plan->table_is_grown[index] && !unit->plan->table_is_shared[index])
        return (uint32_t)limits->min;
    return (uint32_t)(limits->max < most ? limits->max : most);
}

static bool owns(const struct unit *unit, const struct wasm_import *import)
{
    const struct wasm_binding *binding = wasm_binding_of(unit->instance, import);

    return !binding || binding->instance == unit->instance;
}

bool unit_owns_memory(const struct unit *unit, uint32_t index)
{
    return owns(unit, unit->wasm->memories[index].import);
}

bool unit_owns_table(const struct unit *unit, uint32_t index)
{
    return owns(unit, unit->wasm->tables[index].import);
}

LLVMValueRef unit_table_record(struct unit *unit, uint32_t index)
{
    const struct wasm_binding *binding = wasm_binding_of(unit->instance, unit->wasm->tables[index].import);
    LLVMValueRef *slot = &unit->symbols->table_records[index];

    return binding ? declare_import(unit, slot, unit->table_type, "table", binding, ".record")
                   : declare_variable(unit, slot, unit->table_type, "table", index, ".record");
}

LLVMValueRef unit_table_member(struct unit *unit, uint32_t index, enum unit_table_member member)
{
    return LLVMBuildStructGEP2(unit->builder, unit->table_type, unit_table_record(unit, index), member, "");
}

LLVMValueRef unit_table(struct unit *unit, uint32_t index)
{
    LLVMTypeRef type = LLVMArrayType2(unit->ptr, unit_table_capacity(unit, index));
    LLVMValueRef variable;

    if (!unit_owns_table(unit, index)) {
        variable = LLVMBuildLoad2(unit->builder, unit->ptr, unit_table_member(unit, index, TABLE_ELEMENTS), "");
        unit_set_invariant(unit, variable);
        return variable;
    }
    variable = declare_variable(unit, &unit->symbols->tables[index], type, "table", index, "");
    LLVMSetGlobalConstant(variable, !unit->plan->table_is_written[index] && !unit->plan->table_is_shared[index]);
    return variable;
}

LLVMValueRef unit_table_size(struct unit *unit, uint32_t index)
{
    if (unit->plan->table_is_shared[index])
        return unit_table_member(unit, index, TABLE_SIZE);
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

    LLVMSetGlobalConstant(variable, unit->plan->elem_is_known[index]);
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

LLVMValueRef unit_memory_record_of(struct unit *unit, const struct wasm_instance *instance, uint32_t index)
{
    return declare_in(unit, instance, unit->memory_type, "memory", index, "");
}

LLVMValueRef unit_memory_record(struct unit *unit, uint32_t index)
{
    const struct wasm_binding *binding = wasm_binding_of(unit->instance, unit->wasm->memories[index].import);
    LLVMValueRef *slot = &unit->symbols->memories[index];

    return binding ? declare_import(unit, slot, unit->memory_type, "memory", binding, "")
                   : declare_variable(unit, slot, unit->memory_type, "memory", index, "");
}

LLVMValueRef unit_memory_pages(struct unit *unit, uint32_t index)
{
    return LLVMBuildStructGEP2(unit->builder, unit->memory_type, unit_memory_record(unit, index), 1, "");
}

LLVMValueRef unit_memory_base(struct unit *unit, uint32_t index)
{
    LLVMValueRef load;

    if (index == unit->instance->fixed_memory)
        return unit_memory(unit);
    load = LLVMBuildLoad2(unit->builder, unit->ptr, unit_memory_record(unit, index), "");
    unit_set_invariant(unit, load);
    return load;
}

/* Equal types of the program have equal text, and so one symbol. A type whose text would be too long is this
 * instance's own: others' functions do not have it, as far as call_indirect can tell. */
static LLVMValueRef define_type(struct unit *unit, uint32_t type_index)
{
    struct buf name = {0};
    const char *prefix = "wasm.type.", *text;
    LLVMValueRef variable;

    buf_printf(&name, "%s", prefix);
    if (!wasm_type_identity(unit->wasm, type_index, &name)) {
        name.size = 0;
        buf_printf(&name, "%s%s.%u", prefix, unit->instance->label ? unit->instance->label : "", type_index);
    }
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
        *slot = define_type(unit, unit->wasm->canonical[type_index]);
    return *slot;
}

LLVMValueRef unit_tag(struct unit *unit, uint32_t index)
{
    const struct wasm_binding *binding = wasm_binding_of(unit->instance, unit->wasm->tags[index].import);
    LLVMTypeRef type = LLVMStructTypeInContext(unit->context, &unit->ptr, 1, false);
    LLVMValueRef *slot = &unit->symbols->tags[index], variable;

    variable = binding ? declare_import(unit, slot, type, "tag", binding, "")
                       : declare_variable(unit, slot, type, "tag", index, "");
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

void unit_define_variable(struct unit *unit, LLVMValueRef variable, LLVMValueRef init)
{
    LLVMSetInitializer(variable, init);
    if (unit->plan->unit_count == 1 && !unit->instance->is_shared)
        LLVMSetLinkage(variable, LLVMInternalLinkage);
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
