#include "wasm/names.h"

#include <string.h>

#include "base/text.h"
#include "wasm/reader.h"

/* Subsections of the name section (appendix, 7.4.1). */
enum { NAMES_MODULE = 0, NAMES_FUNCS = 1 };

/* A copy for messages and symbol tables. */
static const char *copy_printable(struct arena *arena, const struct wasm_name *name)
{
    char *copy = arena_copy_string(arena, name->bytes, name->size);
    text_make_printable(copy, name->size);
    return copy;
}

static int read_func_names(struct wasm_module *module, struct arena *arena, struct wasm_reader *reader, struct err *err)
{
    uint32_t count;
    if (wasm_read_u32(reader, &count, err))
        return -1;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t index;
        struct wasm_name name;
        if (wasm_read_u32(reader, &index, err) || wasm_read_name(reader, &name, err) || index >= module->func_count)
            return -1;
        if (!module->funcs[index].name && name.size)
            module->funcs[index].name = copy_printable(arena, &name);
    }
    return 0;
}

static int read_module_name(struct wasm_module *module, struct arena *arena, struct wasm_reader *reader,
                            struct err *err)
{
    struct wasm_name name;
    if (wasm_read_name(reader, &name, err))
        return -1;
    module->name = copy_printable(arena, &name);
    return 0;
}

static int read_subsection(struct wasm_module *module, struct arena *arena, struct wasm_reader *reader, struct err *err)
{
    uint8_t id;
    uint32_t size;
    const uint8_t *content;
    if (wasm_read_byte(reader, &id, err) || wasm_read_u32(reader, &size, err))
        return -1;
    struct wasm_reader inner = *reader;
    if (wasm_read_bytes(reader, size, &content, err))
        return -1;
    inner.end = reader->offset;
    if (id == NAMES_MODULE)
        return read_module_name(module, arena, &inner, err);
    return id == NAMES_FUNCS ? read_func_names(module, arena, &inner, err) : 0;
}

static void read_name_section(struct wasm_module *module, struct arena *arena, const struct wasm_custom *custom)
{
    struct wasm_reader reader = {
        .module = module->bytes, .offset = custom->offset, .end = custom->offset + custom->size};
    struct err ignored = {0};
    while (wasm_reader_left(&reader) && read_subsection(module, arena, &reader, &ignored) == 0)
        ;
}

static void name_by_exports(struct wasm_module *module, struct arena *arena)
{
    for (uint32_t i = 0; i < module->export_count; i++) {
        const struct wasm_export *export = &module->exports[i];
        if (export->kind != WASM_EXTERN_FUNC || export->index >= module->func_count || !export->name.size)
            continue;
        struct wasm_func *func = &module->funcs[export->index];
        if (!func->name)
            func->name = copy_printable(arena, &export->name);
    }
}

void wasm_decode_names(struct wasm_module *module, struct arena *arena)
{
    for (uint32_t i = 0; i < module->custom_count; i++) {
        const struct wasm_name *name = &module->customs[i].name;
        if (name->size == 4 && memcmp(name->bytes, "name", 4) == 0) {
            read_name_section(module, arena, &module->customs[i]);
            break; /* the format has at most one */
        }
    }
    name_by_exports(module, arena);
}
