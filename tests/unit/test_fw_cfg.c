/* QEMU's fw_cfg device, with and without DMA, and the bus without one. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "check.h"

#define X86_64_CPU_H

/* The device: what is selected, how far it has been read, and the address of a DMA access. */
static struct {
    bool present, dma, failing;
    char directory[4 + 100 * 64];
    const char *item;
    size_t item_size, offset;
    uint64_t dma_address;
} fake;

static const char file_content[] = "what the file holds";
enum { FILE_KEY = 0x2a };

static uint8_t in8(uint16_t port)
{
    CHECK(port == 0x511);
    if (!fake.present)
        return 0xff;
    return fake.offset < fake.item_size ? (uint8_t)fake.item[fake.offset++] : 0;
}

static void out16(uint16_t port, uint16_t key)
{
    static const char features[2][4] = {{1}, {3}};
    CHECK(port == 0x510);
    fake.offset = 0;
    fake.item = key == 0 ? "QEMU" : key == 1 ? features[fake.dma] : key == 0x19 ? fake.directory : file_content;
    fake.item_size = key < 2 ? 4 : key == 0x19 ? sizeof fake.directory : sizeof file_content;
    CHECK(key < 2 || key == 0x19 || key == FILE_KEY);
}

static void run_access(void)
{
    struct {
        uint32_t control, size;
        uint64_t address;
    } *access = (void *)fake.dma_address;
    CHECK(fake.dma && __builtin_bswap32(access->control) == 2);
    char *to = (char *)__builtin_bswap64(access->address);
    for (uint32_t i = 0; i < __builtin_bswap32(access->size); i++)
        to[i] = (char)in8(0x511);
    access->control = __builtin_bswap32(fake.failing ? 1 : 0);
}

static void out32(uint16_t port, uint32_t value)
{
    if (port == 0x514) {
        fake.dma_address = (uint64_t)__builtin_bswap32(value) << 32;
        return;
    }
    CHECK(port == 0x518);
    fake.dma_address |= __builtin_bswap32(value);
    run_access();
}

static void cpu_pause(void)
{
}

#include "dev/fw_cfg.c"

static void *page;

void *page_alloc(void)
{
    CHECK(!page);
    return page = malloc(PAGE_SIZE);
}

void page_free(void *freed)
{
    CHECK(freed == page);
    free(page);
    page = NULL;
}

uint64_t page_phys(const void *address)
{
    return (uint64_t)address;
}

/* A directory of `count` entries; the last one is the file. */
static void set_up(bool dma, uint32_t count)
{
    memset(&fake, 0, sizeof fake);
    fake.present = true;
    fake.dma = dma;
    uint32_t big_count = __builtin_bswap32(count);
    memcpy(fake.directory, &big_count, 4);
    for (uint32_t i = 0; i < count && i < 100; i++) {
        struct directory_entry entry = {.name = "opt/mewz/confi"};
        if (i + 1 == count)
            entry = (struct directory_entry){__builtin_bswap32(sizeof file_content), __builtin_bswap16(FILE_KEY), 0,
                                             "opt/mewz/config"};
        memcpy(fake.directory + 4 + i * sizeof entry, &entry, sizeof entry);
    }
}

static void test_find(bool dma)
{
    struct fw_cfg_file file;
    static const uint32_t counts[] = {1, 2, 63, 64, 65, 100};
    for (unsigned i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        char content[sizeof file_content];
        set_up(dma, counts[i]);
        CHECK(fw_cfg_find("opt/mewz/config", &file));
        CHECK(file.key == FILE_KEY && file.size == sizeof file_content);
        CHECK(fw_cfg_read(&file, content) && memcmp(content, file_content, sizeof content) == 0);
        CHECK(!fw_cfg_find("opt/mewz/confi ", &file) && !fw_cfg_find("opt/mewz/config2", &file));
    }
    set_up(dma, 0);
    CHECK(!fw_cfg_find("opt/mewz/config", &file));
    set_up(dma, 1000); /* more than there are: zeroes */
    CHECK(!fw_cfg_find("opt/mewz/config", &file));
}

/* A name that fills its field has no zero. */
static void test_full_name(void)
{
    struct fw_cfg_file file;
    char name[58];
    memset(name, 'n', sizeof name);
    name[57] = 0;
    set_up(true, 1);
    memset(fake.directory + 4 + 8, 'n', 56);
    CHECK(!fw_cfg_find(name, &file));
}

static void test_absent(void)
{
    struct fw_cfg_file file;
    set_up(true, 1);
    fake.present = false;
    CHECK(!fw_cfg_find("opt/mewz/config", &file));
    set_up(true, 1);
    fake.failing = true;
    CHECK(!fw_cfg_find("opt/mewz/config", &file));
    CHECK(!page);
}

int main(void)
{
    test_find(true);
    test_find(false);
    test_full_name();
    test_absent();
    return 0;
}
