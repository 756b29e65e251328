/* What is in a WebAssembly module. */
#include <stdio.h>

#include "base/buf.h"
#include "cc/inspect.h"
#include "wasm/symbol.h"

static const char *const kinds[] = {"func", "table", "memory", "global", "tag"};

static const char *const feature_names[] = {
#define FEATURE(name, text) text,
#include "wasm/features.def"
#undef FEATURE
};

static const char *name_text(struct wasm_name name, struct arena *arena)
{
    return inspect_printable(name.bytes, name.size, arena);
}

static void print_features(const struct wasm_module *module)
{
    struct buf text = {0};
    for (unsigned i = 0; i < sizeof feature_names / sizeof *feature_names; i++) {
        if (!(module->features >> i & 1))
            continue;
        buf_printf(&text, "%s%s", text.size ? " " : "", feature_names[i]);
        inspect_append("features", cJSON_CreateString(feature_names[i]));
    }
    inspect_print("features", "%.*s", (int)text.size, (const char *)text.data);
    buf_free(&text);
}

static void print_limits(const char *label, const char *key, const struct wasm_limits *limits, const char *unit)
{
    inspect_append(key, limits->has_max ? inspect_numbers("minimum", limits->min, "maximum", limits->max, NULL)
                                        : inspect_numbers("minimum", limits->min, NULL));
    if (limits->has_max && limits->max == limits->min)
        inspect_print(label, "%lu %s", limits->min, unit);
    else if (limits->has_max)
        inspect_print(label, "%lu to %lu %s", limits->min, limits->max, unit);
    else
        inspect_print(label, "%lu %s or more", limits->min, unit);
}

static void print_counts(const struct wasm_module *module)
{
    uint64_t data = 0;
    for (uint32_t i = 0; i < module->data_count; i++)
        data += module->datas[i].size;
    inspect_print("functions", "%u, and %u imported", module->func_count - module->imported_func_count,
                  module->imported_func_count);
    inspect_set("functions", cJSON_CreateNumber(module->func_count - module->imported_func_count));
    inspect_set("imported_functions", cJSON_CreateNumber(module->imported_func_count));
    inspect_set("globals", cJSON_CreateNumber(module->global_count));
    inspect_print("globals", "%u", module->global_count);
    inspect_print("data", "%lu bytes in %u segments", data, module->data_count);
    inspect_set("data", inspect_numbers("bytes", data, "segments", (uint64_t)module->data_count, NULL));
    for (uint32_t i = 0; i < module->memory_count; i++)
        print_limits("memory", "memories", &module->memories[i].limits, "pages of 64 KiB");
    for (uint32_t i = 0; i < module->table_count; i++)
        print_limits("table", "tables", &module->tables[i].type.limits,
                     wasm_valtype_name(module->tables[i].type.element).text);
}

static cJSON *describe(const char *name, const char *type)
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "name", name);
    cJSON_AddStringToObject(json, "type", type);
    return json;
}

static void print_imports(const struct wasm_module *module, const struct inspect_systems *systems, struct arena *arena)
{
    for (uint32_t i = 0; i < module->import_count; i++) {
        const struct wasm_import *import = &module->imports[i];
        if (import->kind != WASM_EXTERN_FUNC) {
            const char *name =
                arena_printf(arena, "%s.%s", name_text(import->module, arena), name_text(import->name, arena));
            inspect_print("import", "%s %s", name, kinds[import->kind]);
            inspect_append("imports", describe(name, kinds[import->kind]));
            continue;
        }
        bool is_known;
        const char *symbol = wasm_import_symbol(module, import, arena, &is_known);
        const struct wasm_functype *type = &module->types[module->funcs[import->index].type];
        inspect_print_import(symbol, wasm_functype_text(type, arena), systems, arena);
    }
}

static void print_exports(const struct wasm_module *module, struct arena *arena)
{
    for (uint32_t i = 0; i < module->export_count; i++) {
        const struct wasm_export *export = &module->exports[i];
        const char *type = "";
        if (export->kind == WASM_EXTERN_FUNC)
            type = wasm_functype_text(&module->types[module->funcs[export->index].type], arena);
        inspect_print("export", "%s %s %s", name_text(export->name, arena), kinds[export->kind], type);
        inspect_append("exports", describe(name_text(export->name, arena), *type ? type : kinds[export->kind]));
    }
}

void inspect_sections(const struct wasm_module *module, struct arena *arena)
{
    uint32_t custom = 0;
    for (uint32_t i = 0; i < module->section_count; i++) {
        const struct wasm_section *section = &module->sections[i];
        const char *name = "";
        if (section->id == 0 && custom < module->custom_count)
            name = name_text(module->customs[custom++].name, arena);
        cJSON *json = inspect_numbers("offset", (uint64_t)section->offset, "bytes", (uint64_t)section->size, NULL);
        cJSON_AddStringToObject(json, "name", *name ? name : wasm_section_name(section->id));
        inspect_append("sections", json);
        inspect_print("section", "0x%08x %10u bytes  %s %s", section->offset, section->size,
                      wasm_section_name(section->id), name);
    }
}

void inspect_module(const struct wasm_module *module, const struct inspect_systems *systems, struct arena *arena)
{
    inspect_print("module", "%s, %u bytes", module->file, module->size);
    inspect_set("kind", cJSON_CreateString("module"));
    inspect_set("bytes", cJSON_CreateNumber(module->size));
    if (module->name) {
        inspect_print("name", "%s", module->name);
        inspect_set("name", cJSON_CreateString(module->name));
    }
    print_features(module);
    print_counts(module);
    print_imports(module, systems, arena);
    print_exports(module, arena);
    inspect_sections(module, arena);
}
