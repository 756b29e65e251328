/* What the loader says, in both protocols, against a byte for each page of what is free. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "check.h"

/* Physical memory is this array. */
static _Alignas(4096) unsigned char memory[1 << 20];
#include "arch/x86_64/boot.c"

char layout_text[1], layout_end[1];

static jmp_buf panicked;

_Noreturn void panic(const char *subsystem, const char *format, ...)
{
    (void)subsystem, (void)format;
    longjmp(panicked, 1);
}

void *page_virt(uint64_t phys)
{
    return (void *)((uintptr_t)memory + phys);
}

uint64_t page_phys(const void *address)
{
    return (uintptr_t)address - (uintptr_t)memory;
}

enum { INFO = 0x1000, MAP = 0x2000, COMMAND = 0x3000, RSDP = 0x4000, MODULES = 0x5000, PAGES = 4096 };

static void clear(void)
{
    memset(memory, 0, sizeof memory);
    memset(&boot_info, 0, sizeof boot_info);
    memset(command_line, 0, sizeof command_line);
}

static bool read_or_panic(uint32_t loader, uint32_t info)
{
    if (setjmp(panicked) != 0)
        return false;
    boot_read(loader, info);
    return true;
}

static bool read_pvh_map(const struct memory_entry *entries, unsigned count)
{
    clear();
    struct pvh_start_info info = {
        .magic = PVH_MAGIC, .version = 1, .memory_map = MAP, .memory_map_count = count, .command_line = COMMAND};
    memcpy(memory + INFO, &info, sizeof info);
    memcpy(memory + MAP, entries, count * sizeof *entries);
    memcpy(memory + COMMAND, "a=b virtio_mmio.device=512@0xfeb00e00:12", 41);
    return read_or_panic(0, INFO);
}

/* Marks the pages of [start, end) that the entry makes free (whole ones) or not (touched ones). */
static void mark(uint8_t *pages, const struct memory_entry *entry)
{
    uint64_t end = entry->start + entry->size;
    bool usable = entry->type == MEMORY_USABLE;
    for (uint64_t page = 0; page < PAGES && entry->size != 0; page++) {
        uint64_t first = page * PAGE_SIZE, last = first + PAGE_SIZE;
        if (usable && first >= entry->start && last <= end)
            pages[page] = 1;
        if (!usable && first < end && last > entry->start)
            pages[page] = 0;
    }
}

/* Maps of random entries, overlapping and unsorted. */
static void test_random_maps(void)
{
    srand(1);
    for (int round = 0; round < 3000; round++) {
        struct memory_entry entries[20];
        uint8_t expected[PAGES] = {0};
        unsigned count = 1 + (unsigned)rand() % 20;
        for (unsigned i = 0; i < count; i++) {
            entries[i] = (struct memory_entry){.start = (uint64_t)(rand() % (12 << 20)),
                                               .size = (uint64_t)(rand() % (4 << 20)),
                                               .type = rand() % 3 ? 1 : 2};
            if (rand() % 2) /* aligned, so that entries touch */
                entries[i].start &= ~0xfffffull, entries[i].size &= ~0xfffffull;
        }
        for (int type = 1; type <= 2; type++)
            for (unsigned i = 0; i < count; i++)
                if (entries[i].type == (uint32_t)type)
                    mark(expected, &entries[i]);
        memset(expected, 0, (1 << 20) / PAGE_SIZE);

        bool any = read_pvh_map(entries, count);
        uint8_t found[PAGES] = {0};
        uint64_t previous = 0;
        for (unsigned i = 0; i < boot_info.range_count; i++) {
            struct boot_range range = boot_info.ranges[i];
            CHECK(range.start < range.end && (i == 0 || range.start > previous));
            previous = range.end;
            memset(found + range.start / PAGE_SIZE, 1, (range.end - range.start) / PAGE_SIZE);
        }
        CHECK(any == (boot_info.range_count != 0));
        for (unsigned page = 0; page < PAGES; page++)
            CHECK(found[page] == expected[page]);
    }
}

/* More holes than can be listed: what is listed is free all the same. */
static void test_many_holes(void)
{
    struct memory_entry entries[150] = {{.start = 1 << 20, .size = 300 << 20, .type = 1}};
    for (unsigned i = 1; i < 150; i++)
        entries[i] = (struct memory_entry){.start = (i + 1) << 20, .size = 4096, .type = 2};
    CHECK(read_pvh_map(entries, 150));
    CHECK(boot_info.range_count <= BOOT_RANGES_MAX);
    for (unsigned i = 0; i < boot_info.range_count; i++)
        for (unsigned j = 1; j < 150; j++)
            CHECK(entries[j].start >= boot_info.ranges[i].end ||
                  entries[j].start + entries[j].size <= boot_info.ranges[i].start);
}

static void test_pvh(void)
{
    struct memory_entry map = {.start = 0, .size = 64 << 20, .type = 1};
    CHECK(read_pvh_map(&map, 1));
    CHECK(strcmp(boot_info.command_line, "a=b virtio_mmio.device=512@0xfeb00e00:12") == 0);
    CHECK(boot_info.module == NULL && boot_info.rsdp == NULL && boot_info.range_count == 1);
    CHECK(boot_info.ranges[0].start == 1 << 20 && boot_info.ranges[0].end == 64 << 20);

    struct pvh_start_info *info = (void *)(memory + INFO);
    struct pvh_module module = {.address = 0x200010, .size = 0x2000};
    memcpy(memory + MODULES, &module, sizeof module);
    memcpy(memory + RSDP, "RSD PTR ", 8);
    info->module_count = 1;
    info->modules = MODULES;
    info->rsdp = RSDP;
    memset(&boot_info, 0, sizeof boot_info);
    CHECK(read_or_panic(0, INFO));
    CHECK(page_phys(boot_info.module) == 0x200010 && boot_info.module_size == 0x2000);
    CHECK(memcmp(boot_info.rsdp, "RSD PTR ", 8) == 0);
    CHECK(boot_info.range_count == 2 && boot_info.ranges[0].end == 0x200000 && boot_info.ranges[1].start == 0x203000);
}

static void test_refused(void)
{
    struct memory_entry map = {.start = 0, .size = 64 << 20, .type = 1},
                        none = {.start = 0, .size = 1 << 20, .type = 1};
    CHECK(!read_pvh_map(&none, 1));
    CHECK(read_pvh_map(&map, 1));
    struct pvh_start_info *info = (void *)(memory + INFO);
    memset(&boot_info, 0, sizeof boot_info);
    info->version = 0;
    CHECK(!read_or_panic(0, INFO));
    info->magic = 0;
    CHECK(!read_or_panic(0, INFO));
    CHECK(!read_or_panic(0, 0));
}

/* Appends a tag, aligned as the specification wants it; returns where the next one begins. */
static unsigned char *add_tag(unsigned char *at, uint32_t type, const void *content, uint32_t size)
{
    struct multiboot_tag tag = {type, (uint32_t)sizeof tag + size};
    memcpy(at, &tag, sizeof tag);
    memcpy(at + sizeof tag, content, size);
    return at + ((tag.size + 7) & ~7u);
}

static void test_multiboot(void)
{
    clear();
    struct {
        uint32_t entry_size, version;
        struct memory_entry entries[2];
    } map = {24, 0, {{.start = 1 << 20, .size = 7 << 20, .type = 1}, {.start = 5 << 20, .size = 4096, .type = 2}}};
    uint32_t module[3] = {0x300000, 0x300001, 0};
    char rsdp_1[20] = "RSD PTR ";
    unsigned char *at = memory + INFO + 8;
    at = add_tag(at, MULTIBOOT_COMMAND_LINE, "one two", 8);
    at = add_tag(at, MULTIBOOT_MODULE, module, sizeof module);
    at = add_tag(at, 99, "unknown", 7);
    at = add_tag(at, MULTIBOOT_RSDP_1, rsdp_1, sizeof rsdp_1);
    at = add_tag(at, MULTIBOOT_MEMORY_MAP, &map, sizeof map);
    at = add_tag(at, MULTIBOOT_END, "", 0);
    *(uint32_t *)(memory + INFO) = (uint32_t)(at - memory - INFO);
    CHECK(read_or_panic(MULTIBOOT_MAGIC, INFO));
    CHECK(strcmp(boot_info.command_line, "one two") == 0 && boot_info.module_size == 1);
    CHECK(memcmp(boot_info.rsdp, "RSD PTR ", 8) == 0);
    CHECK(boot_info.range_count == 3 && boot_info.ranges[0].end == 0x300000 && boot_info.ranges[1].start == 0x301000);
    CHECK(boot_info.ranges[1].end == 5 << 20 && boot_info.ranges[2].end == 8 << 20);
}

int main(void)
{
    test_pvh();
    test_multiboot();
    test_refused();
    test_random_maps();
    test_many_holes();
    return 0;
}
