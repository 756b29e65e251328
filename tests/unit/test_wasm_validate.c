/* What the validator refuses, and how its messages read. The official scripts (tests/spec) cover the rules. */
#include "wasm_build.h"

/* One function `main` with the given body, in a module with a memory, a table, an immutable global, and the types
 * 0: -> , 1: i32 -> i32, 2: i32 i64 -> i32 i64; `type` is its own one. */
static void put_main(struct buf *m, unsigned type, const char *body)
{
    begin_module(m);
    put_section(m, SECTION_TYPE, "03 60 00 00 60 01 7f 01 7f 60 02 7f 7e 02 7f 7e");
    size_t funcs = begin_section(m, SECTION_FUNC);
    buf_byte(m, 1);
    buf_uleb(m, type);
    end_sized(m, funcs);
    put_section(m, SECTION_TABLE, "01 6f 00 01");
    put_section(m, SECTION_MEMORY, "01 00 01");
    put_section(m, SECTION_GLOBAL, "01 7f 00 41 00 0b");
    put_section(m, SECTION_EXPORT, "01 04 6d 61 69 6e 00 00");
    put_body(m, body);
}

static void test_messages(void)
{
    static const struct {
        unsigned type;
        const char *body, *message;
    } cases[] = {
        {0, "41 00 43 00 00 00 00 6a 1a", "func 0 \"main\": i32.add: type mismatch: expected i32, found f32"},
        {0, "41 00 6a 1a", "i32.add: type mismatch: expected i32, found nothing"},
        {0, "1a", "drop: type mismatch: expected a value, found nothing"},
        {0, "41 00", "end: type mismatch: 1 more values on the stack than the block's type has"},
        {1, "", "end: type mismatch: expected i32, found nothing"},
        {1, "42 00", "end: type mismatch: expected i32, found i64"},
        {0, "02 03 0b", "block: unknown type 3"},
        {0, "0c 01", "br: unknown label 1"},
        {0, "41 00 0e 01 00 02", "br_table: unknown label 2"},
        {0, "02 7f 41 00 41 00 0e 01 00 01 0b 1a", "br_table: type mismatch: label 1 takes 0 values, another one 1"},
        {0, "05", "else: there is no if that it could belong to"},
        {0, "41 00 04 7f 41 00 0b 1a", "end: type mismatch: an if without else must leave what it takes"},
        {0, "10 01", "call: unknown function 1"},
        {0, "41 00 11 00 00", "call_indirect: type mismatch: table 0 has elements of type externref, not funcref"},
        {0, "41 00 11 00 01", "call_indirect: unknown table 1"},
        {0, "d0 6f d0 6f 41 00 1b 1a", "select: type mismatch: references need the form that names their type"},
        {0, "41 00 42 00 41 00 1b 1a", "select: type mismatch: i32 and i64"},
        {0, "41 00 41 00 41 00 1c 02 7f 7f 1a", "select: invalid result arity: 2 types"},
        {0, "20 00 1a", "local.get: unknown local 0"},
        {0, "23 01 1a", "global.get: unknown global 1"},
        {0, "41 00 24 00", "global.set: global is immutable: 0"},
        {0, "41 00 28 03 00 1a", "i32.load: alignment must not be larger than natural: 2**3, natural is 2**2"},
        {0, "41 00 28 20 00 1a", "i32.load: malformed memop flags 0x20"},
        {0, "41 00 d1 1a", "ref.is_null: type mismatch: expected a reference, found i32"},
        {0, "d2 01 1a", "ref.func: unknown function 1"},
        {0, "fc 09 00", "data.drop: data count section required"},
        {0, "fc 0d 00", "elem.drop: unknown elem segment 0"},
        {0, "fd 0c 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f fd 15 10 1a",
         "i8x16.extract_lane_s: invalid lane index 16: there are 16"},
        {0, "00 fd 0d 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 20 1a", "i8x16.shuffle: invalid lane index 32"},
        {0, "00 fd 56 02 00 04 1a", "v128.load32_lane: invalid lane index 4: there are 4"},
        {0, "ff", "func 0 \"main\": illegal opcode 0xff"},
        {0, "fd 9a 01", "func 0 \"main\": illegal opcode 0xfd 0x9a"},
        {0, "41", "func 0 \"main\": unexpected end"},
        {0, "02 40", "func 0 \"main\": unexpected end"},
        {0, "0b", "section size mismatch: 1 bytes behind the end of the function"},
        {0, "02 7b 00 0b 04 40 0b", "if: type mismatch: expected i32, found v128"},
        {0, "12 01", "return_call: unknown function 1"},
        {0, "d0 01 15 01", "return_call_ref: type mismatch: the function called has other results"},
        {0, "14 03", "call_ref: unknown type 3"},
        {0, "d0 6f 14 00", "call_ref: type mismatch: expected (ref null 0), found externref"},
        {0, "d0 03 1a", "ref.null: unknown type 3"},
        {0, "41 00 d4 1a", "ref.as_non_null: type mismatch: expected a reference, found i32"},
        {0, "02 7f d0 70 d6 00 41 00 0b 1a", "br_on_non_null: type mismatch: label 0 takes no reference last"},
        {0, "08 00", "throw: unknown tag 0"},
        {0, "41 00 0a", "throw_ref: type mismatch: expected exnref, found i32"},
        {0, "1f 40 01 00 00 00 0b", "try_table: unknown tag 0"},
        {0, "1f 40 01 02 01 0b", "try_table: unknown label 1"},
        {0, "1f 40 01 03 00 0b", "try_table: type mismatch: label 0 does not take what its clause catches"},
        {0, "1f 40 01 04 00 0b", "try_table: malformed catch clause 0x04"},
        {0, "19", "catch_all: there is no try that it could belong to"},
        {0, "06 40 19 19 0b", "catch_all: there is no try that it could belong to"},
        {0, "02 40 18 00", "delegate: there is no try that it could belong to"},
        {0, "06 40 18 01", "delegate: unknown label 1"},
        {0, "06 40 09 00 0b", "rethrow: invalid rethrow label 0: it is no catch block's"},
        {0, "41 00 28 42 01 00 1a", "i32.load: unknown memory 1"},
        {0, "41 00 28 02 80 80 80 80 10 1a", "i32.load: offset out of range: 0x100000000"},
        {0, "41 00 fe 10 01 00 1a", "i32.atomic.load: atomic alignment must be natural: 2**2, not 2**1"},
        {0, "fe 03 01", "atomic.fence: zero byte expected"},
    };
    struct buf m = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        put_main(&m, cases[i].type, cases[i].body);
        expect(&m, INVALID, cases[i].message);
    }
    buf_free(&m);
}

/* A message names the very byte. */
static void test_place(void)
{
    struct buf m = {0};
    char place[32];
    put_main(&m, 0, "01 01 41 00 43 00 00 00 00 6a 1a");
    snprintf(place, sizeof place, "t.wasm:0x%zx: func 0", m.size - 3);
    expect(&m, INVALID, place);
    buf_free(&m);
}

static void test_accepted(void)
{
    static const struct {
        unsigned type;
        const char *body;
    } cases[] = {
        {0, "00 6a 1a"},                         /* what unreachable code pops has any type */
        {0, "00 41 00 6a 1a"},                   /* some of it there, some not */
        {1, "20 00 0c 00 1a"},                   /* code that is never reached */
        {2, "20 00 20 01 03 02 0c 00 0b 00"},    /* a loop with parameters */
        {2, "20 00 20 01 41 01 04 02 05 0b"},    /* an if whose else leaves what it found */
        {2, "20 00 20 01 41 01 04 02 0b"},       /* and one without else */
        {1, "02 7f 41 01 41 02 0d 00 0b"},       /* br_if keeps what the label takes */
        {1, "02 7f 41 01 41 02 0e 01 00 01 0b"}, /* labels of a block and of the function */
        {1, "00 0e 01 00 00"},
        {0, "02 40 02 40 00 0e 01 00 01 0b 0b"},
        {1, "00 1b"},
        {1, "20 00 d2 00 1a"},
        {1, "20 00 12 00 1a"},                   /* what follows a tail call is never reached */
        {1, "20 00 d2 00 14 01"},                /* ref.func has the function's own type */
        {1, "02 64 01 d2 00 0b 1a 20 00"},       /* a block that leaves a typed reference */
        {0, "02 40 d0 00 d5 00 1a 0b"},          /* br_on_null leaves it, known not to be null */
        {0, "02 64 00 d0 00 d6 00 00 0b 14 00"}, /* br_on_non_null takes it along */
        {0, "00 d4 d1 1a"},                      /* of a reference that comes from nowhere */
        {0, "02 69 1f 40 01 03 00 0b 00 0b 0a"}, /* the exception itself, thrown again */
        {0, "06 40 19 09 00 0b"},                /* rethrow in a catch_all */
        {0, "06 40 02 40 06 40 18 01 0b 19 0b"}, /* delegate to the outer try */
        {0, "41 00 fe 10 02 00 1a fe 03 00"},    /* atomics need no shared memory */
    };
    struct buf m = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        put_main(&m, cases[i].type, cases[i].body);
        expect(&m, VALID, "");
    }
    buf_free(&m);
}

/* The order of runs, found by binary search: 3 parameters, then runs of 2 f32, 0 i32, 1 i64, 5 f64. */
static void test_locals(void)
{
    static const wasm_valtype types[] = {WASM_I32, WASM_I64, WASM_F32, WASM_F32, WASM_F32, WASM_I64,
                                         WASM_F64, WASM_F64, WASM_F64, WASM_F64, WASM_F64};
    struct buf m = {0};
    for (unsigned local = 0; local < 12; local++) {
        for (unsigned wanted = WASM_F64; wanted <= WASM_I32; wanted++) {
            begin_module(&m);
            size_t section = begin_section(&m, SECTION_TYPE);
            put_hex(&m, "01 60 03 7f 7e 7d 01");
            buf_uleb(&m, wanted);
            end_sized(&m, section);
            put_section(&m, SECTION_FUNC, "01 00");
            section = begin_section(&m, SECTION_CODE);
            buf_byte(&m, 1);
            size_t body = begin_sized(&m);
            put_hex(&m, "04 02 7d 00 7f 01 7e 05 7c 20");
            buf_uleb(&m, local);
            buf_byte(&m, 0x0b);
            end_sized(&m, body);
            end_sized(&m, section);
            bool is_valid = local < 11 && types[local] == wanted;
            expect(&m, is_valid ? VALID : INVALID, local == 11 ? "unknown local 11" : is_valid ? "" : "type mismatch");
        }
    }
    buf_free(&m);
}

static void test_modules(void)
{
    static const struct {
        enum verdict verdict;
        const char *hex, *message;
    } cases[] = {
        {INVALID, "02 05 01 00 00 00 00", "t.wasm:0xb: func 0: unknown type 0"},
        {INVALID, "04 05 01 70 01 02 01", "t.wasm:0xb: table 0: size minimum must not be greater than maximum"},
        {VALID, "04 07 01 70 00 80 ad e2 04", ""},
        {INVALID, "05 04 01 01 02 01", "t.wasm:0xb: memory 0: size minimum must not be greater than maximum"},
        {INVALID, "05 05 01 00 81 80 04", "memory 0: memory size must be at most 65536 pages (4GiB)"},
        {INVALID, "05 06 01 01 00 81 80 04", "memory 0: memory size must be at most 65536 pages (4GiB)"},
        {VALID, "05 08 01 01 80 80 04 80 80 04", ""},
        {VALID, "05 05 02 00 00 00 00", ""},
        {INVALID, "05 03 01 02 01", "t.wasm:0xb: memory 0: shared memory must have maximum"},
        {VALID, "05 04 01 03 01 01", ""},
        {VALID, "05 09 01 04 80 80 80 80 80 80 40", ""},
        {INVALID, "05 09 01 04 81 80 80 80 80 80 40", "memory size must be at most 281474976710656 pages"},
        {INVALID, "04 05 01 64 70 00 00", "t.wasm:0xb: table 0: type mismatch: (ref func) has no default value"},
        {INVALID, "04 09 01 40 00 70 00 00 d0 6f 0b", "table 0: end: type mismatch: expected funcref, found externref"},
        {VALID, "04 09 01 40 00 70 00 00 d0 70 0b", ""},
        {INVALID, "0d 03 01 00 00", "t.wasm:0xb: tag 0: unknown type 0"},
        {INVALID, "01 05 01 60 00 01 7f 0d 03 01 00 00", "tag 0: non-empty tag result type: type 0 has results"},
        {INVALID, "07 05 01 01 61 04 00", "t.wasm:0xb: export \"a\": unknown tag 0"},
        {INVALID, "06 06 01 7f 00 42 00 0b", "t.wasm:0xf: global 0: end: type mismatch: expected i32, found i64"},
        {INVALID, "06 05 01 7f 00 01 0b", "global 0: nop: constant expression required"},
        {VALID, "06 0b 02 7f 00 41 00 0b 7f 00 23 00 0b", ""},
        {INVALID, "06 06 01 7f 00 23 00 0b", "global 0: global.get: unknown global 0"},
        {INVALID, "06 0b 02 7f 01 41 00 0b 7f 00 23 00 0b", "global 1: global.get: constant expression required"},
        {VALID, "06 09 01 7f 00 41 01 41 02 6c 0b", ""},
        {INVALID, "06 09 01 7f 00 41 01 41 02 6d 0b", "global 0: i32.div_s: constant expression required"},
        {INVALID, "02 06 01 00 00 03 7f 01 06 06 01 7f 00 23 00 0b", "global 1: global.get: constant expression"},
        {VALID, "02 06 01 00 00 03 7f 00 06 06 01 7f 00 23 00 0b", ""},
        {INVALID, "07 05 01 01 61 00 00", "t.wasm:0xb: export \"a\": unknown function 0"},
        {INVALID, "07 05 01 01 61 01 00", "t.wasm:0xb: export \"a\": unknown table 0"},
        {INVALID, "07 05 01 01 61 02 00", "t.wasm:0xb: export \"a\": unknown memory 0"},
        {INVALID, "07 05 01 01 61 03 00", "t.wasm:0xb: export \"a\": unknown global 0"},
        {INVALID, "05 03 01 00 00 07 09 02 01 61 02 00 01 61 02 00", "duplicate export name \"a\""},
        {VALID, "05 03 01 00 00 07 0c 03 01 61 02 00 01 62 02 00 00 02 00", ""},
        {INVALID, "08 01 00", "t.wasm:0xa: start function: unknown function 0"},
        {INVALID, "01 05 01 60 01 7f 00 02 05 01 00 00 00 00 08 01 00", "start function: type mismatch"},
        {INVALID, "09 06 01 00 41 00 0b 00", "t.wasm:0xb: elem 0: unknown table 0"},
        {INVALID, "04 04 01 6f 00 00 09 06 01 00 41 00 0b 00",
         "elem 0: type mismatch: (ref func) into a table of externref"},
        {INVALID, "04 04 01 70 00 00 09 06 01 00 42 00 0b 00", "elem 0: end: type mismatch: expected i32, found i64"},
        {INVALID, "09 05 01 01 00 01 00", "t.wasm:0xb: elem 0: unknown function 0"},
        {INVALID, "09 07 01 05 6f 01 d0 70 0b", "elem 0: end: type mismatch: expected externref, found funcref"},
        {INVALID, "0b 06 01 00 41 00 0b 00", "t.wasm:0xb: data 0: unknown memory 0"},
        {INVALID, "05 03 01 00 00 0b 06 01 00 42 00 0b 00", "data 0: end: type mismatch: expected i32, found i64"},
        {INVALID, "05 03 01 00 00 0b 09 01 00 02 40 0b 41 00 0b 00", "data 0: block: constant expression required"},
    };
    struct buf m = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin_module(&m);
        put_hex(&m, cases[i].hex);
        expect(&m, cases[i].verdict, cases[i].message);
    }
    buf_free(&m);
}

/* A function may be referred to if something outside of bodies mentions it. */
static void test_declared(void)
{
    static const struct {
        enum verdict verdict;
        const char *sections;
    } cases[] = {
        {INVALID, ""},
        {INVALID, "08 01 00"},                 /* the start function is no mention */
        {VALID, "07 05 01 01 61 00 00"},       /* an export */
        {VALID, "09 05 01 03 00 01 00"},       /* a declarative segment */
        {VALID, "06 06 01 70 00 d2 00 0b"},    /* a global */
        {VALID, "09 07 01 05 70 01 d2 00 0b"}, /* an expression in a segment */
    };
    struct buf m = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin_module(&m);
        put_section(&m, SECTION_TYPE, "01 60 00 00");
        put_section(&m, SECTION_FUNC, "01 00");
        put_hex(&m, cases[i].sections);
        put_body(&m, "d2 00 1a");
        expect(&m, cases[i].verdict, cases[i].verdict == VALID ? "" : "ref.func: undeclared function reference");
    }
    buf_free(&m);
}

/* What cannot be null must be set before it is used, on every way: a local of type (ref 0), function 0's type. */
static void test_set_locals(void)
{
    static const struct {
        enum verdict verdict;
        const char *body;
    } cases[] = {
        {INVALID, "20 00 1a"},
        {VALID, "d2 00 21 00 20 00 1a"},
        {VALID, "d2 00 22 00 1a 20 00 1a"},
        {INVALID, "02 40 d2 00 21 00 0b 20 00 1a"}, /* blocks forget */
        {VALID, "d2 00 21 00 02 40 20 00 1a d2 00 21 00 0b 20 00 1a"},
        {INVALID, "41 00 04 40 d2 00 21 00 05 20 00 1a 0b"}, /* and so does else */
        {VALID, "d2 00 21 00 41 00 04 40 20 00 1a 05 20 00 1a 0b"},
    };
    struct buf m = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        begin_module(&m);
        put_section(&m, SECTION_TYPE, "01 60 00 00");
        put_section(&m, SECTION_FUNC, "02 00 00");
        put_section(&m, SECTION_EXPORT, "01 01 61 00 00");
        size_t section = begin_section(&m, SECTION_CODE);
        buf_byte(&m, 2);
        for (unsigned j = 0; j < 2; j++) { /* what one body has set is not set in the next one */
            size_t body = begin_sized(&m);
            put_hex(&m, "01 01 64 00");
            put_hex(&m, j == 0 ? "d2 00 21 00" : cases[i].body);
            buf_byte(&m, 0x0b);
            end_sized(&m, body);
        }
        end_sized(&m, section);
        expect(&m, cases[i].verdict, cases[i].verdict == VALID ? "" : "local.get: uninitialized local 0: its type");
    }
    buf_free(&m);
}

/* Equal types are one: types 0 and 1 are (func (param (ref self))), 2 is (func (param (ref 0))), 3 equals 2. */
static void test_canonical_types(void)
{
    static const uint32_t expected[] = {0, 0, 2, 2};
    struct buf m = {0};
    struct wasm_module module;
    struct arena arena = {0};
    struct err err = {0};
    begin_module(&m);
    put_section(&m, SECTION_TYPE, "04 60 01 64 00 00 60 01 64 01 00 60 02 64 00 7f 00 60 02 64 01 7f 00");
    CHECK(judge(&m, &module, &arena, &err) == VALID);
    CHECK(memcmp(module.canonical, expected, sizeof expected) == 0);
    arena_free(&arena);
    begin_module(&m);
    put_section(&m, SECTION_TYPE, "02 60 01 64 01 00 60 00 00"); /* a type that comes later */
    expect(&m, MALFORMED, "type 0: parameters 0: unknown type 1");
    buf_free(&m);
}

static void test_subtypes(void)
{
    enum { FUNC = WASM_MAKE_REF(WASM_REF_CODE, WASM_HEAP_FUNC), TYPED = WASM_MAKE_REF(WASM_REF_CODE, 5) };
    wasm_valtype nullable = WASM_MAKE_REF(WASM_REF_NULL_CODE, 5);
    CHECK(wasm_type_matches(FUNC, WASM_FUNCREF) && !wasm_type_matches(WASM_FUNCREF, FUNC));
    CHECK(wasm_type_matches(TYPED, nullable) && !wasm_type_matches(nullable, TYPED));
    CHECK(wasm_type_matches(TYPED, FUNC) && !wasm_type_matches(FUNC, TYPED) && !wasm_type_matches(TYPED, TYPED + 256));
    CHECK(wasm_type_matches(WASM_MAKE_REF(WASM_REF_NULL_CODE, WASM_HEAP_NOFUNC), nullable));
    CHECK(!wasm_type_matches(WASM_EXTERNREF, WASM_FUNCREF) && !wasm_type_matches(WASM_I32, WASM_FUNCREF));
    CHECK(wasm_type_matches(WASM_MAKE_REF(WASM_REF_CODE, WASM_HEAP_NOEXN), WASM_EXNREF));
    CHECK(strcmp(wasm_valtype_name(nullable).text, "(ref null 5)") == 0);
    CHECK(strcmp(wasm_valtype_name(FUNC).text, "(ref func)") == 0);
    CHECK(strcmp(wasm_valtype_name(WASM_EXNREF).text, "exnref") == 0);
}

static void test_type_text(void)
{
    static const wasm_valtype types[] = {WASM_I32, WASM_V128, WASM_FUNCREF, WASM_EXTERNREF};
    struct arena arena = {0};
    struct wasm_functype none = {0};
    struct wasm_functype some = {.params = types, .param_count = 3, .results = types + 3, .result_count = 1};
    CHECK(strcmp(wasm_functype_text(&none, &arena), "->") == 0);
    CHECK(strcmp(wasm_functype_text(&some, &arena), "i32,v128,funcref->externref") == 0);
    arena_free(&arena);
}

int main(void)
{
    test_messages();
    test_place();
    test_accepted();
    test_locals();
    test_modules();
    test_declared();
    test_set_locals();
    test_canonical_types();
    test_subtypes();
    test_type_text();
    return 0;
}
