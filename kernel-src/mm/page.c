/* page.c: the page allocator (page.h).
 *
 * Memory is divided into blocks of 2 MiB, each described by a bitmap of its free pages. A block is first touched when
 * the blocks in use cannot serve a request, so that the cost of booting does not depend on the size of memory: blocks
 * from a range's `next_block` on are whole, free and not described yet. Blocks with some pages free are in the list
 * `partial`, those whose pages all came back in `whole`.
 *
 * Everything here runs on the program's stack, which is mapped on demand by an exception handler that allocates: see
 * stack_prefault. */
#include "mm/page.h"

#include <mewz/metrics.h>

#include "arch/x86_64/layout.h"
#include "boot.h"
#include "mm/map.h"
#include "mm/stack.h"
#include "panic.h"

#define BLOCK_PAGES (PAGE_LARGE_SIZE / PAGE_SIZE)
#define BLOCK_WORDS (BLOCK_PAGES / 64)

/* entry.S maps so much; what lies above can be used when map_init has mapped it. */
#define BOOT_MAPPED (4ull << 30)

struct block {
    struct block *next, *previous;
    uint64_t phys; /* of the block's first page, a multiple of 2 MiB */
    uint64_t free[BLOCK_WORDS];
    uint32_t free_count;
};

/* A boot_range and its blocks. The first and last may be partly outside of it; they are described at once. */
struct range {
    uint64_t start, end;
    struct block *blocks;
    size_t next_block, last_block; /* blocks [next_block, last_block) have not been touched */
};

static struct range ranges[BOOT_RANGES_MAX];
static unsigned range_count;
static unsigned ranges_open; /* ranges [0, ranges_open) may be used */
static struct block *full, *partial, *whole;
static size_t total_pages, free_pages, reserved_pages;
void (*page_reclaim)(size_t count);
MEWZ_METRIC(total, "memory.pages", total_pages);
MEWZ_METRIC(free, "memory.pages_free", free_pages);
MEWZ_METRIC(reserved, "memory.pages_promised", reserved_pages);

/* --- blocks --- */

static void list_push(struct block **list, struct block *block)
{
    block->previous = NULL;
    block->next = *list;
    if (*list != NULL)
        (*list)->previous = block;
    *list = block;
}

static void list_remove(struct block **list, struct block *block)
{
    if (block->previous != NULL)
        block->previous->next = block->next;
    else
        *list = block->next;
    if (block->next != NULL)
        block->next->previous = block->previous;
}

/* The list that a block with that many free pages is in. */
static struct block **list_of(size_t free_count)
{
    if (free_count == 0)
        return &full;
    return free_count < BLOCK_PAGES ? &partial : &whole;
}

/* Sets or clears the bits of pages [first, first + count) and moves the block to the list where it belongs now. */
static void block_mark(struct block *block, size_t first, size_t count, bool is_free)
{
    for (size_t page = first; page < first + count; page++) {
        uint64_t bit = 1ull << page % 64;
        assert(((block->free[page / 64] & bit) != 0) != is_free);
        block->free[page / 64] ^= bit;
    }
    struct block **before = list_of(block->free_count);
    block->free_count += is_free ? count : -count;
    struct block **after = list_of(block->free_count);
    if (before != after) {
        list_remove(before, block);
        list_push(after, block);
    }
}

/* Describes a block of which pages [first, end) belong to its range, all free. */
static void block_open(struct range *range, size_t index, size_t first, size_t end)
{
    struct block *block = &range->blocks[index];
    block->phys = (range->start & ~(PAGE_LARGE_SIZE - 1)) + index * PAGE_LARGE_SIZE;
    for (size_t word = 0; word < BLOCK_WORDS; word++)
        block->free[word] = 0;
    block->free_count = 0;
    list_push(list_of(0), block);
    block_mark(block, first, end - first, true);
}

static bool block_has(const struct block *block, size_t page)
{
    return block->free[page / 64] >> page % 64 & 1;
}

/* The first of `count` free pages in a row, or BLOCK_PAGES. */
static size_t block_find(const struct block *block, size_t count)
{
    for (size_t page = 0; page < BLOCK_PAGES;) {
        uint64_t rest = block->free[page / 64] >> page % 64;
        if (rest == 0) {
            page = (page / 64 + 1) * 64;
            continue;
        }
        page += (size_t)__builtin_ctzll(rest);
        size_t end = page + 1;
        while (end - page < count && end < BLOCK_PAGES && block_has(block, end))
            end++;
        if (end - page == count)
            return page;
        page = end;
    }
    return BLOCK_PAGES;
}

/* A block that is free as a whole, from the list or touched for the first time, or NULL. */
static struct block *block_fresh(void)
{
    for (unsigned i = 0; whole == NULL && i < ranges_open; i++) {
        if (ranges[i].next_block < ranges[i].last_block)
            block_open(&ranges[i], ranges[i].next_block++, 0, BLOCK_PAGES);
    }
    return whole;
}

/* --- setting up --- */

/* The pages of a range that lie in its first and last block, where these are not whole. */
static void range_open(struct range *range)
{
    uint64_t base = range->start & ~(PAGE_LARGE_SIZE - 1);
    size_t first = (range->start - base) / PAGE_SIZE;
    size_t end = (range->end - base) / PAGE_SIZE;
    range->next_block = first != 0;
    range->last_block = end / BLOCK_PAGES;
    if (first != 0)
        block_open(range, 0, first, end < BLOCK_PAGES ? end : BLOCK_PAGES);
    if (end % BLOCK_PAGES != 0 && range->last_block >= range->next_block)
        block_open(range, range->last_block, 0, end % BLOCK_PAGES);
    free_pages += end - first;
}

/* Room for the blocks of all ranges, cut from a range that entry.S mapped. */
static struct block *blocks_place(size_t count)
{
    uint64_t size = (count * sizeof(struct block) + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    for (unsigned i = 0; i < range_count; i++) {
        struct range *range = &ranges[i];
        if (range->end - range->start > size && range->start + size <= BOOT_MAPPED) {
            range->start += size;
            return page_virt(range->start - size);
        }
    }
    panic("memory", "no room to describe %u blocks of memory", (unsigned)count);
}

static size_t range_block_count(const struct range *range)
{
    return (range->end + PAGE_LARGE_SIZE - 1) / PAGE_LARGE_SIZE - range->start / PAGE_LARGE_SIZE;
}

void page_init(void)
{
    size_t block_count = 0;
    range_count = boot_info.range_count;
    for (unsigned i = 0; i < range_count; i++) {
        ranges[i] = (struct range){.start = boot_info.ranges[i].start, .end = boot_info.ranges[i].end};
        block_count += range_block_count(&ranges[i]);
    }
    struct block *blocks = blocks_place(block_count);
    for (unsigned i = 0; i < range_count; i++) {
        ranges[i].blocks = blocks;
        blocks += range_block_count(&ranges[i]);
        total_pages += (ranges[i].end - ranges[i].start) / PAGE_SIZE;
    }
    for (; ranges_open < range_count && ranges[ranges_open].end <= BOOT_MAPPED; ranges_open++)
        range_open(&ranges[ranges_open]);
}

void page_init_high(void)
{
    for (; ranges_open < range_count; ranges_open++)
        range_open(&ranges[ranges_open]);
}

/* --- allocating --- */

static struct range *range_of(uint64_t phys)
{
    for (unsigned i = 0; i < range_count; i++) {
        if (phys >= ranges[i].start && phys < ranges[i].end)
            return &ranges[i];
    }
    panic("memory", "freeing %lx, which is not ours", phys);
}

/* Takes pages that the counts say are there; NULL where they are not in one row. */
static void *take(size_t count)
{
    struct block *block = partial;
    size_t first = BLOCK_PAGES;
    for (; block != NULL && count < BLOCK_PAGES; block = block->next) {
        first = block->free_count >= count ? block_find(block, count) : BLOCK_PAGES;
        if (first != BLOCK_PAGES)
            break;
    }
    if (first == BLOCK_PAGES) {
        block = block_fresh();
        first = 0;
    }
    if (block == NULL)
        return NULL;
    block_mark(block, first, count, false);
    free_pages -= count;
    return page_virt(block->phys + first * PAGE_SIZE);
}

static void give(void *pages, size_t count)
{
    uint64_t phys = page_phys(pages);
    struct range *range = range_of(phys);
    struct block *block = &range->blocks[phys / PAGE_LARGE_SIZE - range->start / PAGE_LARGE_SIZE];
    block_mark(block, phys % PAGE_LARGE_SIZE / PAGE_SIZE, count, true);
    free_pages += count;
}

void *pages_alloc(size_t count)
{
    assert(count > 0 && count <= BLOCK_PAGES);
    stack_prefault();
    return page_free_count() >= count ? take(count) : NULL;
}

void pages_free(void *pages, size_t count)
{
    stack_prefault();
#ifdef MEWZ_POISON
    __builtin_memset(pages, 0xdf, count * PAGE_SIZE);
#endif
    give(pages, count);
}

void *page_alloc(void)
{
    return pages_alloc(1);
}

void page_free(void *page)
{
    pages_free(page, 1);
}

size_t page_free_count(void)
{
    return free_pages - reserved_pages;
}

/* --- promises --- */

/* What linear memory leaves to the rest: stack, buffers, page tables. A sixteenth, from 256 KiB to 16 MiB. */
static size_t kernel_share(void)
{
    size_t share = total_pages / 16;
    size_t least = (256 << 10) / PAGE_SIZE, most = (16 << 20) / PAGE_SIZE;
    return share < least ? least : share > most ? most : share;
}

bool page_reserve(size_t count)
{
    size_t least = kernel_share() + count;
    if (count > total_pages)
        return false;
    if (page_free_count() < least && page_reclaim)
        page_reclaim(least - page_free_count());
    if (page_free_count() < least)
        return false;
    reserved_pages += count;
    return true;
}

void page_unreserve(size_t count)
{
    assert(reserved_pages >= count);
    reserved_pages -= count;
}

void *page_alloc_reserved(void)
{
    stack_prefault();
    page_unreserve(1);
    void *page = take(1);
    assert(page != NULL);
    return page;
}

void *page_alloc_reserved_large(void)
{
    stack_prefault();
    if (reserved_pages < BLOCK_PAGES)
        return NULL;
    void *pages = take(BLOCK_PAGES);
    if (pages != NULL)
        page_unreserve(BLOCK_PAGES);
    return pages;
}

/* --- addresses --- */

void *page_virt(uint64_t phys)
{
    return (void *)(MAP_DIRECT + phys);
}

uint64_t page_phys(const void *address)
{
    uint64_t virt = (uint64_t)address;
    if (virt >= MAP_DIRECT && virt < MAP_DEVICES)
        return virt - MAP_DIRECT;
    if (virt >= LAYOUT_KERNEL_BASE)
        return virt - LAYOUT_KERNEL_BASE;
    uint64_t phys = map_lookup(virt);
    assert(phys != UINT64_MAX);
    return phys;
}
