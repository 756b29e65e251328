/* decode.c: the binary format's sections (section 5.5) into struct wasm_module.
 *
 * One function a section, called through the table at the end; those of imports and segments are in files of their own.
 * A vector's length is believed only as far as bytes are left for its elements (wasm_read_count). Indices into index
 * spaces are not checked here but in validate.c, except where decoding needs what they refer to. */
#include "wasm/decode.h"

#include <stdbool.h>
#include <string.h>

#include "wasm/canonical.h"
#include "wasm/names.h"

/* --- vectors --- */

void *decode_extend(struct decoder *d, const void *items, uint32_t count, uint32_t added, size_t item_size)
{
    void *extended = arena_array(d->arena, (size_t)count + added, item_size);
    if (count)
        memcpy(extended, items, count * item_size);
    return extended;
}

void *decode_extend_by_one(struct decoder *d, void *items, uint32_t count, size_t item_size)
{
    bool is_full = (count & (count - 1)) == 0;
    return is_full ? decode_extend(d, items, count, count ? count : 1, item_size) : items;
}

int decode_count(struct decoder *d, uint32_t element_size, uint32_t limit, const char *what, uint32_t *count)
{
    return wasm_read_count(&d->reader, element_size, limit, what, count, d->err);
}

int decode_fail_in(struct decoder *d, const char *what, uint32_t index)
{
    err_prefix(d->err, "%s %u", what, index);
    return -1;
}

/* --- types --- */

static int decode_valtypes(struct decoder *d, uint32_t limit, const char *what, const wasm_valtype **types,
                           uint32_t *count)
{
    if (decode_count(d, 1, limit, what, count))
        return -1;
    wasm_valtype *read = arena_array(d->arena, *count, sizeof *read);
    for (uint32_t i = 0; i < *count; i++) {
        if (wasm_read_valtype(&d->reader, &read[i], d->err))
            return decode_fail_in(d, what, i);
    }
    *types = read;
    return 0;
}

static int decode_functype(struct decoder *d, struct wasm_functype *type)
{
    uint8_t form;
    if (wasm_read_byte(&d->reader, &form, d->err))
        return -1;
    if (form != 0x60) {
        d->reader.offset--;
        return err_set(d->err, "malformed type 0x%02x: a function type begins with 0x60", form);
    }
    if (decode_valtypes(d, WASM_MAX_PARAMS, "parameters", &type->params, &type->param_count))
        return -1;
    return decode_valtypes(d, WASM_MAX_RESULTS, "results", &type->results, &type->result_count);
}

/* A type may refer to those before it and to itself (3.1.3). */
static int decode_types(struct decoder *d)
{
    struct wasm_module *m = d->module;
    if (decode_count(d, 3, WASM_MAX_TYPES, "types", &m->type_count))
        return -1;
    m->types = arena_array(d->arena, m->type_count, sizeof *m->types);
    m->canonical = arena_array(d->arena, m->type_count, sizeof *m->canonical);
    d->reader.canonical = m->canonical;
    struct canonical_set set;
    canonical_init(&set, m, d->arena);
    for (uint32_t i = 0; i < m->type_count; i++) {
        m->canonical[i] = i;
        d->reader.type_count = i + 1;
        if (decode_functype(d, &m->types[i]))
            return decode_fail_in(d, "type", i);
        canonical_add(&set, i);
    }
    return 0;
}

/* --- parts of several sections --- */

int decode_expr(struct decoder *d, struct wasm_expr *expr)
{
    expr->offset = d->reader.offset;
    struct wasm_instr instr;
    uint32_t depth = 1;
    do {
        if (wasm_read_instr(&d->reader, &instr, d->err))
            return -1;
        if (wasm_begins_block(instr.op))
            depth++;
        else if (wasm_ends_block(instr.op))
            depth--;
    } while (depth > 0);
    expr->size = d->reader.offset - expr->offset;
    return 0;
}

int decode_tagtype(struct decoder *d, struct wasm_tag *tag)
{
    uint8_t attribute;
    if (wasm_read_byte(&d->reader, &attribute, d->err))
        return -1;
    if (attribute != 0) {
        d->reader.offset--;
        return err_set(d->err, "malformed tag attribute 0x%02x", attribute);
    }
    return wasm_read_u32(&d->reader, &tag->type, d->err);
}

/* --- what the module defines --- */

static int decode_funcs(struct decoder *d)
{
    struct wasm_module *m = d->module;
    uint32_t count;
    if (decode_count(d, 1, WASM_MAX_FUNCS, "functions", &count))
        return -1;
    m->funcs = decode_extend(d, m->funcs, m->func_count, count, sizeof *m->funcs);
    for (uint32_t i = 0; i < count; i++, m->func_count++) {
        if (wasm_read_u32(&d->reader, &m->funcs[m->func_count].type, d->err))
            return decode_fail_in(d, "func", m->func_count);
    }
    return 0;
}

/* A table's type, or 0x40 0x00, the type and an expression for its elements (5.5.7). */
static int decode_table(struct decoder *d, struct wasm_table *table)
{
    if (wasm_reader_left(&d->reader) == 0 || d->reader.module[d->reader.offset] != 0x40)
        return wasm_read_tabletype(&d->reader, &table->type, d->err);
    uint8_t zero;
    d->reader.offset++;
    if (wasm_read_byte(&d->reader, &zero, d->err))
        return -1;
    if (zero != 0) {
        d->reader.offset--;
        return err_set(d->err, "malformed table: zero byte expected");
    }
    return wasm_read_tabletype(&d->reader, &table->type, d->err) ? -1 : decode_expr(d, &table->init);
}

static int decode_tables(struct decoder *d)
{
    struct wasm_module *m = d->module;
    uint32_t count;
    if (decode_count(d, 3, WASM_MAX_TABLES, "tables", &count))
        return -1;
    m->tables = decode_extend(d, m->tables, m->table_count, count, sizeof *m->tables);
    for (uint32_t i = 0; i < count; i++, m->table_count++) {
        struct wasm_table *table = &m->tables[m->table_count];
        *table = (struct wasm_table){.position = d->reader.offset};
        if (decode_table(d, table))
            return decode_fail_in(d, "table", m->table_count);
    }
    return 0;
}

static int decode_memories(struct decoder *d)
{
    struct wasm_module *m = d->module;
    uint32_t count;
    if (decode_count(d, 2, WASM_MAX_MEMORIES, "memories", &count))
        return -1;
    m->memories = decode_extend(d, m->memories, m->memory_count, count, sizeof *m->memories);
    for (uint32_t i = 0; i < count; i++, m->memory_count++) {
        struct wasm_memory *memory = &m->memories[m->memory_count];
        *memory = (struct wasm_memory){.position = d->reader.offset};
        if (wasm_read_memtype(&d->reader, &memory->limits, d->err))
            return decode_fail_in(d, "memory", m->memory_count);
    }
    return 0;
}

static int decode_tags(struct decoder *d)
{
    struct wasm_module *m = d->module;
    uint32_t count;
    if (decode_count(d, 2, WASM_MAX_TAGS, "tags", &count))
        return -1;
    m->tags = decode_extend(d, m->tags, m->tag_count, count, sizeof *m->tags);
    for (uint32_t i = 0; i < count; i++, m->tag_count++) {
        struct wasm_tag *tag = &m->tags[m->tag_count];
        *tag = (struct wasm_tag){.position = d->reader.offset};
        if (decode_tagtype(d, tag))
            return decode_fail_in(d, "tag", m->tag_count);
    }
    return 0;
}

static int decode_globals(struct decoder *d)
{
    struct wasm_module *m = d->module;
    uint32_t count;
    if (decode_count(d, 3, WASM_MAX_GLOBALS, "globals", &count))
        return -1;
    m->globals = decode_extend(d, m->globals, m->global_count, count, sizeof *m->globals);
    for (uint32_t i = 0; i < count; i++, m->global_count++) {
        struct wasm_global *global = &m->globals[m->global_count];
        *global = (struct wasm_global){.position = d->reader.offset};
        if (wasm_read_globaltype(&d->reader, &global->type, d->err) || decode_expr(d, &global->init))
            return decode_fail_in(d, "global", m->global_count);
    }
    return 0;
}

static int decode_export(struct decoder *d, struct wasm_export *export)
{
    uint8_t kind;
    export->position = d->reader.offset;
    if (wasm_read_name(&d->reader, &export->name, d->err) || wasm_read_byte(&d->reader, &kind, d->err))
        return -1;
    if (kind >= WASM_EXTERN_KIND_COUNT) {
        d->reader.offset--;
        return err_set(d->err, "malformed export kind 0x%02x", kind);
    }
    export->kind = kind;
    return wasm_read_u32(&d->reader, &export->index, d->err);
}

static int decode_exports(struct decoder *d)
{
    struct wasm_module *m = d->module;
    if (decode_count(d, 3, WASM_MAX_EXPORTS, "exports", &m->export_count))
        return -1;
    m->exports = arena_array(d->arena, m->export_count, sizeof *m->exports);
    for (uint32_t i = 0; i < m->export_count; i++) {
        if (decode_export(d, &m->exports[i]))
            return decode_fail_in(d, "export", i);
    }
    return 0;
}

static int decode_start(struct decoder *d)
{
    d->module->start_position = d->reader.offset;
    return wasm_read_u32(&d->reader, &d->module->start, d->err);
}

/* --- code --- */

static int decode_locals(struct decoder *d, struct wasm_func *func)
{
    if (decode_count(d, 2, WASM_MAX_LOCALS, "runs of locals", &func->local_run_count))
        return -1;
    func->locals = arena_array(d->arena, func->local_run_count, sizeof *func->locals);
    uint64_t count = 0;
    for (uint32_t i = 0; i < func->local_run_count; i++) {
        struct wasm_locals *run = &func->locals[i];
        uint32_t start = d->reader.offset;
        if (wasm_read_u32(&d->reader, &run->count, d->err))
            return -1;
        count += run->count;
        if (count > WASM_MAX_LOCALS) {
            d->reader.offset = start;
            return err_set(d->err, "too many locals: the limit is %u", WASM_MAX_LOCALS);
        }
        if (wasm_read_valtype(&d->reader, &run->type, d->err))
            return -1;
    }
    const struct wasm_module *m = d->module;
    uint32_t param_count = func->type < m->type_count ? m->types[func->type].param_count : 0;
    func->local_count = (uint32_t)count + param_count;
    return 0;
}

static int decode_body(struct decoder *d, struct wasm_func *func)
{
    uint32_t section_end = d->reader.end;
    uint32_t start = d->reader.offset;
    if (decode_count(d, 1, WASM_MAX_BODY_SIZE, "bytes of code", &func->body_size))
        return -1;
    func->body_offset = d->reader.offset;
    d->reader.end = func->body_offset + func->body_size;
    if (decode_locals(d, func))
        return -1;
    func->body = (struct wasm_expr){.offset = d->reader.offset, .size = wasm_reader_left(&d->reader)};
    if (func->body.size == 0) {
        d->reader.offset = start;
        return err_set(d->err, "unexpected end: the body is empty, END opcode expected");
    }
    d->reader.offset = d->reader.end;
    d->reader.end = section_end;
    return 0;
}

static int decode_code(struct decoder *d)
{
    struct wasm_module *m = d->module;
    uint32_t start = d->reader.offset;
    uint32_t count;
    if (decode_count(d, 1, WASM_MAX_FUNCS, "bodies", &count))
        return -1;
    if (count != m->func_count - m->imported_func_count) {
        d->reader.offset = start;
        return err_set(d->err, "function and code section have inconsistent lengths: %u functions, %u bodies",
                       m->func_count - m->imported_func_count, count);
    }
    for (uint32_t i = m->imported_func_count; i < m->func_count; i++) {
        if (decode_body(d, &m->funcs[i]))
            return decode_fail_in(d, "func", i);
    }
    return 0;
}

/* --- the module --- */

static int decode_data_count(struct decoder *d)
{
    return wasm_read_u32(&d->reader, &d->module->declared_data_count, d->err);
}

static int decode_custom(struct decoder *d)
{
    struct wasm_module *m = d->module;
    m->customs = decode_extend_by_one(d, m->customs, m->custom_count, sizeof *m->customs);
    struct wasm_custom *custom = &m->customs[m->custom_count];
    if (wasm_read_name(&d->reader, &custom->name, d->err))
        return -1;
    custom->offset = d->reader.offset;
    custom->size = wasm_reader_left(&d->reader);
    d->reader.offset = d->reader.end;
    m->custom_count++;
    return 0;
}

/* By section id. Sections come in ascending `order`, each at most once, custom ones (0) anywhere. */
static const struct section_rule {
    const char *name;
    unsigned order;
    int (*decode)(struct decoder *);
} section_rules[] = {
    [0] = {"custom", 0, decode_custom},
    [1] = {"type", 1, decode_types},
    [2] = {"import", 2, decode_imports},
    [3] = {"function", 3, decode_funcs},
    [4] = {"table", 4, decode_tables},
    [5] = {"memory", 5, decode_memories},
    [6] = {"global", 7, decode_globals},
    [7] = {"export", 8, decode_exports},
    [8] = {"start", 9, decode_start},
    [9] = {"element", 10, decode_elems},
    [10] = {"code", 12, decode_code},
    [11] = {"data", 13, decode_datas},
    [12] = {"data count", 11, decode_data_count},
    [13] = {"tag", 6, decode_tags},
};
#define SECTION_COUNT (sizeof section_rules / sizeof section_rules[0])

const char *wasm_section_name(uint8_t id)
{
    return id < SECTION_COUNT ? section_rules[id].name : "unknown";
}

/* Reads a section's id and size, and sets the reader's end to the section's. `order` is the last section's. */
static int decode_section_header(struct decoder *d, struct wasm_section *section, unsigned *order)
{
    uint32_t start = d->reader.offset;
    if (wasm_read_byte(&d->reader, &section->id, d->err))
        return -1;
    if (section->id >= SECTION_COUNT) {
        d->reader.offset = start;
        return err_set(d->err, "malformed section id %u", section->id);
    }
    if (wasm_read_count(&d->reader, 1, WASM_MAX_SIZE, "bytes", &section->size, d->err))
        return -1;
    const struct section_rule *rule = &section_rules[section->id];
    if (section->id != 0 && rule->order <= *order) {
        d->reader.offset = start;
        return err_set(d->err, "unexpected content after last section: it comes twice or too late");
    }
    *order = section->id ? rule->order : *order;
    section->offset = d->reader.offset;
    d->reader.end = section->offset + section->size;
    return 0;
}

static int decode_section(struct decoder *d, unsigned *order)
{
    struct wasm_module *m = d->module;
    if (m->section_count == WASM_MAX_SECTIONS)
        return err_set(d->err, "too many sections: the limit is %u", WASM_MAX_SECTIONS);
    m->sections = decode_extend_by_one(d, m->sections, m->section_count, sizeof *m->sections);
    struct wasm_section *section = &m->sections[m->section_count];
    int result = decode_section_header(d, section, order);
    if (result == 0)
        result = section_rules[section->id].decode(d);
    if (result == 0 && d->reader.offset != d->reader.end)
        result = err_set(d->err, "section size mismatch: %u bytes too many", wasm_reader_left(&d->reader));
    if (result) {
        err_prefix(d->err, "section \"%s\"", wasm_section_name(section->id));
        return -1;
    }
    m->section_count++;
    d->reader.end = m->size;
    return 0;
}

/* The preamble (5.5.16). A component has another layer number where a module has the version's upper half. */
static int decode_preamble(struct decoder *d)
{
    static const uint8_t magic[4] = "\0asm";
    static const uint8_t version[4] = {1, 0, 0, 0};
    const uint8_t *bytes;
    if (wasm_reader_left(&d->reader) < 4 || memcmp(d->reader.module, magic, 4) != 0)
        return err_set(d->err, "%smagic header not detected: this is not a WebAssembly module",
                       wasm_reader_left(&d->reader) < 4 ? "unexpected end: " : "");
    d->reader.offset += 4;
    if (wasm_read_bytes(&d->reader, 4, &bytes, d->err))
        return -1;
    if (memcmp(bytes, version, 4) == 0)
        return 0;
    d->reader.offset -= 4;
    if (bytes[2] | bytes[3])
        return err_set(d->err, "unknown binary version: this is a component, only core modules are supported: "
                               "compile for WASI preview 1 (wasm32-wasip1)");
    return err_set(d->err, "unknown binary version %u", bytes[0] | bytes[1] << 8);
}

/* What only the whole module shows. */
static int check_lengths(struct decoder *d)
{
    const struct wasm_module *m = d->module;
    if (m->func_count > m->imported_func_count && m->funcs[m->func_count - 1].body_size == 0)
        return err_set(d->err, "function and code section have inconsistent lengths: %u functions, no bodies",
                       m->func_count - m->imported_func_count);
    if (m->declared_data_count != WASM_NO_INDEX && m->declared_data_count != m->data_count)
        return err_set(d->err, "data count and data section have inconsistent lengths: %u and %u",
                       m->declared_data_count, m->data_count);
    return 0;
}

static int decode_module(struct decoder *d)
{
    if (decode_preamble(d))
        return -1;
    unsigned order = 0;
    while (wasm_reader_left(&d->reader)) {
        if (decode_section(d, &order))
            return -1;
    }
    return check_lengths(d);
}

int wasm_decode(struct wasm_module *module, const char *file, const uint8_t *bytes, size_t size, struct arena *arena,
                struct err *err)
{
    if (size > WASM_MAX_SIZE)
        return err_set(err, "%s: too large: %zu bytes, the limit is %u", file, size, WASM_MAX_SIZE);
    *module = (struct wasm_module){.file = file,
                                   .bytes = bytes,
                                   .size = (uint32_t)size,
                                   .start = WASM_NO_INDEX,
                                   .declared_data_count = WASM_NO_INDEX};
    struct decoder d = {.module = module, .reader = {.module = bytes, .end = module->size}, .arena = arena, .err = err};
    if (decode_module(&d)) {
        err_prefix(err, "%s:0x%x", file, d.reader.offset);
        return -1;
    }
    wasm_decode_names(module, arena);
    return 0;
}
