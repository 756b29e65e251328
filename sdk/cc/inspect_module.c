/* What is in a WebAssembly module. */
#include <stdio.h>

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
    printf("%-12s", "features");
    for (unsigned i = 0; i < sizeof feature_names / sizeof *feature_names; i++)
        if (module->features >> i & 1)
            printf(" %s", feature_names[i]);
    putchar('\n');
}

static void print_limits(const char *label, const struct wasm_limits *limits, const char *unit)
{
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
    inspect_print("globals", "%u", module->global_count);
    inspect_print("data", "%lu bytes in %u segments", data, module->data_count);
    for (uint32_t i = 0; i < module->memory_count; i++)
        print_limits("memory", &module->memories[i].limits, "pages of 64 KiB");
    for (uint32_t i = 0; i < module->table_count; i++)
        print_limits("table", &module->tables[i].type.limits, wasm_valtype_name(module->tables[i].type.element).text);
}

static void print_imports(const struct wasm_module *module, const struct inspect_systems *systems, struct arena *arena)
{
    for (uint32_t i = 0; i < module->import_count; i++) {
        const struct wasm_import *import = &module->imports[i];
        if (import->kind != WASM_EXTERN_FUNC) {
            inspect_print("import", "%s.%s %s", name_text(import->module, arena), name_text(import->name, arena),
                          kinds[import->kind]);
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
    }
}

static void print_sections(const struct wasm_module *module, struct arena *arena)
{
    uint32_t custom = 0;
    for (uint32_t i = 0; i < module->section_count; i++) {
        const struct wasm_section *section = &module->sections[i];
        const char *name = "";
        if (section->id == 0 && custom < module->custom_count)
            name = name_text(module->customs[custom++].name, arena);
        inspect_print("section", "0x%08x %10u bytes  %s %s", section->offset, section->size,
                      wasm_section_name(section->id), name);
    }
}

void inspect_module(const struct wasm_module *module, const struct inspect_systems *systems, struct arena *arena)
{
    inspect_print("module", "%s, %u bytes", module->file, module->size);
    if (module->name)
        inspect_print("name", "%s", module->name);
    print_features(module);
    print_counts(module);
    print_imports(module, systems, arena);
    print_exports(module, arena);
    print_sections(module, arena);
}
