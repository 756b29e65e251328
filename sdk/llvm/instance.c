/* instance.c: define the variables of the instance, references to functions, and the descriptor (abi.h). */
#include "llvm/instance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <mewz/abi.h>

#include "base/buf.h"
#include "base/memory.h"
#include "llvm/code_map.h"
#include "llvm/constant.h"
#include "llvm/glue.h"
#include "llvm/instantiate.h"
#include "llvm/segment.h"
#include "llvm/symbols.h"

static void define_memory(struct unit *unit, uint32_t index)
{
    const struct wasm_limits *limits = &unit->wasm->memories[index].limits;
    uint64_t most = limits->max < UINT16_MAX + 1 ? limits->max : UINT16_MAX + 1;
    bool is_fixed = index == unit->instance->fixed_memory;
    LLVMValueRef members[4];

    if (unit->options->memory_max && unit->options->memory_max < most)
        most = unit->options->memory_max;
    members[0] = is_fixed ? unit_memory(unit) : LLVMConstNull(unit->ptr);
    members[1] = members[2] = unit_i64(unit, limits->min);
    members[3] = unit_i64(unit, most);
    unit_define_variable(unit, unit_memory_record(unit, index),
                         LLVMConstStructInContext(unit->context, members, 4, false));
}

static void define_memories(struct unit *unit)
{
    for (uint32_t i = 0; i < unit->wasm->memory_count; i++)
        if (unit_owns_memory(unit, i))
            define_memory(unit, i);
}

/* Those whose value only instantiation knows begin as zero. */
static void define_globals(struct unit *unit)
{
    for (uint32_t i = unit->wasm->imported_global_count; i < unit->wasm->global_count; i++) {
        const struct wasm_global *global = &unit->wasm->globals[i];
        LLVMValueRef init;

        if (!unit->plan->global_is_variable[i])
            continue;
        init = constant_eval(unit, global->init);
        if (init && !global->type.is_mutable)
            LLVMSetGlobalConstant(unit_global(unit, i), true);
        unit_define_variable(unit, unit_global(unit, i),
                             init ? init : LLVMConstNull(unit_valtype(unit, global->type.type)));
    }
}

/* What references to a function call: the function, or one with the convention of all of them that calls it. */
static LLVMValueRef func_code(struct unit *unit, uint32_t index)
{
    char symbol[32];
    LLVMValueRef forwarder;

    if (LLVMGetFunctionCallConv(unit_func(unit, index)) == unit_convention(unit))
        return unit_func(unit, index);
    snprintf(symbol, sizeof(symbol), "wasm.import.%u", index);
    forwarder = glue_define_forwarder(unit, symbol, index, unit_convention(unit));
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
        unit_define_variable(unit, unit_func_ref(unit, i), LLVMConstStructInContext(unit->context, members, 2, false));
    }
}

static void define_tags(struct unit *unit)
{
    for (uint32_t i = unit->wasm->imported_tag_count; i < unit->wasm->tag_count; i++) {
        LLVMValueRef type = unit_type(unit, unit->wasm->tags[i].type);

        unit_define_variable(unit, unit_tag(unit, i), LLVMConstStructInContext(unit->context, &type, 1, false));
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

/* The instance's own globals and tables that can hold exceptions. */
static void define_roots(struct unit *unit)
{
    const struct wasm_module *wasm = unit->wasm;
    LLVMValueRef *roots = memory_alloc(((size_t)wasm->global_count + wasm->table_count + 1) * sizeof(*roots));
    LLVMValueRef array;
    unsigned count = 0;

    for (uint32_t i = wasm->imported_global_count; i < wasm->global_count; i++)
        if (unit->plan->global_is_variable[i] && holds_exceptions(wasm->globals[i].type.type))
            roots[count++] = make_root(unit, unit_global(unit, i), 1);
    for (uint32_t i = 0; i < wasm->table_count; i++)
        if (unit_owns_table(unit, i) && holds_exceptions(wasm->tables[i].type.element))
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

/* The program's memories: the one at mewz_memory first. */
struct memory_list {
    struct unit *unit;
    LLVMValueRef *records;
    uint32_t count;
};

static bool is_fixed(const struct wasm_instance *instance, uint32_t index)
{
    return index == instance->fixed_memory;
}

static void list_memories_of(struct memory_list *list, const struct wasm_instance *instance, bool fixed)
{
    const struct wasm_module *wasm = instance->module;

    for (uint32_t i = 0; i < wasm->memory_count; i++) {
        const struct wasm_binding *binding = wasm_binding_of(instance, wasm->memories[i].import);

        if ((binding && binding->instance != instance) || is_fixed(instance, i) != fixed)
            continue;
        list->records = memory_resize(list->records, (list->count + 1) * sizeof(*list->records));
        list->records[list->count++] = unit_memory_record_of(list->unit, instance, i);
    }
}

static void list_memories(struct memory_list *list, bool fixed)
{
    for (const struct wasm_instance *i = list->unit->instance; i; i = i->next)
        list_memories_of(list, i, fixed);
}

static void define_descriptor(struct unit *unit, LLVMValueRef instantiate)
{
    const char *file = unit->wasm->file, *slash = strrchr(file, '/'), *name = slash ? slash + 1 : file;
    struct memory_list memories = {.unit = unit};
    LLVMValueRef init, program;
    struct buf symbol = {0};

    list_memories(&memories, true);
    list_memories(&memories, false);
    {
        LLVMValueRef members[] = {
            unit_i32(unit, MEWZ_ABI_VERSION),
            unit_i32(unit, memories.count),
            unit_private_constant(unit, LLVMConstArray2(unit->ptr, memories.records, memories.count)),
            unit_private_constant(unit, LLVMConstStringInContext2(unit->context, name, strlen(name), false)),
            instantiate,
            find_start(unit),
            unit_instance_symbol(unit, unit->instance, CODE_MAP_NAME),
        };

        init = LLVMConstStructInContext(unit->context, members, sizeof(members) / sizeof(members[0]), false);
    }
    free(memories.records);
    if (unit->options->exports)
        buf_printf(&symbol, "%s.program", unit->options->exports);
    else
        buf_printf(&symbol, "mewz_program");
    buf_byte(&symbol, 0);
    program = LLVMAddGlobal(unit->module, LLVMTypeOf(init), (const char *)symbol.data);
    buf_free(&symbol);
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
        buf_printf(&symbol, "%s.%u", unit->options->exports, i);
        buf_byte(&symbol, 0);
        glue_define_forwarder(unit, (const char *)symbol.data, export->index, LLVMCCallConv);
        buf_free(&symbol);
    }
}

/* The descriptor is the main module's. */
void instance_define(struct unit *unit)
{
    LLVMValueRef instantiate;

    define_memories(unit);
    define_globals(unit);
    define_func_refs(unit);
    define_tags(unit);
    define_roots(unit);
    segment_define_elems(unit);
    segment_define_datas(unit);
    segment_define_tables(unit);
    instantiate = instantiate_define(unit);
    if (!unit->instance->label || unit->options->exports)
        define_descriptor(unit, instantiate);
    if (unit->options->exports)
        define_exports(unit);
}
