/* The pieces of the link: blobs, the boot configuration, ELF files and archives from hostile hands, messages. */
#include <sanitizer/allocator_interface.h>
#include <string.h>
#include <unistd.h>

#include <mewz/abi.h>
#include <mewz/config.h>
#include <mewz/ksyms.h>

#include "base/elf.h"
#include "base/file.h"
#include "check.h"
#include "link/archive.h"
#include "link/blob.h"
#include "link/imports.h"
#include "link/ksyms.h"
#include "link/link.h"
#include "link/program_code.h"

static void make_blob(struct buf *out)
{
    struct blob blob = {".rodata.test", "test_start", "test_end", "content", 7, 0, false, 0};
    blob_encode(&blob, out);
}

static void test_blob(void)
{
    struct buf out = {0};
    struct err err = {0};
    struct elf elf;
    struct elf_section section;
    struct elf_symbol start, end;
    make_blob(&out);
    CHECK(elf_open(&elf, "blob.o", out.data, out.size, &err) == 0);
    CHECK(elf.header.e_type == ET_REL);
    CHECK(elf_find_section(&elf, ".rodata.test", &section));
    CHECK(section.header.sh_size == 7 && memcmp(section.bytes, "content", 7) == 0);
    CHECK(elf_find_symbol(&elf, "test_start", &start) && start.symbol.st_value == 0);
    CHECK(elf_find_symbol(&elf, "test_end", &end) && end.symbol.st_value == 7);
    CHECK(!elf_find_symbol(&elf, "test", &start));
    CHECK(!elf_find_section(&elf, ".rodata", &section));
    buf_free(&out);
}

/* Every shorter file, and each byte with other values: an error or a file, but no step outside the bytes. */
static void read_everything(const uint8_t *bytes, size_t size)
{
    struct err err = {0};
    struct elf elf;
    size_t note_size;
    if (elf_open(&elf, "hostile", bytes, size, &err) != 0) {
        CHECK(err.set);
        return;
    }
    size_t sum = 0;
    for (unsigned i = 0; i < elf.section_count; i++) {
        struct elf_section section = elf_section(&elf, i);
        sum += strlen(section.name);
        for (size_t j = 0; section.bytes && j < section.header.sh_size; j++)
            sum += section.bytes[j];
    }
    for (unsigned i = 0; i < elf.segment_count; i++) {
        struct elf_segment segment = elf_segment(&elf, i);
        for (size_t j = 0; j < segment.header.p_filesz; j++)
            sum += segment.bytes[j];
    }
    for (unsigned i = 0; i < elf.symbol_count; i++)
        sum += strlen(elf_symbol(&elf, i).name);
    struct arena arena = {0};
    struct link_config config;
    imports_list(&elf, &arena);
    link_config_find(&elf, &arena, &config);
    elf_find_note(&elf, "Xen", 18, &note_size);
    struct buf ksyms = {0};
    ksyms_encode(&elf, &ksyms);
    buf_free(&ksyms);
    arena_free(&arena);
    CHECK(sum < SIZE_MAX);
}

/* In memory of its own, exactly as long, so that the sanitizer sees the first byte too far. */
static void read_copy(const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    memcpy(copy, bytes, size);
    read_everything(copy, size);
    free(copy);
}

static void attack(const uint8_t *bytes, size_t size)
{
    static const uint8_t values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    uint8_t *copy = malloc(size);
    for (size_t cut = 0; cut <= size; cut++)
        read_copy(bytes, cut);
    memcpy(copy, bytes, size);
    for (size_t at = 0; at < size; at++) {
        for (size_t i = 0; i < sizeof values; i++) {
            copy[at] = values[i];
            read_everything(copy, size);
        }
        copy[at] = bytes[at];
    }
    free(copy);
}

/* An executable with one segment that holds the bytes at 0x1000, where the symbol is as well, a note segment over the
 * same ones, and another symbol. */
static void make_executable(const char *name, const void *bytes, size_t size, struct buf *out)
{
    struct blob blob = {".rodata", name, "mewz_kernel_base", bytes, size, 0, false, 0};
    blob_encode(&blob, out);
    struct err err = {0};
    struct elf elf;
    struct elf_section section;
    CHECK(elf_open(&elf, "executable", out->data, out->size, &err) == 0);
    CHECK(elf_find_section(&elf, ".rodata", &section));
    Elf64_Ehdr header = elf.header;
    Elf64_Phdr segments[2] = {{.p_type = PT_LOAD,
                               .p_flags = PF_R,
                               .p_offset = section.header.sh_offset,
                               .p_vaddr = 0x1000,
                               .p_filesz = size,
                               .p_memsz = size}};
    segments[1] = segments[0];
    segments[1].p_type = PT_NOTE;
    header.e_type = ET_EXEC;
    header.e_phoff = out->size;
    header.e_phnum = 2;
    header.e_phentsize = sizeof *segments;
    /* The symbol's value becomes an address: it is the first one behind the null symbol. */
    size_t symbol = (size_t)(elf.symbols - out->data) + sizeof(Elf64_Sym) + offsetof(Elf64_Sym, st_value);
    uint64_t address = 0x1000;
    memcpy(out->data + symbol, &address, sizeof address);
    memcpy(out->data, &header, sizeof header);
    buf_append(out, segments, sizeof segments);
}

static void test_config(void)
{
    const char *args[] = {"app.wasm", "", "two words", NULL}, *env[] = {"A=1", NULL};
    const char *settings[] = {"listen=tcp:0.0.0.0:80", NULL};
    struct link_config config = {args, env, settings}, found;
    struct buf bytes = {0}, file = {0};
    struct err err = {0};
    struct arena arena = {0};
    struct elf elf;
    link_config_encode(&config, &bytes);
    struct mewz_config header;
    memcpy(&header, bytes.data, sizeof header);
    CHECK(header.size == bytes.size && header.arg_count == 3 && header.env_count == 1 && header.setting_count == 1);
    make_executable("mewz_config_start", bytes.data, bytes.size, &file);
    CHECK(elf_open(&elf, "executable", file.data, file.size, &err) == 0);
    CHECK(link_config_find(&elf, &arena, &found));
    CHECK(strcmp(found.args[0], "app.wasm") == 0 && *found.args[1] == 0 && strcmp(found.args[2], "two words") == 0);
    CHECK(!found.args[3] && strcmp(found.env[0], "A=1") == 0 && !found.env[1]);
    CHECK(strcmp(found.settings[0], settings[0]) == 0 && !found.settings[1]);
    attack(file.data, file.size);
    arena_free(&arena);
    buf_free(&file);
    buf_free(&bytes);
}

static void test_absent_config(void)
{
    struct link_config config = {0}, found;
    struct buf bytes = {0}, file = {0};
    struct err err = {0};
    struct arena arena = {0};
    struct elf elf;
    link_config_encode(&config, &bytes);
    struct mewz_config header;
    memcpy(&header, bytes.data, sizeof header);
    CHECK(header.arg_count == MEWZ_CONFIG_ABSENT && header.env_count == MEWZ_CONFIG_ABSENT && bytes.size == 24);
    make_executable("mewz_config_start", bytes.data, bytes.size, &file);
    CHECK(elf_open(&elf, "executable", file.data, file.size, &err) == 0);
    CHECK(link_config_find(&elf, &arena, &found) && !found.args && !found.env);
    arena_free(&arena);
    buf_free(&file);
    buf_free(&bytes);
}

static void test_note(void)
{
    struct buf note = {0}, file = {0};
    struct err err = {0};
    struct elf elf;
    size_t size;
    buf_u32(&note, 4); /* another one first: its owner's name is padded */
    buf_u32(&note, 2);
    buf_u32(&note, 18);
    buf_append(&note, "GNU\0ab\0\0", 8);
    buf_u32(&note, 4);
    buf_u32(&note, 4);
    buf_u32(&note, 18);
    buf_append(&note, "Xen\0\x78\x56\x34\x12", 8);
    make_executable("mewz_config_start", note.data, note.size, &file);
    CHECK(elf_open(&elf, "executable", file.data, file.size, &err) == 0);
    const uint8_t *found = elf_find_note(&elf, "Xen", 18, &size);
    CHECK(found && size == 4 && *found == 0x78);
    CHECK(!elf_find_note(&elf, "Xen", 17, &size) && !elf_find_note(&elf, "Xe", 18, &size));
    CHECK(elf_at_address(&elf, 0x1000, note.size) && !elf_at_address(&elf, 0x1000, note.size + 1));
    CHECK(!elf_at_address(&elf, 0xfff, 1) && !elf_at_address(&elf, 0x1001, UINT64_MAX));
    attack(file.data, file.size);
    buf_free(&file);
    buf_free(&note);
}

/* A map of functions that says that it is the next one as well: an end is found, and without much memory. */
static void test_circle_of_maps(void)
{
    enum { ADDRESS = 0x1000 };
    struct {
        struct mewz_program program;
        struct mewz_code_map map;
        struct mewz_code_func func;
        char text[32768];
    } bytes = {0};
    struct buf file = {0};
    struct err err = {0};
    struct arena arena = {0};
    struct program_code code;
    struct elf elf;
    const uint64_t map = ADDRESS + offsetof(typeof(bytes), map), text = ADDRESS + offsetof(typeof(bytes), text);
    bytes.program.abi_version = MEWZ_ABI_VERSION;
    bytes.program.code_map = (const void *)map;
    bytes.map.func_count = 1;
    bytes.map.funcs = (const void *)(ADDRESS + offsetof(typeof(bytes), func));
    bytes.map.names = bytes.map.module = (const void *)text;
    make_executable("mewz_program", &bytes, sizeof bytes, &file);
    CHECK(elf_open(&elf, "executable", file.data, file.size, &err) == 0);
    CHECK(program_code_read(&elf, &code, &arena) && code.func_count == 1);
    buf_free(&file);

    bytes.map.next = (const void *)map;
    make_executable("mewz_program", &bytes, sizeof bytes, &file);
    CHECK(elf_open(&elf, "executable", file.data, file.size, &err) == 0);
    size_t before = __sanitizer_get_current_allocated_bytes();
    CHECK(!program_code_read(&elf, &code, &arena));
    CHECK(__sanitizer_get_current_allocated_bytes() - before < 64 * file.size);
    arena_free(&arena);
    buf_free(&file);
}

static void put_archive(const char *path, const char *count, size_t count_size, const char *names, size_t names_size)
{
    FILE *file = fopen(path, "w");
    CHECK(file);
    fprintf(file, "!<arch>\n%-16s%-12s%-6s%-6s%-8s%-10zu`\n", "/", "0", "0", "0", "0", count_size + names_size);
    CHECK(fwrite(count, 1, count_size, file) == count_size && fwrite(names, 1, names_size, file) == names_size);
    CHECK(fclose(file) == 0);
}

static void test_archive(void)
{
    struct err err = {0};
    struct archive archive;
    char path[] = "/tmp/mewz-test-XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    close(fd);
    put_archive(path, "\0\0\0\2\0\0\0\1\0\0\0\1", 12, "wasi.fd_read\0memcpy", 20);
    CHECK(archive_open(&archive, path, &err) == 0);
    CHECK(archive_defines(&archive, "memcpy") && archive_defines(&archive, "wasi.fd_read"));
    CHECK(!archive_defines(&archive, "fd_read") && !archive_defines(&archive, "mem") && !archive_defines(&archive, ""));
    archive_close(&archive);

    put_archive(path, "\0\0\0\1\0\0\0\1", 8, "unterminated", 12);
    CHECK(archive_open(&archive, path, &err) == 0 && !archive_defines(&archive, "unterminated"));
    archive_close(&archive);
    put_archive(path, "\xff\xff\xff\xff", 4, "", 0);
    CHECK(archive_open(&archive, path, &err) == -1 && strstr(err.text, "symbol index"));
    unlink(path);
}

static void check_explanation(const char *symbol, enum import_state state, const char *text)
{
    struct buf buf = {0};
    imports_explain(symbol, state, "x86_64-mewz", &buf);
    buf_byte(&buf, 0);
    if (strcmp((char *)buf.data, text) != 0)
        fprintf(stderr, "%s\n", (char *)buf.data);
    CHECK(strcmp((char *)buf.data, text) == 0);
    buf_free(&buf);
}

static void test_imports(void)
{
    struct archive none = {.names = "", .names_end = ""};
    CHECK(imports_find(&none, "env.f") == IMPORT_MISSING);
    CHECK(imports_find(&none, "wasi_snapshot_preview1.sock_accept") == IMPORT_MISSING);
    CHECK(imports_find(&none, "wasi_snapshot_preview1.sock_accept:ii:i") == IMPORT_OTHER_TYPE);
    CHECK(imports_find(&none, "env.f:ii:i") == IMPORT_MISSING);
    check_explanation("other.f", IMPORT_MISSING, "import other.f: x86_64-mewz does not have it yet");
    check_explanation("gojs.f", IMPORT_MISSING,
                      "import gojs.f: x86_64-mewz does not have it: it is Go's for browsers; compile with GOOS=wasip1");
    check_explanation("wasi_snapshot_preview1.sock_accept:i:i", IMPORT_OTHER_TYPE,
                      "import wasi_snapshot_preview1.sock_accept: the program wants (i32) -> (i32), but its type "
                      "is (i32, i32, i32) -> (i32) or (i32, i32) -> (i32)");
    check_explanation(
        "wasi_snapshot_preview1.proc_exit::", IMPORT_OTHER_TYPE,
        "import wasi_snapshot_preview1.proc_exit: the program wants () -> (), but its type is (i32) -> ()");
}

static void test_targets(void)
{
    CHECK(link_target_find("x86_64-mewz")->is_kernel && !link_target_find("x86_64-linux")->is_kernel);
    CHECK(!link_target_find("x86_64") && !link_target_find(""));
}

int main(void)
{
    struct buf blob = {0};
    test_blob();
    make_blob(&blob);
    attack(blob.data, blob.size);
    buf_free(&blob);
    test_config();
    test_absent_config();
    test_note();
    test_circle_of_maps();
    test_archive();
    test_imports();
    test_targets();
}
