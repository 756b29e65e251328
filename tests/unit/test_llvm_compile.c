/* The compiler from a validated module to an object: what the object shows and what it hides, the same bytes whatever
 * the number of threads, the line tables, and what is refused how. */
#include <string.h>

#include "base/elf.h"
#include "base/file.h"
#include "wasm_build.h"
#include "llvm/compile.h"
#include "llvm/line_table.h"

static struct temp_dir folder;

static const struct compile_options usual = {.optimise = 2, .cpu = "x86-64-v2", .jobs = 1};

/* Compiles `bytes`; the object's bytes are in *object if that works. */
static int compile(const struct buf *bytes, const struct compile_options *options, struct file *object, struct err *err)
{
    struct wasm_module module;
    struct arena arena = {0};
    char path[4096];
    int result;

    snprintf(path, sizeof(path), "%s/t.o", folder.path);
    CHECK(judge(bytes, &module, &arena, err) == VALID);
    result = llvm_compile(&module, options, path, err);
    if (result == 0)
        CHECK(file_read(object, path, err) == 0);
    arena_free(&arena);
    return result;
}

/* An imported function. */
static void put_import(struct buf *buf, const char *module, const char *name, uint32_t type)
{
    put_name(buf, module);
    put_name(buf, name);
    buf_byte(buf, 0);
    buf_uleb(buf, type);
}

/* Two imports, one known and one known with another type; a memory, a table, `_start`, and an indirect call. */
static void build_program(struct buf *buf)
{
    size_t section;

    begin_module(buf);
    put_section(buf, SECTION_TYPE, "03  60 00 00  60 01 7f 01 7f  60 01 7f 00");
    section = begin_section(buf, SECTION_IMPORT);
    buf_byte(buf, 2);
    put_import(buf, "wasi_snapshot_preview1", "fd_close", 1);
    put_import(buf, "wasi_snapshot_preview1", "fd_sync", 2);
    end_sized(buf, section);
    put_section(buf, SECTION_FUNC, "01 00");
    put_section(buf, SECTION_TABLE, "01 70 00 02");
    put_section(buf, SECTION_MEMORY, "01 00 01");
    put_section(buf, SECTION_EXPORT, "01 06 5f 73 74 61 72 74 00 02");
    put_section(buf, SECTION_ELEM, "01 00 41 00 0b 01 00");
    put_body(buf, "41 08 28 02 04  41 00 11 01 00  10 01");
}

static bool is_shown(const struct elf_symbol *symbol)
{
    return ELF64_ST_BIND(symbol->symbol.st_info) != STB_LOCAL &&
           ELF64_ST_VISIBILITY(symbol->symbol.st_other) == STV_DEFAULT;
}

static void check_symbols(void)
{
    static const char *const undefined[] = {"wasi_snapshot_preview1.fd_close", "wasi_snapshot_preview1.fd_sync:i:"};
    struct buf bytes = {0};
    struct file object;
    struct err err = {0};
    struct elf elf;
    unsigned found = 0;

    build_program(&bytes);
    CHECK(compile(&bytes, &usual, &object, &err) == 0);
    CHECK(elf_open(&elf, "t.o", object.data, object.size, &err) == 0);
    for (unsigned i = 0; i < elf.symbol_count; i++) {
        struct elf_symbol symbol = elf_symbol(&elf, i);

        if (!is_shown(&symbol))
            continue;
        if (symbol.symbol.st_shndx != SHN_UNDEF)
            CHECK(strcmp(symbol.name, "mewz_program") == 0);
        else
            CHECK(strcmp(symbol.name, undefined[0]) == 0 || strcmp(symbol.name, undefined[1]) == 0);
        found++;
    }
    CHECK(found == 3);
    file_close(&object);
    buf_free(&bytes);
}

static void check_exports(void)
{
    struct compile_options options = usual;
    struct buf bytes = {0};
    struct file object;
    struct err err = {0};
    struct elf elf;
    struct elf_symbol symbol;

    options.exports = "app";
    build_program(&bytes);
    CHECK(compile(&bytes, &options, &object, &err) == 0);
    CHECK(elf_open(&elf, "t.o", object.data, object.size, &err) == 0);
    CHECK(elf_find_symbol(&elf, "app.0", &symbol) && is_shown(&symbol));
    file_close(&object);
    buf_free(&bytes);
}

/* Enough functions for several units, each of which calls the one after it. */
static void build_large(struct buf *buf)
{
    enum { COUNT = 400, LOADS = 100 };
    size_t section;

    begin_module(buf);
    put_section(buf, SECTION_TYPE, "01 60 01 7f 01 7f");
    section = begin_section(buf, SECTION_FUNC);
    buf_uleb(buf, COUNT);
    buf_extend(buf, COUNT);
    end_sized(buf, section);
    put_section(buf, SECTION_MEMORY, "01 00 01");
    section = begin_section(buf, SECTION_CODE);
    buf_uleb(buf, COUNT);
    for (unsigned i = 0; i < COUNT; i++) {
        size_t body = begin_sized(buf);

        buf_byte(buf, 0);
        put_hex(buf, "20 00");
        for (unsigned j = 0; j < LOADS; j++)
            put_hex(buf, "28 02 00");
        put_hex(buf, "10");
        buf_uleb(buf, (i + 1) % COUNT);
        put_hex(buf, "0b");
        end_sized(buf, body);
    }
    end_sized(buf, section);
}

/* A memory and a table that no other module provides are the program's own. */
static void check_own_imports(void)
{
    struct buf bytes = {0};
    struct file object;
    struct err err = {0};
    struct elf elf;
    size_t section;

    begin_module(&bytes);
    section = begin_section(&bytes, SECTION_IMPORT);
    put_hex(&bytes, "02");
    put_name(&bytes, "env");
    put_name(&bytes, "memory");
    put_hex(&bytes, "02 00 01");
    put_name(&bytes, "env");
    put_name(&bytes, "table");
    put_hex(&bytes, "01 70 00 02");
    end_sized(&bytes, section);
    CHECK(compile(&bytes, &usual, &object, &err) == 0);
    CHECK(elf_open(&elf, "t.o", object.data, object.size, &err) == 0);
    for (unsigned i = 1; i < elf.symbol_count; i++) {
        struct elf_symbol symbol = elf_symbol(&elf, i);

        CHECK(symbol.symbol.st_shndx != SHN_UNDEF || !strchr(symbol.name, '.'));
    }
    file_close(&object);
    buf_free(&bytes);
}

static void check_determinism(void)
{
    struct compile_options options = usual;
    struct buf bytes = {0};
    struct file objects[3];
    struct err err = {0};

    options.optimise = 1;
    build_large(&bytes);
    for (unsigned i = 0; i < 3; i++) {
        options.jobs = i + 1;
        CHECK(compile(&bytes, &options, &objects[i], &err) == 0);
        CHECK(objects[i].size == objects[0].size && memcmp(objects[i].data, objects[0].data, objects[0].size) == 0);
    }
    for (unsigned i = 0; i < 3; i++)
        file_close(&objects[i]);
    buf_free(&bytes);
}

/* Each line is an offset in the module's code, and addresses ascend within the code. */
static void check_rows(const struct buf *rows, const struct elf *elf, size_t module_size)
{
    const struct line_row *row = (const struct line_row *)rows->data, *end = row + rows->size / sizeof(*row);
    struct elf_section text;
    uint64_t address = 0;

    CHECK(elf_find_section(elf, ".text.wasm", &text) && row < end);
    for (; row < end; row++) {
        CHECK(row->offset < module_size && row->address >= address && row->address <= text.header.sh_size);
        address = row->address;
    }
}

/* Reads the line tables with every byte changed in turn, which may fail but not harm. */
static void change_each_byte(const struct elf *elf, uint8_t *copy, size_t size)
{
    struct elf_section section;
    uint64_t start;

    CHECK(elf_find_section(elf, ".debug_line", &section));
    start = section.header.sh_offset;
    for (uint64_t i = 0; i < section.header.sh_size; i++) {
        struct buf rows = {0};
        struct err err = {0};
        struct elf changed;
        uint8_t byte = copy[start + i];

        copy[start + i] = (uint8_t)(byte ^ (0x81 + 37 * i));
        CHECK(elf_open(&changed, "t.o", copy, size, &err) == 0);
        CHECK(line_table_read(&changed, false, &rows, &err) == 0 || err.set);
        copy[start + i] = byte;
        buf_free(&rows);
    }
}

static void check_line_tables(void)
{
    struct compile_options options = usual;
    struct buf bytes = {0}, rows = {0}, copy = {0};
    struct file object;
    struct err err = {0};
    struct elf elf;

    options.debug = true;
    build_program(&bytes);
    CHECK(compile(&bytes, &options, &object, &err) == 0);
    CHECK(elf_open(&elf, "t.o", object.data, object.size, &err) == 0);
    CHECK(line_table_read(&elf, false, &rows, &err) == 0);
    check_rows(&rows, &elf, bytes.size);
    buf_append(&copy, object.data, object.size);
    change_each_byte(&elf, copy.data, copy.size);
    file_close(&object);
    buf_free(&bytes);
    buf_free(&rows);
    buf_free(&copy);
}

static void check_refused(const struct buf *bytes, const struct compile_options *options, const char *text)
{
    struct file object;
    struct err err = {0};

    CHECK(compile(bytes, options, &object, &err) == -1);
    if (!strstr(err.text, text))
        fprintf(stderr, "expected \"%s\", got \"%s\"\n", text, err.text);
    CHECK(strstr(err.text, text));
}

static void check_refusals(void)
{
    struct compile_options strange_cpu = usual;
    struct buf bytes = {0};
    size_t section;

    begin_module(&bytes);
    put_section(&bytes, SECTION_TYPE, "01 60 00 00");
    put_section(&bytes, SECTION_FUNC, "01 00");
    put_body(&bytes, "");
    strange_cpu.cpu = "i486";
    check_refused(&bytes, &strange_cpu, "unknown CPU level \"i486\"");

    begin_module(&bytes);
    section = begin_section(&bytes, SECTION_IMPORT);
    put_hex(&bytes, "01");
    put_name(&bytes, "env");
    put_name(&bytes, "base");
    put_hex(&bytes, "03 7f 00");
    end_sized(&bytes, section);
    check_refused(&bytes, &usual, "t.wasm: import \"env\" \"base\": no system provides a global or a tag");

    begin_module(&bytes);
    put_section(&bytes, SECTION_TABLE, "02  70 00 80 ad e2 04  70 00 01");
    check_refused(&bytes, &usual, "t.wasm:0x15: table 1: too many elements: 1, the limit for all tables is 10000000");

    begin_module(&bytes);
    put_section(&bytes, SECTION_TYPE, "01 60 00 00");
    section = begin_section(&bytes, SECTION_IMPORT);
    put_hex(&bytes, "01");
    put_import(&bytes, "wasm", "instantiate", 0);
    end_sized(&bytes, section);
    check_refused(&bytes, &usual, "an object cannot refer to a function of this name");
    buf_free(&bytes);
}

int main(void)
{
    struct err err = {0};

    CHECK(temp_dir_make(&folder, &err) == 0);
    check_symbols();
    check_exports();
    check_own_imports();
    check_determinism();
    check_line_tables();
    check_refusals();
    temp_dir_remove(&folder);
    return 0;
}
