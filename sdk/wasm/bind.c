#include "wasm/bind.h"

#include <string.h>

#include "wasm/symbol.h"

/* More text of one type than any program needs. Each type that another one refers to adds to it before it is spelt
 * out, so that this bounds the depth too. */
#define IDENTITY_LIMIT 4096u

/* Modules that an import is passed through, one after the other. */
#define MAX_HOPS 1000u

/* --- the identity of function types --- */

static bool write_functype(const struct wasm_module *module, uint32_t index, struct buf *text);

static bool write_valtype(const struct wasm_module *module, wasm_valtype type, uint32_t self, struct buf *text)
{
    if (!wasm_is_ref(type) || wasm_heap_type(type) < 0) {
        buf_printf(text, "%s", wasm_valtype_name(type).text);
        return true;
    }
    uint32_t index = (uint32_t)wasm_heap_type(type);
    buf_printf(text, "(ref %s", wasm_is_nullable(type) ? "null " : "");
    bool written = true;
    if (index == self)
        buf_printf(text, "self");
    else
        written = write_functype(module, index, text);
    buf_byte(text, ')');
    return written;
}

static bool write_valtypes(const struct wasm_module *module, const wasm_valtype *types, uint32_t count, uint32_t self,
                           struct buf *text)
{
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0)
            buf_byte(text, ',');
        if (text->size > IDENTITY_LIMIT || !write_valtype(module, types[i], self, text))
            return false;
    }
    return true;
}

static bool write_functype(const struct wasm_module *module, uint32_t index, struct buf *text)
{
    const struct wasm_functype *type = &module->types[index];
    uint32_t self = module->canonical[index];
    bool written = write_valtypes(module, type->params, type->param_count, self, text);
    buf_append(text, "->", 2);
    return written && write_valtypes(module, type->results, type->result_count, self, text);
}

bool wasm_type_identity(const struct wasm_module *module, uint32_t type_index, struct buf *text)
{
    return write_functype(module, type_index, text);
}

/* --- matching --- */

static bool functypes_match(const struct wasm_module *a, uint32_t a_index, const struct wasm_module *b,
                            uint32_t b_index)
{
    struct buf a_text = {0}, b_text = {0};
    bool equal = wasm_type_identity(a, a_index, &a_text) && wasm_type_identity(b, b_index, &b_text) &&
                 a_text.size == b_text.size && memcmp(a_text.data, b_text.data, a_text.size) == 0;
    buf_free(&a_text);
    buf_free(&b_text);
    return equal;
}

/* Whether a value of type `found` of one module may be where another one expects `expected`. */
static bool valtypes_match(const struct wasm_module *provider, wasm_valtype found, const struct wasm_module *importer,
                           wasm_valtype expected)
{
    bool refers = wasm_is_ref(found) && wasm_is_ref(expected) && wasm_heap_type(found) >= 0;
    if (!refers || wasm_heap_type(expected) < 0)
        return wasm_type_matches(found, expected);
    return (!wasm_is_nullable(found) || wasm_is_nullable(expected)) &&
           functypes_match(provider, (uint32_t)wasm_heap_type(found), importer, (uint32_t)wasm_heap_type(expected));
}

/* What others write must be right for the one, and what it writes for the others. */
static bool valtypes_equal(const struct wasm_module *a, wasm_valtype a_type, const struct wasm_module *b,
                           wasm_valtype b_type)
{
    return valtypes_match(a, a_type, b, b_type) && valtypes_match(b, b_type, a, a_type);
}

/* But for the minimum. */
static bool limits_match(const struct wasm_limits *found, const struct wasm_limits *expected)
{
    return found->is_64 == expected->is_64 && found->shared == expected->shared &&
           (!expected->has_max || (found->has_max && found->max <= expected->max));
}

static bool globals_match(const struct wasm_module *provider, const struct wasm_globaltype *found,
                          const struct wasm_module *importer, const struct wasm_globaltype *expected)
{
    if (found->is_mutable != expected->is_mutable)
        return false;
    if (found->is_mutable)
        return valtypes_equal(provider, found->type, importer, expected->type);
    return valtypes_match(provider, found->type, importer, expected->type);
}

static bool import_matches(const struct wasm_module *m, const struct wasm_import *import,
                           const struct wasm_module *provider, uint32_t index)
{
    switch (import->kind) {
    case WASM_EXTERN_FUNC:
        return functypes_match(provider, provider->funcs[index].type, m, m->funcs[import->index].type);
    case WASM_EXTERN_TABLE:
        return limits_match(&provider->tables[index].type.limits, &m->tables[import->index].type.limits) &&
               valtypes_equal(provider, provider->tables[index].type.element, m, m->tables[import->index].type.element);
    case WASM_EXTERN_MEMORY:
        return limits_match(&provider->memories[index].limits, &m->memories[import->index].limits);
    case WASM_EXTERN_GLOBAL:
        return globals_match(provider, &provider->globals[index].type, m, &m->globals[import->index].type);
    default:
        return functypes_match(provider, provider->tags[index].type, m, m->tags[import->index].type);
    }
}

/* --- binding --- */

static int fail_import(const struct wasm_module *m, const struct wasm_import *import, const char *why, const char *file,
                       const char *what, struct err *err)
{
    return err_set(err, "%s:0x%x: import \"%.*s\" \"%.*s\": %s: %s %s", m->file, import->position,
                   (int)import->module.size, import->module.bytes, (int)import->name.size, import->name.bytes, why,
                   file, what);
}

static const struct wasm_export *find_export(const struct wasm_module *m, struct wasm_name name)
{
    for (uint32_t i = 0; i < m->export_count; i++)
        if (m->exports[i].name.size == name.size &&
            (name.size == 0 || memcmp(m->exports[i].name.bytes, name.bytes, name.size) == 0))
            return &m->exports[i];
    return NULL;
}

static int bind_import(struct wasm_instance *instance, const struct wasm_import *import, struct wasm_binding *binding,
                       wasm_find_instance *find, void *context, struct err *err)
{
    const struct wasm_module *m = instance->module;
    const struct wasm_instance *provider = find ? find(context, import->module) : NULL;
    bool is_own = import->kind == WASM_EXTERN_MEMORY || import->kind == WASM_EXTERN_TABLE;
    if (!provider) {
        *binding = (struct wasm_binding){is_own ? instance : NULL, import->index};
        return 0;
    }
    const struct wasm_export *export = find_export(provider->module, import->name);
    if (!export)
        return fail_import(m, import, "unknown import", provider->module->file, "does not export it", err);
    if (export->kind != import->kind)
        return fail_import(m, import, "incompatible import type", provider->module->file, "exports another kind", err);
    *binding = (struct wasm_binding){provider, export->index};
    return 0;
}

int wasm_bind_names(struct wasm_instance *instance, wasm_find_instance *find, void *context, struct arena *arena,
                    struct err *err)
{
    const struct wasm_module *m = instance->module;
    instance->bindings = arena_array(arena, m->import_count, sizeof *instance->bindings);
    for (uint32_t i = 0; i < m->import_count; i++)
        if (bind_import(instance, &m->imports[i], &instance->bindings[i], find, context, err))
            return -1;
    return 0;
}

/* The import through which a module has entity `index` of that kind, or NULL where it defines it. */
static const struct wasm_import *import_of(const struct wasm_module *m, enum wasm_extern_kind kind, uint32_t index)
{
    switch (kind) {
    case WASM_EXTERN_FUNC:
        return m->funcs[index].import;
    case WASM_EXTERN_TABLE:
        return m->tables[index].import;
    case WASM_EXTERN_MEMORY:
        return m->memories[index].import;
    case WASM_EXTERN_GLOBAL:
        return m->globals[index].import;
    default:
        return m->tags[index].import;
    }
}

/* What the system provides ends the way too: the last module on it has the name. */
static const struct wasm_binding *next_binding(const struct wasm_binding *binding, enum wasm_extern_kind kind)
{
    const struct wasm_binding *next =
        wasm_binding_of(binding->instance, import_of(binding->instance->module, kind, binding->index));
    bool is_last = !next || !next->instance || (next->instance == binding->instance && next->index == binding->index);
    return is_last ? NULL : next;
}

/* Modules that pass an import on to each other in a circle have nothing to pass on. */
static int follow(const struct wasm_module *m, const struct wasm_import *import, struct wasm_binding *binding,
                  struct err *err)
{
    const struct wasm_binding *next;
    for (unsigned hops = 0; binding->instance && (next = next_binding(binding, import->kind)); hops++) {
        if (hops == MAX_HOPS)
            return fail_import(m, import, "unknown import", m->file, "and others only pass it on", err);
        *binding = *next;
    }
    return 0;
}

int wasm_bind_types(struct wasm_instance *instance, struct err *err)
{
    const struct wasm_module *m = instance->module;
    for (uint32_t i = 0; i < m->import_count; i++) {
        struct wasm_binding *binding = &instance->bindings[i];
        if (follow(m, &m->imports[i], binding, err))
            return -1;
        if (binding->instance && !import_matches(m, &m->imports[i], binding->instance->module, binding->index))
            return fail_import(m, &m->imports[i], "incompatible import type", binding->instance->module->file,
                               "defines it otherwise", err);
    }
    return 0;
}

int wasm_bind_sizes(const struct wasm_instance *instance, struct err *err)
{
    const struct wasm_module *m = instance->module;
    for (uint32_t i = 0; i < m->import_count; i++) {
        const struct wasm_import *import = &m->imports[i];
        const struct wasm_binding *binding = &instance->bindings[i];
        const struct wasm_module *provider = binding->instance ? binding->instance->module : m;
        bool is_small = import->kind == WASM_EXTERN_MEMORY
                            ? provider->memories[binding->index].limits.min < m->memories[import->index].limits.min
                            : import->kind == WASM_EXTERN_TABLE && provider->tables[binding->index].type.limits.min <
                                                                       m->tables[import->index].type.limits.min;
        if (is_small)
            return fail_import(m, import, "incompatible import type", provider->file, "defines it smaller", err);
    }
    return 0;
}

const struct wasm_binding *wasm_binding_of(const struct wasm_instance *instance, const struct wasm_import *import)
{
    return import ? &instance->bindings[import - instance->module->imports] : NULL;
}

bool wasm_may_throw(const struct wasm_instance *instance, struct arena *arena)
{
    const struct wasm_module *m = instance->module;
    bool is_known = true;
    for (uint32_t i = 0; is_known && i < m->import_count; i++)
        if (m->imports[i].kind == WASM_EXTERN_FUNC && !instance->bindings[i].instance)
            wasm_import_symbol(m, &m->imports[i], arena, &is_known);
    return !is_known || m->tag_count > 0 || m->features >> WASM_FEATURE_EXCEPTIONS & 1;
}
