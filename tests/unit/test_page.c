/* The page allocator on memory maps of many shapes, against a map of its own of what is in use. */
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#include "check.h"
#include "mm/map.h"

/* The direct map is a reserved part of this process. */
static uint64_t direct_map;
#undef MAP_DIRECT
#define MAP_DIRECT direct_map
#include "mm/page.c"

#define MEMORY_SIZE (8ull << 30)
#define MIB         (1ull << 20)
#define PAGES_MAX   (MEMORY_SIZE / PAGE_SIZE)

struct boot_info boot_info;

_Noreturn void panic(const char *subsystem, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    fprintf(stderr, "panic: %s: ", subsystem);
    vfprintf(stderr, format, values);
    abort();
}

uint64_t map_lookup(uint64_t virt)
{
    (void)virt;
    return UINT64_MAX;
}

static uint8_t *in_use; /* a byte a page */

static void start(const struct boot_range *map, unsigned count)
{
    memset(&boot_info, 0, sizeof boot_info);
    boot_info.range_count = count;
    memcpy(boot_info.ranges, map, count * sizeof *map);
    memset(ranges, 0, sizeof ranges);
    full = partial = whole = NULL;
    total_pages = free_pages = reserved_pages = ranges_open = 0;
    memset(in_use, 0, PAGES_MAX);
    page_init();
    page_init_high();
}

/* That the pages are RAM of the map and nobody's. */
static void take_over(const void *pages, size_t count)
{
    uint64_t phys = page_phys(pages);
    bool inside = false;
    for (unsigned i = 0; i < boot_info.range_count; i++)
        inside |= phys >= boot_info.ranges[i].start && phys + count * PAGE_SIZE <= boot_info.ranges[i].end;
    CHECK(inside && phys % PAGE_SIZE == 0);
    for (size_t i = 0; i < count; i++)
        CHECK(in_use[phys / PAGE_SIZE + i]++ == 0);
}

static void give_back(void *pages, size_t count)
{
    memset(in_use + page_phys(pages) / PAGE_SIZE, 0, count);
    pages_free(pages, count);
}

/* Takes all pages one by one, and gives them back: there are as many as counted, before and after. */
static void test_exhaustion(void)
{
    size_t before = page_free_count(), count = 0;
    void **pages = malloc(before * sizeof *pages);
    for (void *page; (page = page_alloc()) != NULL; count++) {
        CHECK(count < before);
        take_over(page, 1);
        pages[count] = page;
    }
    CHECK(count == before && page_free_count() == 0);
    while (count > 0)
        give_back(pages[--count], 1);
    CHECK(page_free_count() == before);
    free(pages);
}

static void test_random(unsigned seed)
{
    enum { SLOTS = 300, STEPS = 20000 };
    struct {
        void *pages;
        size_t count;
    } slots[SLOTS] = {0};
    size_t before = page_free_count();
    srand(seed);
    for (int step = 0; step < STEPS; step++) {
        unsigned slot = (unsigned)rand() % SLOTS;
        if (slots[slot].pages != NULL) {
            give_back(slots[slot].pages, slots[slot].count);
            slots[slot].pages = NULL;
            continue;
        }
        size_t sizes[] = {1, 1 + (size_t)rand() % 20, 1 + (size_t)rand() % 512, 512};
        slots[slot].count = sizes[rand() % 4];
        slots[slot].pages = pages_alloc(slots[slot].count);
        if (slots[slot].pages == NULL)
            continue;
        take_over(slots[slot].pages, slots[slot].count);
        if (slots[slot].count == 512)
            CHECK(page_phys(slots[slot].pages) % PAGE_LARGE_SIZE == 0);
    }
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        if (slots[slot].pages != NULL)
            give_back(slots[slot].pages, slots[slot].count);
    }
    CHECK(page_free_count() == before);
}

/* What is promised is there, whatever others take meanwhile, and they cannot take it. */
static void test_promises(void)
{
    size_t before = page_free_count(), promised = before / 2;
    CHECK(page_reserve(promised));
    CHECK(!page_reserve(before - promised + 1));
    CHECK(page_free_count() == before - promised);
    void **pages = malloc(before * sizeof *pages);
    size_t count = 0;
    while ((pages[count] = page_alloc()) != NULL)
        take_over(pages[count++], 1);
    CHECK(count == before - promised);
    for (size_t i = 0; i < promised; i++) {
        pages[count] = page_alloc_reserved();
        take_over(pages[count++], 1);
    }
    CHECK(count == before);
    while (count > 0)
        give_back(pages[--count], 1);
    CHECK(page_reserve(before / 4));
    page_unreserve(before / 4);
    CHECK(page_free_count() == before);
    free(pages);
}

/* A large page keeps its part of a promise. */
static void test_large(void)
{
    size_t before = page_free_count();
    if (!page_reserve(1000))
        return;
    void *large = page_alloc_reserved_large();
    if (large != NULL) {
        take_over(large, 512);
        CHECK(page_phys(large) % PAGE_LARGE_SIZE == 0 && page_free_count() == before - 1000);
        CHECK(page_alloc_reserved_large() == NULL);
        page_unreserve(488);
        give_back(large, 512);
    } else {
        page_unreserve(1000);
    }
    CHECK(page_free_count() == before);
}

static void test_map(const struct boot_range *map, unsigned count)
{
    start(map, count);
    test_exhaustion();
    for (unsigned seed = 0; seed < 3; seed++)
        test_random(seed);
    test_promises();
    test_large();
    test_exhaustion();
}

int main(void)
{
    void *memory = mmap(NULL, MEMORY_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(memory != MAP_FAILED);
    direct_map = (uint64_t)memory;
    in_use = malloc(PAGES_MAX);

    const struct boot_range smallest[] = {{MIB + 0x31000, 8 * MIB}};
    const struct boot_range aligned[] = {{2 * MIB, 64 * MIB}};
    const struct boot_range within_a_block[] = {{MIB, MIB + 0x9000}, {MIB + 0x10000, 2 * MIB - PAGE_SIZE}};
    const struct boot_range up_to_a_block[] = {{MIB, 2 * MIB}, {4 * MIB, 4 * MIB + 0x5000}, {9 * MIB, 15 * MIB}};
    const struct boot_range high[] = {{MIB, 5 * MIB}, {4096 * MIB, 4109 * MIB}};
    test_map(smallest, 1);
    test_map(aligned, 1);
    test_map(within_a_block, 2);
    test_map(up_to_a_block, 3);
    test_map(high, 2);
    return 0;
}
