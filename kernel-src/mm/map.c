/* map.c: page tables (map.h; SDM volume 3A, section 4.5). */
#include "mm/map.h"

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/layout.h"
#include "boot.h"
#include "mm/page.h"
#include "panic.h"

#define ENTRY_PRESENT  (1ull << 0)
#define ENTRY_WRITE    (1ull << 1)
#define ENTRY_UNCACHED (3ull << 3) /* PWT and PCD: entry 3 of the PAT's power-up state, UC */
#define ENTRY_ACCESSED (1ull << 5)
#define ENTRY_DIRTY    (1ull << 6)
#define ENTRY_LARGE    (1ull << 7)
#define ENTRY_NX       (1ull << 63)
#define ENTRY_ADDRESS  0x000ffffffffff000ull

#define TABLE_ENTRIES 512
#define TOP_LEVEL     4

static uint64_t *root;

/* What one entry of a table of that level (1: page table, 4: root) spans. */
static uint64_t level_span(unsigned level)
{
    return PAGE_SIZE << 9 * (level - 1);
}

static uint64_t *entry_at(uint64_t *table, unsigned level, uint64_t virt)
{
    return &table[virt / level_span(level) % TABLE_ENTRIES];
}

static uint64_t *entry_table(uint64_t entry)
{
    return page_virt(entry & ENTRY_ADDRESS);
}

static uint64_t *table_new(unsigned flags)
{
    uint64_t *table = flags & MAP_PROMISED ? page_alloc_reserved() : page_alloc();
    for (unsigned i = 0; table != NULL && i < TABLE_ENTRIES; i++)
        table[i] = 0;
    return table;
}

static uint64_t leaf_bits(unsigned flags)
{
    uint64_t bits = ENTRY_PRESENT | ENTRY_ACCESSED | ENTRY_DIRTY;
    assert((flags & (MAP_WRITE | MAP_EXECUTE)) != (MAP_WRITE | MAP_EXECUTE));
    if (flags & MAP_WRITE)
        bits |= ENTRY_WRITE;
    if (flags & MAP_UNCACHED)
        bits |= ENTRY_UNCACHED;
    if (!(flags & MAP_EXECUTE))
        bits |= ENTRY_NX;
    return bits;
}

/* Whether the whole span of an entry may be one page. */
static bool fits_leaf(unsigned level, uint64_t virt, uint64_t phys, uint64_t size)
{
    unsigned largest = cpu_has_gib_pages() ? 3 : 2;
    uint64_t span = level_span(level);
    return level <= largest && (virt | phys) % span == 0 && size >= span;
}

/* Maps within one table; [virt, virt + size) lies in what the table spans. */
static bool map_in_table(uint64_t *table, unsigned level, uint64_t virt, uint64_t phys, uint64_t size, unsigned flags)
{
    uint64_t span = level_span(level);
    uint64_t bits = leaf_bits(flags) | (level > 1 ? ENTRY_LARGE : 0);
    while (size > 0) {
        uint64_t *entry = entry_at(table, level, virt);
        uint64_t part = span - virt % span < size ? span - virt % span : size;
        if (fits_leaf(level, virt, phys, part)) {
            assert(*entry == 0);
            *entry = phys | bits;
        } else {
            uint64_t *below = *entry != 0 ? entry_table(*entry) : table_new(flags);
            if (below == NULL)
                return false;
            assert(!(*entry & ENTRY_LARGE));
            *entry = page_phys(below) | ENTRY_PRESENT | ENTRY_WRITE | ENTRY_ACCESSED;
            if (!map_in_table(below, level - 1, virt, phys, part, flags))
                return false;
        }
        virt += part;
        phys += part;
        size -= part;
    }
    return true;
}

bool map_range(uint64_t virt, uint64_t phys, uint64_t size, unsigned flags)
{
    assert((virt | phys | size) % PAGE_SIZE == 0);
    return map_in_table(root, TOP_LEVEL, virt, phys, size, flags);
}

uint64_t map_lookup(uint64_t virt)
{
    uint64_t *table = root;
    for (unsigned level = TOP_LEVEL; table != NULL; level--) {
        uint64_t entry = *entry_at(table, level, virt);
        if (!(entry & ENTRY_PRESENT))
            break;
        if (level == 1 || entry & ENTRY_LARGE) {
            uint64_t span = level_span(level);
            return (entry & ENTRY_ADDRESS & ~(span - 1)) + virt % span;
        }
        table = entry_table(entry);
    }
    return UINT64_MAX;
}

bool map_has_table(uint64_t virt)
{
    uint64_t *table = root;
    for (unsigned level = TOP_LEVEL; level > 1; level--) {
        uint64_t entry = *entry_at(table, level, virt);
        if (!(entry & ENTRY_PRESENT) || entry & ENTRY_LARGE)
            return false;
        table = entry_table(entry);
    }
    return true;
}

/* --- the kernel's own mappings --- */

static void map_or_panic(uint64_t virt, uint64_t phys, uint64_t size, unsigned flags)
{
    if (!map_range(virt, phys, size, flags))
        panic("memory", "no memory left for page tables");
}

static void map_image(const char *start, const char *end, unsigned flags)
{
    map_or_panic((uint64_t)start, page_phys(start), (uint64_t)(end - start), flags);
}

static void map_direct(uint64_t start, uint64_t end, unsigned flags)
{
    map_or_panic(MAP_DIRECT + start, start, end - start, flags);
}

void map_init(void)
{
    root = table_new(0);
    if (root == NULL)
        panic("memory", "no memory left for page tables");
    map_image(layout_text, layout_rodata, MAP_EXECUTE);
    map_image(layout_rodata, layout_data, MAP_READ);
    map_image(layout_data, layout_end, MAP_WRITE);
    for (unsigned i = 0; i < boot_info.range_count; i++)
        map_direct(boot_info.ranges[i].start, boot_info.ranges[i].end, MAP_WRITE);
    if (boot_info.module != NULL) {
        uint64_t start = page_phys(boot_info.module);
        uint64_t end = start + boot_info.module_size;
        map_direct(start & ~(PAGE_SIZE - 1), (end + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1), MAP_READ);
    }
    __asm__ volatile("mov %0, %%cr3" : : "r"(page_phys(root)) : "memory");
    page_init_high();
}

/* --- what is not RAM --- */

/* Maps the pages round [phys, phys + size) at the next free addresses of MAP_DEVICES; a page stays free between two
 * mappings. NULL when out of memory. */
static void *map_next(uint64_t phys, size_t size, unsigned flags)
{
    static uint64_t next = MAP_DEVICES;
    uint64_t offset = phys % PAGE_SIZE;
    uint64_t span = (offset + size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    uint64_t virt = next;
    next += span + PAGE_SIZE;
    return map_range(virt, phys - offset, span, flags) ? (void *)(virt + offset) : NULL;
}

volatile void *map_device(uint64_t phys, size_t size)
{
    volatile void *registers = map_next(phys, size, MAP_WRITE | MAP_UNCACHED);
    if (registers == NULL)
        panic("memory", "no memory left to map a device at %lx", phys);
    return registers;
}

const void *map_firmware(uint64_t phys, size_t size)
{
    return map_next(phys, size, MAP_READ);
}
