/* boot.c: what PVH and Multiboot2 say, brought into one form (boot.h).
 *
 * Runs on the page tables of entry.S. The information itself lies in memory that counts as free, perhaps between our
 * segments, so what is needed later is copied here, at once. */
#include "boot.h"

#include <stdbool.h>

#include "arch/x86_64/layout.h"
#include "mm/map.h"
#include "mm/page.h"
#include "panic.h"

struct boot_info boot_info;

/* Xen's include/public/arch-x86/hvm/start_info.h */
#define PVH_MAGIC 0x336ec578

struct pvh_start_info {
    uint32_t magic;
    uint32_t version;
    uint32_t flags;
    uint32_t module_count;
    uint64_t modules;
    uint64_t command_line;
    uint64_t rsdp;
    uint64_t memory_map; /* since version 1, as what follows */
    uint32_t memory_map_count;
    uint32_t reserved;
};

struct pvh_module {
    uint64_t address;
    uint64_t size;
    uint64_t command_line;
    uint64_t reserved;
};

/* Multiboot2 specification 2.0, section 3.6 */
#define MULTIBOOT_MAGIC 0x36d76289

enum { MULTIBOOT_END = 0, MULTIBOOT_COMMAND_LINE = 1, MULTIBOOT_MODULE = 3, MULTIBOOT_MEMORY_MAP = 6 };
enum { MULTIBOOT_RSDP_1 = 14, MULTIBOOT_RSDP_2 = 15 };

struct multiboot_tag {
    uint32_t type;
    uint32_t size;
};

struct multiboot_module {
    struct multiboot_tag tag;
    uint32_t start, end;
};

struct multiboot_memory_map {
    struct multiboot_tag tag;
    uint32_t entry_size;
    uint32_t entry_version;
};

/* An entry of the memory map, the same in both protocols. */
struct memory_entry {
    uint64_t start;
    uint64_t size;
    uint32_t type;
    uint32_t reserved;
};

#define MEMORY_USABLE 1
#define MEMORY_LIMIT  (64ull << 40) /* what the direct map has room for */

_Static_assert(sizeof(struct pvh_start_info) == 56 && sizeof(struct pvh_module) == 32, "a wire format");
_Static_assert(sizeof(struct memory_entry) == 24, "a wire format");

#define RSDP_SIZE         36
#define COMMAND_LINE_SIZE 4096

static char command_line[COMMAND_LINE_SIZE];
static _Alignas(8) uint8_t rsdp[RSDP_SIZE];

/* --- the list of free ranges --- */

static void ranges_insert(unsigned at, uint64_t start, uint64_t end)
{
    if (boot_info.range_count == BOOT_RANGES_MAX)
        return;
    for (unsigned i = boot_info.range_count; i > at; i--)
        boot_info.ranges[i] = boot_info.ranges[i - 1];
    boot_info.ranges[at] = (struct boot_range){start, end};
    boot_info.range_count++;
}

static void ranges_delete(unsigned at)
{
    boot_info.range_count--;
    for (unsigned i = at; i < boot_info.range_count; i++)
        boot_info.ranges[i] = boot_info.ranges[i + 1];
}

/* Adds the whole pages in [start, end), merged with what overlaps or touches. */
static void ranges_add(uint64_t start, uint64_t end)
{
    start = (start + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    end &= ~(PAGE_SIZE - 1);
    if (start >= end)
        return;
    unsigned at = 0;
    while (at < boot_info.range_count && boot_info.ranges[at].end < start)
        at++;
    while (at < boot_info.range_count && boot_info.ranges[at].start <= end) {
        if (boot_info.ranges[at].start < start)
            start = boot_info.ranges[at].start;
        if (boot_info.ranges[at].end > end)
            end = boot_info.ranges[at].end;
        ranges_delete(at);
    }
    ranges_insert(at, start, end);
}

/* Removes every page that [start, end) touches. Where a hole cannot be listed, the memory above it is lost. */
static void ranges_remove(uint64_t start, uint64_t end)
{
    if (start >= end)
        return;
    start &= ~(PAGE_SIZE - 1);
    end = (end + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    for (unsigned i = 0; i < boot_info.range_count;) {
        struct boot_range *range = &boot_info.ranges[i];
        struct boot_range upper = {end, range->end};
        if (range->end <= start || range->start >= end) {
            i++;
            continue;
        }
        if (range->start < start)
            range[0].end = start, i++;
        else
            ranges_delete(i);
        if (upper.start < upper.end)
            ranges_insert(i++, upper.start, upper.end);
    }
}

static uint64_t entry_end(const struct memory_entry *entry)
{
    uint64_t end = entry->start + entry->size;
    return end < entry->start || end > MEMORY_LIMIT ? MEMORY_LIMIT : end;
}

/* Firmware's maps may be unsorted and overlap: what any entry calls unusable is so. qboot's have an empty entry. */
static void read_memory_map(const uint8_t *entries, unsigned count, size_t stride)
{
    for (unsigned i = 0; i < count; i++) {
        const struct memory_entry *entry = (const void *)(entries + i * stride);
        if (entry->type == MEMORY_USABLE)
            ranges_add(entry->start, entry_end(entry));
    }
    for (unsigned i = 0; i < count; i++) {
        const struct memory_entry *entry = (const void *)(entries + i * stride);
        if (entry->type != MEMORY_USABLE && entry->size != 0)
            ranges_remove(entry->start, entry_end(entry));
    }
}

/* --- the parts that both protocols bring --- */

/* What lies at a physical address below 4 GiB, or NULL above and at 0, which means absent. */
static const void *boot_memory(uint64_t phys)
{
    return phys != 0 && phys < (4ull << 30) ? page_virt(phys) : NULL;
}

static void read_command_line(const char *text)
{
    if (text == NULL)
        return;
    for (size_t i = 0; i < COMMAND_LINE_SIZE - 1 && text[i] != '\0'; i++)
        command_line[i] = text[i];
}

static void read_rsdp(const uint8_t *pointer, size_t size)
{
    if (pointer == NULL)
        return;
    for (size_t i = 0; i < RSDP_SIZE && i < size; i++)
        rsdp[i] = pointer[i];
    boot_info.rsdp = rsdp;
}

static void read_module(uint64_t start, uint64_t size)
{
    if (size == 0 || start + size < start || start + size > MEMORY_LIMIT || boot_info.module != NULL)
        return;
    boot_info.module = page_virt(start);
    boot_info.module_size = size;
}

/* --- protocols --- */

static void read_pvh(const struct pvh_start_info *info)
{
    const uint8_t *map = info->version >= 1 ? boot_memory(info->memory_map) : NULL;
    if (map == NULL)
        panic("boot", "the loader gave no memory map (PVH version %u)", info->version);
    read_memory_map(map, info->memory_map_count, sizeof(struct memory_entry));
    read_command_line(boot_memory(info->command_line));
    read_rsdp(boot_memory(info->rsdp), RSDP_SIZE);
    const struct pvh_module *module = boot_memory(info->modules);
    if (module != NULL && info->module_count > 0)
        read_module(module->address, module->size);
}

static void read_multiboot_tag(const struct multiboot_tag *tag)
{
    const uint8_t *bytes = (const void *)tag;
    const struct multiboot_module *module = (const void *)tag;
    const struct multiboot_memory_map *map = (const void *)tag;
    switch (tag->type) {
    case MULTIBOOT_COMMAND_LINE:
        read_command_line((const char *)(tag + 1));
        break;
    case MULTIBOOT_MODULE:
        read_module(module->start, module->end - module->start);
        break;
    case MULTIBOOT_MEMORY_MAP:
        if (map->entry_size >= sizeof(struct memory_entry))
            read_memory_map(bytes + sizeof *map, (tag->size - sizeof *map) / map->entry_size, map->entry_size);
        break;
    case MULTIBOOT_RSDP_1:
    case MULTIBOOT_RSDP_2:
        read_rsdp(bytes + sizeof *tag, tag->size - sizeof *tag);
        break;
    }
}

/* The information is its size, a reserved word, and tags, each aligned to 8 bytes. */
static void read_multiboot(const uint8_t *info)
{
    const uint8_t *end = info + *(const uint32_t *)info;
    for (const uint8_t *at = info + 8; at + sizeof(struct multiboot_tag) <= end;) {
        const struct multiboot_tag *tag = (const void *)at;
        if (tag->type == MULTIBOOT_END || tag->size < sizeof *tag)
            break;
        read_multiboot_tag(tag);
        at += (tag->size + 7) & ~7u;
    }
}

void boot_read(uint32_t loader, uint32_t info)
{
    boot_info.command_line = command_line;
    const struct pvh_start_info *pvh = boot_memory(info);
    if (pvh != NULL && loader == MULTIBOOT_MAGIC)
        read_multiboot((const uint8_t *)pvh);
    else if (pvh != NULL && pvh->magic == PVH_MAGIC)
        read_pvh(pvh);
    else
        panic("boot", "the loader speaks neither PVH nor Multiboot2 (eax %x)", loader);

    ranges_remove(0, 1 << 20);
    ranges_remove((uint64_t)layout_text - LAYOUT_KERNEL_BASE, (uint64_t)layout_end - LAYOUT_KERNEL_BASE);
    if (boot_info.module != NULL) {
        uint64_t module = page_phys(boot_info.module);
        ranges_remove(module, module + boot_info.module_size);
    }
    if (boot_info.range_count == 0)
        panic("boot", "no free memory");
}
