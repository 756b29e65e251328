/* decode_import.c: imports (section 5.5.5). Each begins an entry in the index space of its kind. */
#include "wasm/decode.h"

static int decode_import_func(struct decoder *d, struct wasm_import *import)
{
    struct wasm_module *m = d->module;
    import->index = m->func_count;
    m->funcs = decode_extend_by_one(d, m->funcs, m->func_count, sizeof *m->funcs);
    struct wasm_func *func = &m->funcs[m->func_count++];
    func->import = import;
    return wasm_read_u32(&d->reader, &func->type, d->err);
}

static int decode_import_table(struct decoder *d, struct wasm_import *import)
{
    struct wasm_module *m = d->module;
    import->index = m->table_count;
    m->tables = decode_extend_by_one(d, m->tables, m->table_count, sizeof *m->tables);
    struct wasm_table *table = &m->tables[m->table_count++];
    *table = (struct wasm_table){.import = import, .position = import->position};
    return wasm_read_tabletype(&d->reader, &table->type, d->err);
}

static int decode_import_memory(struct decoder *d, struct wasm_import *import)
{
    struct wasm_module *m = d->module;
    import->index = m->memory_count;
    m->memories = decode_extend_by_one(d, m->memories, m->memory_count, sizeof *m->memories);
    struct wasm_memory *memory = &m->memories[m->memory_count++];
    *memory = (struct wasm_memory){.import = import, .position = import->position};
    return wasm_read_memtype(&d->reader, &memory->limits, d->err);
}

static int decode_import_tag(struct decoder *d, struct wasm_import *import)
{
    struct wasm_module *m = d->module;
    import->index = m->tag_count;
    m->tags = decode_extend_by_one(d, m->tags, m->tag_count, sizeof *m->tags);
    struct wasm_tag *tag = &m->tags[m->tag_count++];
    *tag = (struct wasm_tag){.import = import, .position = import->position};
    return decode_tagtype(d, tag);
}

static int decode_import_global(struct decoder *d, struct wasm_import *import)
{
    struct wasm_module *m = d->module;
    import->index = m->global_count;
    m->globals = decode_extend_by_one(d, m->globals, m->global_count, sizeof *m->globals);
    struct wasm_global *global = &m->globals[m->global_count++];
    *global = (struct wasm_global){.import = import, .position = import->position};
    return wasm_read_globaltype(&d->reader, &global->type, d->err);
}

static int decode_import(struct decoder *d, struct wasm_import *import)
{
    static int (*const decode_description[])(struct decoder *, struct wasm_import *) = {
        [WASM_EXTERN_FUNC] = decode_import_func,     [WASM_EXTERN_TABLE] = decode_import_table,
        [WASM_EXTERN_MEMORY] = decode_import_memory, [WASM_EXTERN_GLOBAL] = decode_import_global,
        [WASM_EXTERN_TAG] = decode_import_tag,
    };
    uint8_t kind;
    import->position = d->reader.offset;
    if (wasm_read_name(&d->reader, &import->module, d->err) || wasm_read_name(&d->reader, &import->name, d->err) ||
        wasm_read_byte(&d->reader, &kind, d->err))
        return -1;
    if (kind >= WASM_EXTERN_KIND_COUNT) {
        d->reader.offset--;
        return err_set(d->err, "malformed import kind 0x%02x", kind);
    }
    import->kind = kind;
    return decode_description[kind](d, import);
}

int decode_imports(struct decoder *d)
{
    struct wasm_module *m = d->module;
    if (decode_count(d, 4, WASM_MAX_IMPORTS, "imports", &m->import_count))
        return -1;
    m->imports = arena_array(d->arena, m->import_count, sizeof *m->imports);
    for (uint32_t i = 0; i < m->import_count; i++) {
        if (decode_import(d, &m->imports[i]))
            return decode_fail_in(d, "import", i);
    }
    m->imported_func_count = m->func_count;
    m->imported_table_count = m->table_count;
    m->imported_memory_count = m->memory_count;
    m->imported_tag_count = m->tag_count;
    m->imported_global_count = m->global_count;
    return 0;
}
