/* The sections of a module: what decoding finds in them, and what it refuses. */
#include "wasm_build.h"

static bool name_is(const struct wasm_name *name, const char *text)
{
    return name->size == strlen(text) && memcmp(name->bytes, text, name->size) == 0;
}

/* A module that uses every section: function 0 and memory 0 are imported. */
static void put_everything(struct buf *m)
{
    begin_module(m);
    put_section(m, SECTION_TYPE, "02 60 00 00 60 02 7f 7e 02 7b 6f");
    size_t imports = begin_section(m, SECTION_IMPORT);
    buf_byte(m, 2);
    put_name(m, "host");
    put_name(m, "call");
    put_hex(m, "00 00");
    put_name(m, "host");
    put_name(m, "memory");
    put_hex(m, "02 01 01 02");
    end_sized(m, imports);
    put_section(m, SECTION_FUNC, "02 00 00");
    put_section(m, SECTION_TABLE, "01 6f 00 0a");
    put_section(m, SECTION_GLOBAL, "01 7e 01 42 7f 0b");
    size_t exports = begin_section(m, SECTION_EXPORT);
    buf_byte(m, 2);
    put_name(m, "_start");
    put_hex(m, "00 02");
    put_name(m, "g");
    put_hex(m, "03 00");
    end_sized(m, exports);
    put_section(m, SECTION_START, "01");
    put_section(m, SECTION_ELEM, "01 05 6f 02 d0 6f 0b d0 6f 0b");
    put_section(m, SECTION_DATA_COUNT, "02");
    put_section(m, SECTION_CODE, "02 02 00 0b 0a 02 03 7f 01 7e 41 00 1a 01 0b");
    put_section(m, SECTION_DATA, "02 00 41 10 0b 03 61 62 63 01 00");
    size_t custom = begin_section(m, SECTION_CUSTOM);
    put_name(m, "mine");
    put_hex(m, "01 02");
    end_sized(m, custom);
}

static void check_declarations(const struct wasm_module *m)
{
    CHECK(m->type_count == 2 && m->types[1].param_count == 2 && m->types[1].result_count == 2);
    CHECK(m->types[1].params[1] == WASM_I64 && m->types[1].results[1] == WASM_EXTERNREF);
    CHECK(m->import_count == 2 && m->imported_func_count == 1 && m->imported_memory_count == 1);
    CHECK(name_is(&m->imports[0].module, "host") && name_is(&m->imports[1].name, "memory"));
    CHECK(m->imports[1].kind == WASM_EXTERN_MEMORY && m->imports[1].index == 0);
    CHECK(m->func_count == 3 && m->funcs[0].import == &m->imports[0] && !m->funcs[1].import);
    CHECK(m->memory_count == 1 && m->memories[0].import && m->memories[0].limits.min == 1);
    CHECK(m->memories[0].limits.has_max && m->memories[0].limits.max == 2);
    CHECK(m->table_count == 1 && m->tables[0].type.element == WASM_EXTERNREF && !m->tables[0].type.limits.has_max);
    CHECK(m->tables[0].type.limits.min == 10 && m->tables[0].type.limits.max == UINT64_MAX);
    CHECK(m->global_count == 1 && m->globals[0].type.is_mutable && m->globals[0].init.size == 3);
    CHECK(m->export_count == 2 && m->exports[1].kind == WASM_EXTERN_GLOBAL && m->start == 1);
}

static void check_contents(const struct wasm_module *m)
{
    CHECK(m->elem_count == 1 && m->elems[0].mode == WASM_SEGMENT_PASSIVE && m->elems[0].count == 2);
    CHECK(m->elems[0].exprs[1].size == 3 && !m->elems[0].funcs);
    CHECK(m->data_count == 2 && m->declared_data_count == 2 && m->datas[1].mode == WASM_SEGMENT_PASSIVE);
    CHECK(m->datas[0].size == 3 && memcmp(m->datas[0].bytes, "abc", 3) == 0);
    const struct wasm_func *func = &m->funcs[2];
    CHECK(func->local_run_count == 2 && func->local_count == 4 && func->locals[1].type == WASM_I64);
    CHECK(func->body_size == 10 && func->body.offset == func->body_offset + 5 && func->body.size == 5);
    CHECK(strcmp(func->name, "_start") == 0 && !m->funcs[1].name && func->is_declared);
    CHECK(m->custom_count == 1 && name_is(&m->customs[0].name, "mine") && m->customs[0].size == 2);
    CHECK(m->section_count == 12 && m->sections[0].id == SECTION_TYPE && m->sections[0].offset == 14);
    CHECK(strcmp(wasm_section_name(SECTION_DATA_COUNT), "data count") == 0);
}

static void test_everything(void)
{
    struct buf m = {0};
    struct arena arena = {0};
    struct wasm_module module;
    struct err err = {0};
    put_everything(&m);
    CHECK(judge(&m, &module, &arena, &err) == VALID);
    check_declarations(&module);
    check_contents(&module);
    uint64_t expected = 1ull << WASM_FEATURE_MVP | 1ull << WASM_FEATURE_MUTABLE_GLOBALS |
                        1ull << WASM_FEATURE_MULTI_VALUE | 1ull << WASM_FEATURE_BULK_MEMORY |
                        1ull << WASM_FEATURE_REFERENCE_TYPES | 1ull << WASM_FEATURE_SIMD;
    CHECK(module.features == expected);
    arena_free(&arena);
    buf_free(&m);
}

/* Wherever a module is cut, it is malformed, unless only whole sections are missing that nothing needs. */
static void test_truncation(void)
{
    struct buf m = {0};
    put_everything(&m);
    unsigned accepted = 0;
    size_t size = m.size;
    for (m.size = 0; m.size < size; m.size++)
        accepted += judge_only(&m) == VALID;
    CHECK(accepted == 4); /* nothing but the preamble, or up to the type, import, or data section's end */
    buf_free(&m);
}

static void test_elem_kinds(void)
{
    static const struct {
        const char *hex;
        enum wasm_segment_mode mode;
        bool has_exprs;
    } kinds[] = {
        {"01 00 41 00 0b 01 00", WASM_SEGMENT_ACTIVE, false},
        {"01 01 00 01 00", WASM_SEGMENT_PASSIVE, false},
        {"01 02 00 41 00 0b 00 01 00", WASM_SEGMENT_ACTIVE, false},
        {"01 03 00 01 00", WASM_SEGMENT_DECLARATIVE, false},
        {"01 04 41 00 0b 01 d2 00 0b", WASM_SEGMENT_ACTIVE, true},
        {"01 05 70 01 d2 00 0b", WASM_SEGMENT_PASSIVE, true},
        {"01 06 00 41 00 0b 70 01 d0 70 0b", WASM_SEGMENT_ACTIVE, true},
        {"01 07 70 01 d2 00 0b", WASM_SEGMENT_DECLARATIVE, true},
    };
    struct buf m = {0};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct arena arena = {0};
        struct wasm_module module;
        struct err err = {0};
        begin_module(&m);
        put_section(&m, SECTION_TYPE, "01 60 00 00");
        put_section(&m, SECTION_FUNC, "01 00");
        put_section(&m, SECTION_TABLE, "01 70 00 01");
        put_section(&m, SECTION_ELEM, kinds[i].hex);
        put_body(&m, "");
        CHECK(judge(&m, &module, &arena, &err) == VALID);
        const struct wasm_elem *elem = &module.elems[0];
        CHECK(elem->mode == kinds[i].mode && elem->count == 1);
        CHECK(elem->type == (elem->exprs ? WASM_FUNCREF : WASM_MAKE_REF(WASM_REF_CODE, WASM_HEAP_FUNC)));
        CHECK((elem->exprs != NULL) == kinds[i].has_exprs && (elem->funcs == NULL) == kinds[i].has_exprs);
        arena_free(&arena);
    }
    buf_free(&m);
}

/* Two functions without exports, and a name section with the given content. */
static const char *names_of(const char *hex, unsigned index)
{
    static char name[64];
    struct buf m = {0};
    struct arena arena = {0};
    struct wasm_module module;
    struct err err = {0};
    begin_module(&m);
    put_section(&m, SECTION_TYPE, "01 60 00 00");
    put_section(&m, SECTION_FUNC, "02 00 00");
    put_section(&m, SECTION_CODE, "02 02 00 0b 02 00 0b");
    size_t custom = begin_section(&m, SECTION_CUSTOM);
    put_name(&m, "name");
    put_hex(&m, hex);
    end_sized(&m, custom);
    CHECK(judge(&m, &module, &arena, &err) == VALID);
    const char *found = index == 2 ? module.name : module.funcs[index].name;
    snprintf(name, sizeof name, "%s", found ? found : "none");
    arena_free(&arena);
    buf_free(&m);
    return name;
}

static void test_names(void)
{
    static const char good[] = "00 02 01 6d 01 07 02 00 01 61 01 01 62";
    CHECK(strcmp(names_of(good, 0), "a") == 0 && strcmp(names_of(good, 1), "b") == 0);
    CHECK(strcmp(names_of(good, 2), "m") == 0);
    CHECK(strcmp(names_of("01 06 01 00 03 61 0a 7f", 0), "a??") == 0);
    CHECK(strcmp(names_of("01 07 01 00 04 61 c2 9b 62", 0), "a??b") == 0);
    CHECK(strcmp(names_of("01 06 01 00 03 e2 82 ac", 0), "\xe2\x82\xac") == 0);
    CHECK(strcmp(names_of("01 07 02 00 01 61 09 01 62", 0), "a") == 0);    /* index out of range */
    CHECK(strcmp(names_of("01 07 02 00 01 61 01 01 ff", 1), "none") == 0); /* not UTF-8 */
    CHECK(strcmp(names_of("01 04 01 00 01 61 01 07", 0), "a") == 0);       /* cut */
    CHECK(strcmp(names_of("01 ff ff ff ff 0f", 0), "none") == 0);          /* a size without the bytes */
    CHECK(strcmp(names_of("01 06 ff ff ff ff 0f 00", 0), "none") == 0);    /* a count without the names */
}

static void test_preamble(void)
{
    struct buf m = {0};
    expect(&m, MALFORMED, "t.wasm:0x0: unexpected end: magic header not detected");
    put_hex(&m, "7f 45 4c 46 02 01 01 00");
    expect(&m, MALFORMED, "t.wasm:0x0: magic header not detected: this is not a WebAssembly module");
    m.size = 0;
    put_hex(&m, "00 61 73 6d 0d 00 01 00");
    expect(&m, MALFORMED, "t.wasm:0x4: unknown binary version: this is a component");
    m.size = 0;
    put_hex(&m, "00 61 73 6d 02 00 00 00");
    expect(&m, MALFORMED, "t.wasm:0x4: unknown binary version 2");
    begin_module(&m);
    expect(&m, VALID, "");
    buf_free(&m);
}

static void test_sections(void)
{
    static const struct {
        const char *hex, *message;
    } cases[] = {
        {"0e 00", "t.wasm:0x8: section \"unknown\": malformed section id 14"},
        {"01", "t.wasm:0x9: section \"type\": unexpected end"},
        {"01 05 00", "t.wasm:0x9: section \"type\": unexpected end: length out of bounds: 5 bytes, but 1 bytes left"},
        {"01 02 00 00", "t.wasm:0xb: section \"type\": section size mismatch: 1 bytes too many"},
        {"01 01 00 01 01 00", "t.wasm:0xb: section \"type\": unexpected content after last section"},
        {"03 01 00 01 01 00", "t.wasm:0xb: section \"type\": unexpected content after last section"},
        {"0b 01 00 0c 01 00", "t.wasm:0xb: section \"data count\": unexpected content after last section"},
        {"01 04 01 5f 00 00", "section \"type\": type 0: malformed type 0x5f"},
        {"01 05 01 60 01 40 00", "section \"type\": type 0: parameters 0: malformed value type 0x40"},
        {"02 04 01 00 00 04", "section \"import\": unexpected end"},
        {"02 05 01 00 00 05 00", "section \"import\": import 0: malformed import kind 0x05"},
        {"02 06 01 01 ff 00 00 00", "section \"import\": import 0: malformed UTF-8 encoding"},
        {"04 04 01 7f 00 00", "section \"table\": table 0: malformed reference type 0x7f"},
        {"05 03 01 08 00", "section \"memory\": memory 0: malformed limits flags 0x08"},
        {"06 06 01 7f 02 41 00 0b", "section \"global\": global 0: malformed mutability 0x02"},
        {"06 05 01 7f 00 41 00", "t.wasm:0xf: section \"global\": global 0: unexpected end"},
        {"07 04 01 00 05 00", "section \"export\": export 0: malformed export kind 0x05"},
        {"09 04 01 08 00 00", "section \"element\": elem 0: malformed elements segment kind 8"},
        {"09 04 01 01 01 00", "section \"element\": elem 0: malformed element kind 0x01"},
        {"0b 03 01 03 00", "section \"data\": data 0: malformed data segment kind 3"},
        {"0b 06 01 01 05 61 62 63", "data 0: unexpected end: length out of bounds: 5 bytes wanted, 3 left"},
        {"0a 04 01 02 00 0b", "function and code section have inconsistent lengths: 0 functions, 1 bodies"},
        {"03 02 01 00", "t.wasm:0xc: function and code section have inconsistent lengths: 1 functions, no bodies"},
        {"03 02 01 00 0a 02 01 00", "section \"code\": func 0: unexpected end"},
        {"03 02 01 00 0a 03 01 01 00", "section \"code\": func 0: unexpected end: the body is empty"},
        {"03 02 01 00 0a 08 01 06 01 d1 86 03 7f 0b", "func 0: too many locals: the limit is 50000"},
        {"0c 01 01", "data count and data section have inconsistent lengths: 1 and 0"},
        {"0c 01 01 0b 01 00", "data count and data section have inconsistent lengths: 1 and 0"},
        {"00 00", "section \"custom\": unexpected end"},
        {"00 02 02 61", "section \"custom\": unexpected end: length out of bounds: 2 bytes wanted, 1 left"},
    };
    struct buf m = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin_module(&m);
        put_hex(&m, cases[i].hex);
        expect(&m, MALFORMED, cases[i].message);
    }
    buf_free(&m);
}

/* Vectors that claim 4 G elements. */
static void test_counts(void)
{
    struct buf m = {0};
    for (uint8_t id = SECTION_TYPE; id <= SECTION_DATA; id++) {
        if (id == SECTION_START)
            continue;
        begin_module(&m);
        put_section(&m, id, "ff ff ff ff 0f 00 00 00 00");
        expect(&m, MALFORMED, "unexpected end: length out of bounds: 4294967295");
    }
    buf_free(&m);
}

/* One parameter more than the limit. */
static void test_limits(void)
{
    struct buf m = {0};
    for (unsigned more = 0; more <= 1; more++) {
        begin_module(&m);
        size_t types = begin_section(&m, SECTION_TYPE);
        put_hex(&m, "01 60");
        buf_uleb(&m, WASM_MAX_PARAMS + more);
        memset(buf_extend(&m, WASM_MAX_PARAMS + more), WASM_I32, WASM_MAX_PARAMS + more);
        buf_byte(&m, 0);
        end_sized(&m, types);
        expect(&m, more ? MALFORMED : VALID, more ? "too many parameters: 1001, the limit is 1000" : "");
    }
    buf_free(&m);
}

int main(void)
{
    test_everything();
    test_truncation();
    test_elem_kinds();
    test_names();
    test_preamble();
    test_sections();
    test_counts();
    test_limits();
    return 0;
}
