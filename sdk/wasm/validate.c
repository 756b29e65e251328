/* validate.c: the module as a whole (section 3.4): types, limits, index spaces, segments, exports. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wasm/validate.h"

/* What addresses reach (3.2.15): 4 GiB and 2^64 bytes. */
#define MAX_PAGES_32 (1ull << 16)
#define MAX_PAGES_64 (1ull << 48)

/* Always -1. `position` is the offset in the module that the message names. */
static int __attribute__((format(printf, 3, 4))) fail_at(struct validator *v, uint32_t position, const char *format,
                                                         ...)
{
    char reason[512];
    va_list args;
    va_start(args, format);
    vsnprintf(reason, sizeof reason, format, args);
    va_end(args);
    return err_set(v->err, "%s:0x%x: %s", v->module->file, position, reason);
}

/* A constant expression of `what` number `index`. */
static int check_constant(struct validator *v, const struct wasm_expr *expr, wasm_valtype type, const char *what,
                          uint32_t index)
{
    if (validate_constant(v, expr, type) == 0)
        return 0;
    err_prefix(v->err, "%s:0x%x: %s %u", v->module->file, v->reader.offset, what, index);
    return -1;
}

void validate_note_type(struct wasm_module *module, wasm_valtype type)
{
    if (type == WASM_V128)
        module->features |= 1ull << WASM_FEATURE_SIMD;
    else if (type == WASM_FUNCREF || type == WASM_EXTERNREF)
        module->features |= 1ull << WASM_FEATURE_REFERENCE_TYPES;
    else if (wasm_is_ref(type) && wasm_heap_type(type) == WASM_HEAP_EXN)
        module->features |= 1ull << WASM_FEATURE_EXCEPTIONS;
    else if (wasm_is_ref(type))
        module->features |= 1ull << WASM_FEATURE_FUNCTION_REFERENCES;
}

static void note_limits(struct wasm_module *module, const struct wasm_limits *limits)
{
    if (limits->is_64)
        module->features |= 1ull << WASM_FEATURE_MEMORY64;
    if (limits->shared)
        module->features |= 1ull << WASM_FEATURE_THREADS;
}

static void note_types(struct wasm_module *m)
{
    for (uint32_t i = 0; i < m->type_count; i++) {
        const struct wasm_functype *type = &m->types[i];
        for (uint32_t j = 0; j < type->param_count; j++)
            validate_note_type(m, type->params[j]);
        for (uint32_t j = 0; j < type->result_count; j++)
            validate_note_type(m, type->results[j]);
        if (type->result_count > 1)
            m->features |= 1ull << WASM_FEATURE_MULTI_VALUE;
    }
}

static int check_func_types(struct validator *v)
{
    const struct wasm_module *m = v->module;
    for (uint32_t i = 0; i < m->func_count; i++) {
        const struct wasm_func *func = &m->funcs[i];
        uint32_t position = func->import ? func->import->position : func->body_offset;
        if (func->type >= m->type_count)
            return fail_at(v, position, "func %u: unknown type %u", i, func->type);
    }
    return 0;
}

static int check_tables(struct validator *v)
{
    struct wasm_module *m = v->module;
    for (uint32_t i = 0; i < m->table_count; i++) {
        const struct wasm_table *table = &m->tables[i];
        note_limits(m, &table->type.limits);
        if (table->type.limits.min > table->type.limits.max)
            return fail_at(v, table->position, "table %u: size minimum must not be greater than maximum", i);
        if (table->init.size && check_constant(v, &table->init, table->type.element, "table", i))
            return -1;
        if (!table->init.size && !table->import && !wasm_is_nullable(table->type.element))
            return fail_at(v, table->position, "table %u: type mismatch: %s has no default value", i,
                           wasm_valtype_name(table->type.element).text);
        if (table->type.element != WASM_FUNCREF)
            validate_note_type(m, table->type.element);
        if (i > 0)
            m->features |= 1ull << WASM_FEATURE_REFERENCE_TYPES;
    }
    return 0;
}

static int check_memories(struct validator *v)
{
    struct wasm_module *m = v->module;
    for (uint32_t i = 0; i < m->memory_count; i++) {
        const struct wasm_memory *memory = &m->memories[i];
        const struct wasm_limits *limits = &memory->limits;
        note_limits(m, limits);
        uint64_t most = limits->is_64 ? MAX_PAGES_64 : MAX_PAGES_32;
        if (limits->min > most || (limits->has_max && limits->max > most))
            return fail_at(v, memory->position, "memory %u: memory size must be at most %lu pages%s", i, most,
                           limits->is_64 ? "" : " (4GiB)");
        if (limits->min > limits->max)
            return fail_at(v, memory->position, "memory %u: size minimum must not be greater than maximum", i);
        if (limits->shared && !limits->has_max)
            return fail_at(v, memory->position, "memory %u: shared memory must have maximum", i);
        if (i > 0)
            m->features |= 1ull << WASM_FEATURE_MULTI_MEMORY;
    }
    return 0;
}

static int check_tags(struct validator *v)
{
    struct wasm_module *m = v->module;
    for (uint32_t i = 0; i < m->tag_count; i++) {
        const struct wasm_tag *tag = &m->tags[i];
        m->features |= 1ull << WASM_FEATURE_EXCEPTIONS;
        if (tag->type >= m->type_count)
            return fail_at(v, tag->position, "tag %u: unknown type %u", i, tag->type);
        if (m->types[tag->type].result_count)
            return fail_at(v, tag->position, "tag %u: non-empty tag result type: type %u has results", i, tag->type);
    }
    return 0;
}

/* A global may refer to those before it. */
static int check_globals(struct validator *v)
{
    struct wasm_module *m = v->module;
    for (uint32_t i = 0; i < m->global_count; i++) {
        const struct wasm_global *global = &m->globals[i];
        v->visible_globals = i;
        validate_note_type(m, global->type.type);
        if (global->import && global->type.is_mutable)
            m->features |= 1ull << WASM_FEATURE_MUTABLE_GLOBALS;
        if (!global->import && check_constant(v, &global->init, global->type.type, "global", i))
            return -1;
    }
    v->visible_globals = m->global_count;
    return 0;
}

/* --- exports --- */

static int compare_exports(const void *a, const void *b)
{
    const struct wasm_name *x = &(*(struct wasm_export *const *)a)->name;
    const struct wasm_name *y = &(*(struct wasm_export *const *)b)->name;
    if (x->size != y->size)
        return x->size < y->size ? -1 : 1;
    return x->size ? memcmp(x->bytes, y->bytes, x->size) : 0;
}

/* By sorting, whose cost no choice of names can raise, unlike that of hashing. */
static int check_export_names(struct validator *v, struct arena *arena)
{
    const struct wasm_module *m = v->module;
    const struct wasm_export **sorted = arena_array(arena, m->export_count, sizeof *sorted);
    for (uint32_t i = 0; i < m->export_count; i++)
        sorted[i] = &m->exports[i];
    if (m->export_count)
        qsort(sorted, m->export_count, sizeof *sorted, compare_exports);
    for (uint32_t i = 1; i < m->export_count; i++) {
        const struct wasm_name *name = &sorted[i]->name;
        if (compare_exports(&sorted[i - 1], &sorted[i]) == 0)
            return fail_at(v, sorted[i]->position, "duplicate export name \"%.*s\"", (int)name->size, name->bytes);
    }
    return 0;
}

static int check_export(struct validator *v, const struct wasm_export *export)
{
    struct wasm_module *m = v->module;
    const struct {
        const char *what;
        uint32_t count;
    } spaces[] = {
        [WASM_EXTERN_FUNC] = {"function", m->func_count},   [WASM_EXTERN_TABLE] = {"table", m->table_count},
        [WASM_EXTERN_MEMORY] = {"memory", m->memory_count}, [WASM_EXTERN_GLOBAL] = {"global", m->global_count},
        [WASM_EXTERN_TAG] = {"tag", m->tag_count},
    };
    if (export->index >= spaces[export->kind].count)
        return fail_at(v, export->position, "export \"%.*s\": unknown %s %u", (int)export->name.size,
                       export->name.bytes, spaces[export->kind].what, export->index);
    if (export->kind == WASM_EXTERN_FUNC)
        m->funcs[export->index].is_declared = true;
    if (export->kind == WASM_EXTERN_GLOBAL && m->globals[export->index].type.is_mutable)
        m->features |= 1ull << WASM_FEATURE_MUTABLE_GLOBALS;
    return 0;
}

static int check_exports(struct validator *v, struct arena *arena)
{
    const struct wasm_module *m = v->module;
    for (uint32_t i = 0; i < m->export_count; i++) {
        if (check_export(v, &m->exports[i]))
            return -1;
    }
    return check_export_names(v, arena);
}

static int check_start(struct validator *v)
{
    const struct wasm_module *m = v->module;
    if (m->start == WASM_NO_INDEX)
        return 0;
    if (m->start >= m->func_count)
        return fail_at(v, m->start_position, "start function: unknown function %u", m->start);
    const struct wasm_functype *type = &m->types[m->funcs[m->start].type];
    if (type->param_count || type->result_count)
        return fail_at(v, m->start_position, "start function: type mismatch: func %u has parameters or results",
                       m->start);
    return 0;
}

/* --- segments --- */

static int check_elements(struct validator *v, const struct wasm_elem *elem, uint32_t index)
{
    const struct wasm_module *m = v->module;
    for (uint32_t i = 0; i < elem->count; i++) {
        if (elem->exprs) {
            if (check_constant(v, &elem->exprs[i], elem->type, "elem", index))
                return -1;
        } else {
            if (elem->funcs[i] >= m->func_count)
                return fail_at(v, elem->position, "elem %u: unknown function %u", index, elem->funcs[i]);
            m->funcs[elem->funcs[i]].is_declared = true;
        }
    }
    return 0;
}

static int check_elem(struct validator *v, const struct wasm_elem *elem, uint32_t index)
{
    struct wasm_module *m = v->module;
    if (elem->mode == WASM_SEGMENT_ACTIVE) {
        if (elem->table >= m->table_count)
            return fail_at(v, elem->position, "elem %u: unknown table %u", index, elem->table);
        const struct wasm_tabletype *table = &m->tables[elem->table].type;
        wasm_valtype element = table->element;
        if (!wasm_type_matches(elem->type, element))
            return fail_at(v, elem->position, "elem %u: type mismatch: %s into a table of %s", index,
                           wasm_valtype_name(elem->type).text, wasm_valtype_name(element).text);
        if (check_constant(v, &elem->offset, wasm_address_type(&table->limits), "elem", index))
            return -1;
    } else {
        m->features |= 1ull << WASM_FEATURE_BULK_MEMORY;
    }
    if (elem->exprs) {
        m->features |= 1ull << WASM_FEATURE_REFERENCE_TYPES;
        validate_note_type(m, elem->type);
    }
    return check_elements(v, elem, index);
}

static int check_elems(struct validator *v)
{
    for (uint32_t i = 0; i < v->module->elem_count; i++) {
        if (check_elem(v, &v->module->elems[i], i))
            return -1;
    }
    return 0;
}

static int check_datas(struct validator *v)
{
    struct wasm_module *m = v->module;
    for (uint32_t i = 0; i < m->data_count; i++) {
        const struct wasm_data *data = &m->datas[i];
        if (data->mode != WASM_SEGMENT_ACTIVE) {
            m->features |= 1ull << WASM_FEATURE_BULK_MEMORY;
            continue;
        }
        if (data->memory >= m->memory_count)
            return fail_at(v, data->position, "data %u: unknown memory %u", i, data->memory);
        if (check_constant(v, &data->offset, wasm_address_type(&m->memories[data->memory].limits), "data", i))
            return -1;
    }
    return 0;
}

/* --- bodies --- */

static int check_bodies(struct validator *v)
{
    const struct wasm_module *m = v->module;
    for (uint32_t i = m->imported_func_count; i < m->func_count; i++) {
        const char *name = m->funcs[i].name;
        if (validate_body(v, &m->funcs[i]) == 0)
            continue;
        if (name)
            err_prefix(v->err, "%s:0x%x: func %u \"%.200s\"", m->file, v->reader.offset, i, name);
        else
            err_prefix(v->err, "%s:0x%x: func %u", m->file, v->reader.offset, i);
        return -1;
    }
    return 0;
}

/* What is declared for ref.func must be known before the bodies are read. */
static int check_module(struct validator *v, struct arena *arena)
{
    note_types(v->module);
    v->visible_globals = v->module->imported_global_count;
    if (check_func_types(v) || check_tables(v) || check_memories(v) || check_tags(v) || check_globals(v))
        return -1;
    if (check_exports(v, arena) || check_start(v) || check_elems(v) || check_datas(v))
        return -1;
    return check_bodies(v);
}

int wasm_validate(struct wasm_module *module, struct arena *arena, struct err *err)
{
    struct validator v = {.module = module, .err = err};
    int result = check_module(&v, arena);
    validator_free(&v);
    return result;
}
