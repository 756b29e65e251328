/* The unikernel's boot configuration: which of its places wins, and what damaged ones come to. */
#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "check.h"
#include "hosts/mewz/config.c"

/* --- what it needs of the kernel --- */

struct boot_info boot_info;
struct mewz_program mewz_program = {.name = "program.wasm"};

static jmp_buf panicked;

_Noreturn void panic(const char *subsystem, const char *format, ...)
{
    (void)format;
    CHECK(strcmp(subsystem, "config") == 0);
    longjmp(panicked, 1);
}

static struct {
    const char *bytes; /* NULL: no such file */
    uint32_t size;
} fw_cfg;

bool fw_cfg_find(const char *name, struct fw_cfg_file *file)
{
    CHECK(strcmp(name, "opt/mewz/config") == 0);
    *file = (struct fw_cfg_file){0x20, fw_cfg.size};
    return fw_cfg.bytes != NULL;
}

bool fw_cfg_read(const struct fw_cfg_file *file, void *memory)
{
    memcpy(memory, fw_cfg.bytes, file->size);
    return true;
}

static void *pages;

void *pages_alloc(size_t count)
{
    if (count == 0 || count > 512)
        return NULL;
    free(pages);
    pages = malloc(count * PAGE_SIZE);
    return pages;
}

/* --- blobs --- */

struct blob {
    struct mewz_config header;
    char strings[64];
};

/* `strings` with their zeroes, `size` bytes of them. */
static struct blob make(uint32_t arg_count, uint32_t env_count, const char *strings, size_t size)
{
    struct blob blob = {{MEWZ_CONFIG_MAGIC, (uint32_t)(sizeof blob.header + size), arg_count, env_count, 0}, ""};
    memcpy(blob.strings, strings, size);
    return blob;
}

static void reset(void)
{
    loaded = false;
    fw_cfg.bytes = NULL;
    boot_info.module = NULL;
}

static void set_fw_cfg(const struct blob *blob)
{
    reset();
    fw_cfg.bytes = (const char *)blob;
    fw_cfg.size = blob->header.size;
}

/* --- tests --- */

static void check_args(const char *expected, uint32_t expected_count, size_t expected_size)
{
    const char *bytes;
    uint32_t count, size;
    host_args(&bytes, &count, &size);
    CHECK(count == expected_count && size == expected_size && memcmp(bytes, expected, size) == 0);
}

static void check_environ(const char *expected, uint32_t expected_count, size_t expected_size)
{
    const char *bytes;
    uint32_t count, size;
    host_environ(&bytes, &count, &size);
    CHECK(count == expected_count && size == expected_size && memcmp(bytes, expected, size) == 0);
}

static void test_good(void)
{
    reset();
    check_args("program.wasm", 1, 13);
    check_environ("", 0, 0);

    struct blob both = make(3, 1, "app\0\0-x\0A=b", 12);
    set_fw_cfg(&both);
    check_args("app\0\0-x", 3, 8);
    check_environ("A=b", 1, 4);

    struct blob none = make(0, 0, "", 0);
    set_fw_cfg(&none);
    check_args("", 0, 0);
    check_environ("", 0, 0);
}

static void test_parts(void)
{
    struct blob module = make(2, 1, "module\0m\0M=1", 13);
    struct blob file = make(MEWZ_CONFIG_ABSENT, 2, "F=1\0F=2", 8);
    set_fw_cfg(&file);
    boot_info.module = &module;
    boot_info.module_size = module.header.size;
    check_args("module\0m", 2, 9);
    check_environ("F=1\0F=2", 2, 8);

    /* A module that somebody else's kernel would want. */
    set_fw_cfg(&file);
    boot_info.module = "an initial ramdisk, say";
    boot_info.module_size = 24;
    check_args("program.wasm", 1, 13);
    check_environ("F=1\0F=2", 2, 8);
}

static bool is_refused(const char *bytes, uint32_t size)
{
    const char *arg_bytes;
    uint32_t count, arg_size;
    reset();
    fw_cfg.bytes = bytes;
    fw_cfg.size = size;
    if (setjmp(panicked))
        return true;
    host_args(&arg_bytes, &count, &arg_size);
    return false;
}

static void test_bad(void)
{
    struct blob blob = make(2, 1, "app\0-x\0A=b", 11);
    const char *bytes = (const char *)&blob;
    CHECK(!is_refused(bytes, blob.header.size));
    for (uint32_t size = 0; size < blob.header.size; size++) {
        char *exact = malloc(size + 1); /* a read past the end is a finding of the sanitizer */
        memcpy(exact, bytes, size);
        CHECK(is_refused(exact, size));
        free(exact);
    }
    struct blob wrong = blob;
    wrong.header.magic++;
    CHECK(is_refused((char *)&wrong, wrong.header.size));
    for (unsigned bit = 0; bit < 32; bit++) {
        wrong = blob;
        wrong.header.arg_count = 4 + (1u << bit);
        CHECK(is_refused((char *)&wrong, blob.header.size));
        wrong = blob;
        wrong.header.env_count = 2 + (1u << bit);
        CHECK(is_refused((char *)&wrong, blob.header.size));
        wrong = blob;
        wrong.header.size = blob.header.size + (1u << bit);
        CHECK(is_refused((char *)&wrong, blob.header.size));
    }
    wrong = blob;
    wrong.header.size = sizeof wrong.header - 1;
    CHECK(is_refused((char *)&wrong, blob.header.size));
    CHECK(is_refused((char *)&blob, 0xffffffff)); /* no memory for it */
}

int main(void)
{
    test_good();
    test_parts();
    test_bad();
    free(pages);
    return 0;
}
