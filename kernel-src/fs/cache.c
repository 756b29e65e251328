/* cache.c: see cache.h. */
#include "fs/cache.h"

#include "mm/page.h"

enum { SECTORS_PER_BLOCK = CACHE_BLOCK / BLOCK_SECTOR };
_Static_assert(CACHE_BLOCK == PAGE_SIZE, "a block is a page");

static bool write_data(struct page_cache *pages)
{
    return cache_write_back((struct cache *)(void *)((char *)pages - offsetof(struct cache, pages)), CACHE_DATA);
}

bool cache_init(struct cache *cache, size_t limit)
{
    cache->block_count = cache->disk.sectors / SECTORS_PER_BLOCK;
    cache->pages.write_back = write_data;
    return page_cache_init(&cache->pages, limit);
}

void cache_fini(struct cache *cache)
{
    block_stop(&cache->disk);
    page_cache_fini(&cache->pages);
    *cache = (struct cache){0};
}

/* --- transfers --- */

/* One transfer under way: blocks that follow each other on the disk. */
struct run {
    uint64_t number;
    unsigned count;
    struct block_slice slices[BLOCK_SLICES_MAX];
};

static void run_send(struct cache *cache, struct run *run, bool write)
{
    if (run->count == 0)
        return;
    uint64_t sector = cache->first_sector + run->number * SECTORS_PER_BLOCK;
    if (write)
        block_write(&cache->disk, sector, run->slices, run->count);
    else
        block_read(&cache->disk, sector, run->slices, run->count);
    run->count = 0;
}

/* Adds a block to the run, sending what is there first where it does not follow. */
static void run_add(struct cache *cache, struct run *run, const struct cached_page *block, bool write)
{
    if (run->count > 0 && (block->number != run->number + run->count || run->count == cache->disk.slices_max))
        run_send(cache, run, write);
    if (run->count == 0)
        run->number = block->number;
    run->slices[run->count++] = (struct block_slice){page_phys(block->bytes), CACHE_BLOCK};
}

/* Sorts by number: a merge sort of the list that `older` links. */
static struct cached_page *sort(struct cached_page *list)
{
    if (!list || !list->older)
        return list;
    struct cached_page *middle = list;
    for (struct cached_page *end = list->older; end && end->older; end = end->older->older)
        middle = middle->older;
    struct cached_page *second = sort(middle->older);
    middle->older = NULL;
    struct cached_page *first = sort(list), *sorted = NULL, **last = &sorted;
    while (first && second) {
        struct cached_page **less = first->number < second->number ? &first : &second;
        *last = *less;
        last = &(*less)->older;
        *less = *last;
    }
    *last = first ? first : second;
    return sorted;
}

bool cache_write_back(struct cache *cache, enum cache_state state)
{
    struct cached_page *list = sort(page_cache_take(&cache->pages, (uint8_t)state)), *older;
    struct run run = {0};
    for (struct cached_page *block = list; block; block = block->older)
        run_add(cache, &run, block, true);
    run_send(cache, &run, true);
    bool good = block_finish(&cache->disk);
    for (struct cached_page *block = list; block; block = older) {
        older = block->older;
        page_cache_put(&cache->pages, block, good ? CACHE_CLEAN : (uint8_t)state);
    }
    cache->failed |= !good;
    return good;
}

/* --- getting blocks --- */

struct cached_page *cache_find(struct cache *cache, uint64_t number)
{
    return page_cache_find(&cache->pages, 0, number);
}

struct cached_page *cache_get_blank(struct cache *cache, uint64_t number)
{
    struct cached_page *block = cache_find(cache, number);
    return block ? block : page_cache_add(&cache->pages, 0, number);
}

struct cached_page *cache_get(struct cache *cache, uint64_t number)
{
    struct cached_page *block = cache_find(cache, number);
    if (block || number >= cache->block_count)
        return block;
    block = page_cache_add(&cache->pages, 0, number);
    if (!block)
        return NULL;
    struct run run = {0};
    run_add(cache, &run, block, false);
    run_send(cache, &run, false);
    if (block_finish(&cache->disk))
        return block;
    page_cache_drop(&cache->pages, block);
    return NULL;
}

/* Making room may write changed blocks, and wait for them: no read is under way then, or its failure would be taken for
 * theirs. */
void cache_read_ahead(struct cache *cache, uint64_t number, size_t count)
{
    enum { MOST = 64 };
    struct cached_page *blocks[MOST];
    struct run run = {0};
    unsigned made = 0;
    for (; count > 0 && made < MOST && number < cache->block_count; number++, count--) {
        if (cache_find(cache, number))
            continue;
        struct cached_page *block = page_cache_add(&cache->pages, 0, number);
        if (!block)
            break;
        page_cache_set_state(&cache->pages, block, PAGE_BUSY);
        blocks[made++] = block;
    }
    for (unsigned i = 0; i < made; i++)
        run_add(cache, &run, blocks[i], false);
    run_send(cache, &run, false);
    bool good = block_finish(&cache->disk);
    for (unsigned i = 0; i < made; i++) {
        page_cache_set_state(&cache->pages, blocks[i], CACHE_CLEAN);
        if (!good)
            page_cache_drop(&cache->pages, blocks[i]);
    }
}

/* --- changing blocks --- */

void cache_change(struct cache *cache, struct cached_page *block, enum cache_state state)
{
    if (block->state != state)
        page_cache_set_state(&cache->pages, block, (uint8_t)state);
}

void cache_forget(struct cache *cache, uint64_t number)
{
    struct cached_page *block = cache_find(cache, number);
    if (block && block->state == CACHE_DATA)
        page_cache_set_state(&cache->pages, block, CACHE_CLEAN);
}

void cache_log(struct cache *cache, void (*visit)(struct cached_page *block, void *context), void *context)
{
    struct cached_page *list = sort(page_cache_take(&cache->pages, CACHE_META)), *older;
    for (struct cached_page *block = list; block; block = older) {
        older = block->older;
        page_cache_put(&cache->pages, block, CACHE_LOGGED);
        visit(block, context);
    }
}
