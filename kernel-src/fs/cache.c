/* cache.c: see cache.h. */
#include "fs/cache.h"

#include "mm/page.h"

enum { SECTORS_PER_BLOCK = CACHE_BLOCK / VIRTIO_BLK_SECTOR };
_Static_assert(CACHE_BLOCK == PAGE_SIZE, "a block is a page");

static struct cache *caches;

/* --- the table and the order of use --- */

static struct cache_block **bucket_of(struct cache *cache, uint64_t number)
{
    return &cache->buckets[(number ^ number >> 16) & (cache->bucket_count - 1)];
}

static struct cache_block *find(struct cache *cache, uint64_t number)
{
    struct cache_block *block = *bucket_of(cache, number);
    while (block && block->number != number)
        block = block->next;
    return block;
}

static struct cache_list *list_of(struct cache *cache, enum cache_state state)
{
    return state == CACHE_META || state == CACHE_LOGGED ? &cache->pinned : &cache->loose;
}

static void unlink_use(struct cache *cache, struct cache_block *block)
{
    struct cache_list *list = list_of(cache, block->state);
    *(block->newer ? &block->newer->older : &list->newest) = block->older;
    *(block->older ? &block->older->newer : &list->oldest) = block->newer;
}

static void link_newest(struct cache *cache, struct cache_block *block)
{
    struct cache_list *list = list_of(cache, block->state);
    block->newer = NULL;
    block->older = list->newest;
    *(list->newest ? &list->newest->newer : &list->oldest) = block;
    list->newest = block;
}

static void touch(struct cache *cache, struct cache_block *block)
{
    if (!block->newer)
        return;
    unlink_use(cache, block);
    link_newest(cache, block);
}

static void set_state(struct cache *cache, struct cache_block *block, enum cache_state state)
{
    unlink_use(cache, block);
    cache->counts[block->state]--;
    cache->counts[state]++;
    block->state = (uint8_t)state;
    link_newest(cache, block);
}

/* Records are cut from pages of their own, which stay what they are for the life of the cache. */
static struct cache_block *make_record(struct cache *cache)
{
    if (!cache->free_records) {
        struct cache_block *page = page_alloc();
        if (page) {
            page->next = cache->record_pages;
            cache->record_pages = page;
        }
        for (size_t i = 1; page && i < PAGE_SIZE / sizeof *page; i++) {
            page[i].next = cache->free_records;
            cache->free_records = &page[i];
        }
    }
    struct cache_block *record = cache->free_records;
    if (record)
        cache->free_records = record->next;
    return record;
}

static void insert(struct cache *cache, struct cache_block *block, uint64_t number)
{
    *block = (struct cache_block){.number = number, .bytes = block->bytes, .state = CACHE_CLEAN};
    block->next = *bucket_of(cache, number);
    *bucket_of(cache, number) = block;
    link_newest(cache, block);
    cache->counts[CACHE_CLEAN]++;
}

/* Takes a clean block out of table and order; its memory is the caller's. */
static void remove_block(struct cache *cache, struct cache_block *block)
{
    struct cache_block **at = bucket_of(cache, block->number);
    while (*at != block)
        at = &(*at)->next;
    *at = block->next;
    unlink_use(cache, block);
    cache->counts[block->state]--;
}

static void drop(struct cache *cache, struct cache_block *block)
{
    remove_block(cache, block);
    page_free(block->bytes);
    block->next = cache->free_records;
    cache->free_records = block;
    cache->used--;
}

/* Gives clean blocks back. Linear memory grows while no function of a cache is running, so that nobody has one. */
static void shrink(size_t count)
{
    for (struct cache *cache = caches; cache; cache = cache->next) {
        struct cache_block *block = cache->loose.oldest, *newer;
        for (; block && count > 0; block = newer) {
            newer = block->newer;
            if (block->state != CACHE_CLEAN)
                continue;
            drop(cache, block);
            count--;
        }
    }
}

static void enlist(struct cache *cache)
{
    cache->next = caches;
    caches = cache;
    page_reclaim = shrink;
}

static void delist(struct cache *cache)
{
    struct cache **at = &caches;
    while (*at && *at != cache)
        at = &(*at)->next;
    if (*at)
        *at = cache->next;
}

bool cache_init(struct cache *cache, size_t limit)
{
    size_t buckets = 512;
    while (buckets < limit / 2 && buckets * sizeof(void *) < PAGE_LARGE_SIZE)
        buckets *= 2;
    cache->limit = limit;
    cache->bucket_count = buckets;
    cache->block_count = cache->disk.sectors / SECTORS_PER_BLOCK;
    size_t bytes = buckets * sizeof *cache->buckets;
    cache->buckets = pages_alloc(bytes / PAGE_SIZE);
    if (cache->buckets)
        __builtin_memset(cache->buckets, 0, bytes);
    if (cache->buckets)
        enlist(cache);
    return cache->buckets != NULL;
}

static void free_list(struct cache_list *list)
{
    for (struct cache_block *block = list->newest; block; block = block->older)
        page_free(block->bytes);
}

void cache_fini(struct cache *cache)
{
    virtio_blk_stop(&cache->disk);
    delist(cache);
    free_list(&cache->loose);
    free_list(&cache->pinned);
    for (struct cache_block *page = cache->record_pages, *next; page; page = next) {
        next = page->next;
        page_free(page);
    }
    if (cache->buckets)
        pages_free(cache->buckets, cache->bucket_count * sizeof *cache->buckets / PAGE_SIZE);
    *cache = (struct cache){0};
}

/* --- transfers --- */

/* One transfer under way: blocks that follow each other on the disk. */
struct run {
    uint64_t number;
    unsigned count;
    struct virtq_slice slices[VIRTIO_BLK_SLICES_MAX];
};

static void run_send(struct cache *cache, struct run *run, bool write)
{
    if (run->count == 0)
        return;
    uint64_t sector = cache->first_sector + run->number * SECTORS_PER_BLOCK;
    if (write)
        virtio_blk_write(&cache->disk, sector, run->slices, run->count);
    else
        virtio_blk_read(&cache->disk, sector, run->slices, run->count);
    run->count = 0;
}

/* Adds a block to the run, sending what is there first where it does not follow. */
static void run_add(struct cache *cache, struct run *run, const struct cache_block *block, bool write)
{
    if (run->count > 0 && (block->number != run->number + run->count || run->count == cache->disk.slices_max))
        run_send(cache, run, write);
    if (run->count == 0)
        run->number = block->number;
    run->slices[run->count++] = (struct virtq_slice){page_phys(block->bytes), CACHE_BLOCK};
}

/* Sorts by number: a merge sort of the list that `older` links. */
static struct cache_block *sort(struct cache_block *list)
{
    if (!list || !list->older)
        return list;
    struct cache_block *middle = list;
    for (struct cache_block *end = list->older; end && end->older; end = end->older->older)
        middle = middle->older;
    struct cache_block *second = sort(middle->older);
    middle->older = NULL;
    struct cache_block *first = sort(list), *sorted = NULL, **last = &sorted;
    while (first && second) {
        struct cache_block **less = first->number < second->number ? &first : &second;
        *last = *less;
        last = &(*less)->older;
        *less = *last;
    }
    *last = first ? first : second;
    return sorted;
}

/* Takes all blocks in that state out of the order of use, as a list that `older` links. */
static struct cache_block *take_state(struct cache *cache, enum cache_state state)
{
    struct cache_block *list = NULL, *older;
    size_t left = cache->counts[state];
    for (struct cache_block *block = list_of(cache, state)->newest; left > 0; block = older) {
        older = block->older;
        if (block->state != state)
            continue;
        unlink_use(cache, block);
        block->older = list;
        list = block;
        left--;
    }
    return list;
}

bool cache_write_back(struct cache *cache, enum cache_state state)
{
    struct cache_block *list = sort(take_state(cache, state)), *older;
    struct run run = {0};
    for (struct cache_block *block = list; block; block = block->older)
        run_add(cache, &run, block, true);
    run_send(cache, &run, true);
    bool good = virtio_blk_finish(&cache->disk);
    for (struct cache_block *block = list; block; block = older) {
        older = block->older;
        link_newest(cache, block);
        if (good)
            set_state(cache, block, CACHE_CLEAN);
    }
    cache->failed |= !good;
    return good;
}

/* --- getting blocks --- */

/* The longest unused block that may go; NULL if there is none. */
static struct cache_block *evict(struct cache *cache)
{
    enum { LOOK = 64 }; /* changed blocks at the old end, before they are written to get on */
    unsigned seen = 0;
    for (int tries = 0; tries < 2; tries++) {
        for (struct cache_block *block = cache->loose.oldest; block; block = block->newer) {
            if (block->state == CACHE_CLEAN) {
                remove_block(cache, block);
                return block;
            }
            if (++seen == LOOK)
                break;
        }
        if (cache->counts[CACHE_DATA] == 0 || !cache_write_back(cache, CACHE_DATA))
            break;
    }
    return NULL;
}

/* Memory for one more block, new or somebody else's. */
static struct cache_block *make_block(struct cache *cache)
{
    struct cache_block *block = NULL;
    if (cache->used < cache->limit && (block = make_record(cache)) != NULL) {
        block->bytes = page_alloc();
        if (block->bytes) {
            cache->used++;
            return block;
        }
        block->next = cache->free_records;
        cache->free_records = block;
    }
    return evict(cache);
}

struct cache_block *cache_find(struct cache *cache, uint64_t number)
{
    struct cache_block *block = find(cache, number);
    if (block)
        touch(cache, block);
    return block;
}

struct cache_block *cache_get_blank(struct cache *cache, uint64_t number)
{
    struct cache_block *block = find(cache, number);
    if (block) {
        touch(cache, block);
        return block;
    }
    block = make_block(cache);
    if (block)
        insert(cache, block, number);
    return block;
}

struct cache_block *cache_get(struct cache *cache, uint64_t number)
{
    struct cache_block *block = find(cache, number);
    if (block) {
        touch(cache, block);
        return block;
    }
    block = number < cache->block_count ? cache_get_blank(cache, number) : NULL;
    if (!block)
        return NULL;
    struct run run = {0};
    run_add(cache, &run, block, false);
    run_send(cache, &run, false);
    if (virtio_blk_finish(&cache->disk))
        return block;
    drop(cache, block);
    return NULL;
}

void cache_read_ahead(struct cache *cache, uint64_t number, size_t count)
{
    enum { MOST = 64 };
    struct cache_block *blocks[MOST];
    struct run run = {0};
    unsigned made = 0;
    for (; count > 0 && made < MOST && number < cache->block_count; number++, count--) {
        /* One block more than the room there is would throw out the first of them. */
        if (find(cache, number))
            continue;
        if (cache->used >= cache->limit && cache->counts[CACHE_CLEAN] <= made)
            break;
        struct cache_block *block = make_block(cache);
        if (!block)
            break;
        insert(cache, block, number);
        blocks[made++] = block;
        run_add(cache, &run, block, false);
    }
    run_send(cache, &run, false);
    if (virtio_blk_finish(&cache->disk))
        return;
    while (made > 0)
        drop(cache, blocks[--made]);
}

/* --- changing blocks --- */

void cache_change(struct cache *cache, struct cache_block *block, enum cache_state state)
{
    if (block->state == state)
        return;
    set_state(cache, block, state);
}

void cache_forget(struct cache *cache, uint64_t number)
{
    struct cache_block *block = find(cache, number);
    if (block && block->state == CACHE_DATA)
        set_state(cache, block, CACHE_CLEAN);
}

void cache_log(struct cache *cache, void (*visit)(struct cache_block *block, void *context), void *context)
{
    struct cache_block *list = sort(take_state(cache, CACHE_META)), *older;
    for (struct cache_block *block = list; block; block = older) {
        older = block->older;
        link_newest(cache, block);
        set_state(cache, block, CACHE_LOGGED);
        visit(block, context);
    }
}
