/* Modules made to take long or to take much memory: each one is a few megabytes, and must be through within seconds
 * and 256 MiB, whatever the verdict. */
#include <time.h>

#include <sanitizer/allocator_interface.h>

#include "wasm_build.h"

#define MEMORY_LIMIT  (256u << 20)
#define SECONDS_LIMIT 60 /* with sanitizers, on a busy machine; a quadratic step would take hours */

static size_t bytes_now, bytes_peak;

static void count_malloc(const volatile void *memory, size_t size)
{
    (void)memory;
    bytes_now += size;
    if (bytes_now > bytes_peak)
        bytes_peak = bytes_now;
}

static void count_free(const volatile void *memory)
{
    if (memory)
        bytes_now -= __sanitizer_get_allocated_size(memory);
}

static void expect_cheap(const char *what, struct buf *m, enum verdict verdict, const char *message)
{
    size_t before = bytes_peak = bytes_now;
    clock_t start = clock();
    expect(m, verdict, message);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    printf("%-24s %8zu KiB: %6.2f s, %7zu KiB\n", what, m->size / 1024, seconds, (bytes_peak - before) / 1024);
    CHECK(bytes_peak - before < MEMORY_LIMIT && seconds < SECONDS_LIMIT);
    buf_free(m);
    *m = (struct buf){0};
}

static void put_repeated(struct buf *m, const char *hex, unsigned count)
{
    struct buf once = {0};
    put_hex(&once, hex);
    uint8_t *at = buf_extend(m, once.size * count);
    for (unsigned i = 0; i < count; i++)
        memcpy(at + i * once.size, once.data, once.size);
    buf_free(&once);
}

/* Types 0: -> , 1: 1000 i32 -> , 2: -> 1000 i32, 3: 1000 i32 -> 1000 i32. */
static void put_types(struct buf *m)
{
    size_t section = begin_section(m, SECTION_TYPE);
    put_hex(m, "04");
    for (unsigned type = 0; type < 4; type++) {
        put_hex(m, "60");
        for (unsigned part = 1; part <= 2; part++) {
            buf_uleb(m, type & part ? 1000 : 0);
            put_repeated(m, "7f", type & part ? 1000 : 0);
        }
    }
    end_sized(m, section);
}

/* Up to the code section and the size of the body of function 4, the first to be defined; functions 0 to 3 are
 * imported and of the types of the same numbers. */
static void begin_main(struct buf *m, size_t *section, size_t *body)
{
    begin_module(m);
    put_types(m);
    put_section(m, SECTION_IMPORT, "04 00 00 00 00 00 00 00 01 00 00 00 02 00 00 00 03");
    put_section(m, SECTION_FUNC, "01 00");
    *section = begin_section(m, SECTION_CODE);
    buf_byte(m, 1);
    *body = begin_sized(m);
}

/* A body without locals: `prefix`, `count` times `repeated`, `suffix`. */
static void put_main(struct buf *m, const char *prefix, const char *repeated, unsigned count, const char *suffix)
{
    size_t section, body;
    begin_main(m, &section, &body);
    buf_byte(m, 0);
    put_hex(m, prefix);
    put_repeated(m, repeated, count);
    put_hex(m, suffix);
    end_sized(m, body);
    end_sized(m, section);
}

static void test_nesting(void)
{
    struct buf m = {0};
    put_main(&m, "", "02 40", 3800000, "");
    expect_cheap("open blocks", &m, INVALID, "unexpected end");

    size_t section, body;
    begin_main(&m, &section, &body);
    buf_byte(&m, 0);
    put_repeated(&m, "02 40", 2500000);
    put_repeated(&m, "0b", 2500001);
    end_sized(&m, body);
    end_sized(&m, section);
    expect_cheap("nested blocks", &m, VALID, "");

    begin_module(&m);
    section = begin_section(&m, SECTION_GLOBAL);
    put_hex(&m, "01 7f 00");
    put_repeated(&m, "02 40", 4000000);
    end_sized(&m, section);
    expect_cheap("nested constant", &m, MALFORMED, "unexpected end");
}

static void test_operands(void)
{
    struct buf m = {0};
    put_main(&m, "", "41 00", 3800000, "0b");
    expect_cheap("constants", &m, INVALID, "type mismatch");
    put_main(&m, "", "10 02", 3800000, "0b");
    expect_cheap("calls with results", &m, INVALID, "too many operands");
    put_main(&m, "", "02 40 10 02 0c 00 0b", 1000000, "0b");
    expect_cheap("results dropped", &m, VALID, "");
    put_main(&m, "", "10 02 10 01", 1900000, "0b");
    expect_cheap("results consumed", &m, VALID, "");
    put_main(&m, "00", "10 01", 3800000, "0b");
    expect_cheap("arguments from nowhere", &m, VALID, "");
    put_main(&m, "00", "02 03 0b", 2500000, "00 0b");
    expect_cheap("blocks of a big type", &m, VALID, "");
    put_main(&m, "00", "02 03", 3800000, "0b");
    expect_cheap("nested, of a big type", &m, INVALID, "unexpected end");
}

static void test_br_table(void)
{
    struct buf m = {0};
    put_main(&m, "41 00 0e e0 8b bd 03", "00", 7300577, "0b");
    expect_cheap("br_table", &m, VALID, "");
    put_main(&m, "02 02 02 02 10 02 41 00 0e e0 8b bd 03", "00 01", 3650288, "00 0b 0b 10 01 0b");
    expect_cheap("br_table of big types", &m, VALID, "");
    put_main(&m, "41 00 0e ff ff ff ff 0f", "00", 7000000, "0b");
    expect_cheap("br_table that lies", &m, INVALID, "length out of bounds");
}

static void test_locals(void)
{
    struct buf m = {0};
    size_t section, body;
    begin_main(&m, &section, &body);
    buf_uleb(&m, 50000);
    put_repeated(&m, "01 7f 01 7e", 25000);
    put_repeated(&m, "20 d0 86 03 1a", 1);
    put_repeated(&m, "0b", 1);
    end_sized(&m, body);
    end_sized(&m, section);
    expect_cheap("runs of locals", &m, INVALID, "unknown local");

    begin_main(&m, &section, &body);
    buf_uleb(&m, 50000);
    put_repeated(&m, "01 7f 01 7e", 25000);
    put_repeated(&m, "20 a8 c3 01 1a", 1500000);
    put_repeated(&m, "0b", 1);
    end_sized(&m, body);
    end_sized(&m, section);
    expect_cheap("runs of locals, used", &m, VALID, "");
}

static void test_functions(void)
{
    struct buf m = {0};
    begin_module(&m);
    put_types(&m);
    size_t section = begin_section(&m, SECTION_FUNC);
    buf_uleb(&m, 1000000);
    put_repeated(&m, "01", 1000000);
    end_sized(&m, section);
    section = begin_section(&m, SECTION_CODE);
    buf_uleb(&m, 1000000);
    put_repeated(&m, "02 00 0b", 1000000);
    end_sized(&m, section);
    expect_cheap("functions of a big type", &m, VALID, "");

    begin_module(&m);
    section = begin_section(&m, SECTION_TYPE);
    buf_uleb(&m, 1000000);
    put_repeated(&m, "60 01 7f 01 7f", 1000000);
    end_sized(&m, section);
    expect_cheap("types", &m, VALID, "");

    begin_module(&m);
    section = begin_section(&m, SECTION_TYPE);
    buf_uleb(&m, 10000);
    for (unsigned i = 0; i < 10000; i++) {
        put_hex(&m, "60 e8 07");
        put_repeated(&m, "7f", 1000);
        put_hex(&m, "00");
    }
    end_sized(&m, section);
    expect_cheap("big types", &m, VALID, "");
}

/* Names: exports that differ only in their last byte, one too many, and a function that is named again and again. */
static void test_names(void)
{
    struct buf m = {0};
    begin_module(&m);
    put_section(&m, SECTION_TYPE, "01 60 00 00");
    put_section(&m, SECTION_FUNC, "01 00");
    size_t section = begin_section(&m, SECTION_EXPORT);
    buf_uleb(&m, 65536);
    for (unsigned i = 0; i < 65536; i++) {
        buf_uleb(&m, 104);
        put_repeated(&m, "61", 100);
        for (unsigned digit = 0; digit < 4; digit++)
            buf_byte(&m, (uint8_t)('a' + (i >> (4 * digit) & 15)));
        put_hex(&m, "00 00");
    }
    end_sized(&m, section);
    put_body(&m, "");
    section = begin_section(&m, SECTION_CUSTOM);
    put_name(&m, "name");
    buf_byte(&m, 1);
    size_t names = begin_sized(&m);
    buf_uleb(&m, 1000000);
    put_repeated(&m, "00 02 61 62", 1000000);
    end_sized(&m, names);
    end_sized(&m, section);
    expect_cheap("names", &m, VALID, "");
}

static void test_sections(void)
{
    struct buf m = {0};
    begin_module(&m);
    put_repeated(&m, "00 01 00", 3000000);
    expect_cheap("sections", &m, MALFORMED, "too many sections");

    begin_module(&m);
    put_section(&m, SECTION_TABLE, "01 70 00 01");
    size_t section = begin_section(&m, SECTION_ELEM);
    put_hex(&m, "01 05 70");
    buf_uleb(&m, 2000000);
    put_repeated(&m, "d0 70 0b", 2000000);
    end_sized(&m, section);
    expect_cheap("element expressions", &m, VALID, "");

    begin_module(&m);
    section = begin_section(&m, SECTION_IMPORT);
    buf_uleb(&m, 100000);
    put_repeated(&m, "00 00 03 7f 00", 100000);
    end_sized(&m, section);
    section = begin_section(&m, SECTION_GLOBAL);
    buf_uleb(&m, 900000);
    put_repeated(&m, "7f 00 23 00 0b", 900000);
    end_sized(&m, section);
    expect_cheap("globals", &m, VALID, "");
}

int main(void)
{
    CHECK(__sanitizer_install_malloc_and_free_hooks(count_malloc, count_free));
    test_nesting();
    test_operands();
    test_br_table();
    test_locals();
    test_functions();
    test_names();
    test_sections();
    return 0;
}
