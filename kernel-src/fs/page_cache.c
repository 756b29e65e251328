/* page_cache.c: see page_cache.h. */
#include "fs/page_cache.h"

#include "mm/page.h"

static struct page_cache *caches;

/* --- the table and the order of use --- */

static struct cached_page **bucket_of(struct page_cache *cache, uint64_t owner, uint64_t number)
{
    uint64_t hash = number ^ number >> 16 ^ owner * 0x9e3779b97f4a7c15u >> 32;
    return &cache->buckets[hash & (cache->bucket_count - 1)];
}

static struct cached_list *list_of(struct page_cache *cache, uint8_t state)
{
    return state >= PAGE_PINNED ? &cache->pinned : &cache->loose;
}

static void unlink_use(struct page_cache *cache, struct cached_page *page)
{
    struct cached_list *list = list_of(cache, page->state);
    *(page->newer ? &page->newer->older : &list->newest) = page->older;
    *(page->older ? &page->older->newer : &list->oldest) = page->newer;
}

static void link_newest(struct page_cache *cache, struct cached_page *page)
{
    struct cached_list *list = list_of(cache, page->state);
    page->newer = NULL;
    page->older = list->newest;
    *(list->newest ? &list->newest->newer : &list->oldest) = page;
    list->newest = page;
}

struct cached_page *page_cache_find(struct page_cache *cache, uint64_t owner, uint64_t number)
{
    struct cached_page *page = *bucket_of(cache, owner, number);
    while (page && (page->number != number || page->owner != owner))
        page = page->next;
    if (page && page->newer) {
        unlink_use(cache, page);
        link_newest(cache, page);
    }
    return page;
}

void page_cache_set_state(struct page_cache *cache, struct cached_page *page, uint8_t state)
{
    unlink_use(cache, page);
    page_cache_put(cache, page, state);
}

struct cached_page *page_cache_take(struct page_cache *cache, uint8_t state)
{
    struct cached_page *list = NULL, *older;
    size_t left = cache->counts[state];
    for (struct cached_page *page = list_of(cache, state)->newest; left > 0; page = older) {
        older = page->older;
        if (page->state != state)
            continue;
        unlink_use(cache, page);
        page->older = list;
        list = page;
        left--;
    }
    return list;
}

void page_cache_put(struct page_cache *cache, struct cached_page *page, uint8_t state)
{
    cache->counts[page->state]--;
    cache->counts[state]++;
    page->state = state;
    link_newest(cache, page);
}

/* --- memory --- */

/* Records are cut from pages of their own, which stay what they are for the life of the cache. */
static struct cached_page *make_record(struct page_cache *cache)
{
    if (!cache->free_records) {
        struct cached_page *records = page_alloc();
        if (records) {
            records->next = cache->record_pages;
            cache->record_pages = records;
        }
        for (size_t i = 1; records && i < PAGE_SIZE / sizeof *records; i++) {
            records[i].next = cache->free_records;
            cache->free_records = &records[i];
        }
    }
    struct cached_page *record = cache->free_records;
    if (record)
        cache->free_records = record->next;
    return record;
}

static void free_record(struct page_cache *cache, struct cached_page *record)
{
    record->next = cache->free_records;
    cache->free_records = record;
}

/* Takes a page out of table and order; its memory is the caller's. */
static void remove_page(struct page_cache *cache, struct cached_page *page)
{
    struct cached_page **at = bucket_of(cache, page->owner, page->number);
    while (*at != page)
        at = &(*at)->next;
    *at = page->next;
    unlink_use(cache, page);
    cache->counts[page->state]--;
}

void page_cache_drop(struct page_cache *cache, struct cached_page *page)
{
    remove_page(cache, page);
    page_free(page->bytes);
    free_record(cache, page);
    cache->used--;
}

/* Gives clean pages back. Linear memory grows while no function of a cache is running, so that nobody has one. */
static void shrink(size_t count)
{
    for (struct page_cache *cache = caches; cache; cache = cache->next) {
        struct cached_page *page = cache->loose.oldest, *newer;
        for (; page && count > 0; page = newer) {
            newer = page->newer;
            if (page->state != PAGE_CLEAN)
                continue;
            page_cache_drop(cache, page);
            count--;
        }
    }
}

/* The longest unused page that may go; NULL if there is none. */
static struct cached_page *evict(struct page_cache *cache)
{
    enum { LOOK = 64 }; /* changed pages at the old end, before they are written to get on */
    unsigned seen = 0;
    for (int tries = 0; tries < 2; tries++) {
        for (struct cached_page *page = cache->loose.oldest; page; page = page->newer) {
            if (page->state == PAGE_CLEAN) {
                remove_page(cache, page);
                return page;
            }
            if (++seen == LOOK)
                break;
        }
        if (cache->counts[PAGE_LOOSE] == 0 || !cache->write_back(cache))
            break;
    }
    return NULL;
}

static struct cached_page *make_page(struct page_cache *cache)
{
    struct cached_page *page = cache->used < cache->limit ? make_record(cache) : NULL;
    if (!page)
        return NULL;
    page->bytes = page_alloc();
    if (page->bytes) {
        cache->used++;
        return page;
    }
    free_record(cache, page);
    return NULL;
}

/* Memory for one more page: new where there is enough, else an old page's; and new, where there is none of those. */
static struct cached_page *find_room(struct page_cache *cache)
{
    struct cached_page *page = page_free_count() > cache->keep ? make_page(cache) : NULL;
    if (!page)
        page = evict(cache);
    return page ? page : make_page(cache);
}

struct cached_page *page_cache_add(struct page_cache *cache, uint64_t owner, uint64_t number)
{
    struct cached_page *page = find_room(cache);
    if (!page)
        return NULL;
    struct cached_page **bucket = bucket_of(cache, owner, number);
    *page = (struct cached_page){.owner = owner, .number = number, .bytes = page->bytes, .next = *bucket};
    *bucket = page;
    link_newest(cache, page);
    cache->counts[PAGE_CLEAN]++;
    return page;
}

/* --- the whole --- */

static void enlist(struct page_cache *cache)
{
    cache->next = caches;
    caches = cache;
    page_reclaim = shrink;
}

static void delist(struct page_cache *cache)
{
    struct page_cache **at = &caches;
    while (*at && *at != cache)
        at = &(*at)->next;
    if (*at)
        *at = cache->next;
}

bool page_cache_init(struct page_cache *cache, size_t limit)
{
    size_t buckets = 512;
    while (buckets < limit / 2 && buckets * sizeof(void *) < PAGE_LARGE_SIZE)
        buckets *= 2;
    size_t bytes = buckets * sizeof *cache->buckets;
    cache->buckets = pages_alloc(bytes / PAGE_SIZE);
    if (!cache->buckets)
        return false;
    __builtin_memset(cache->buckets, 0, bytes);
    cache->bucket_count = buckets;
    cache->limit = limit;
    cache->keep = limit / 2;
    enlist(cache);
    return true;
}

static void free_list(struct cached_list *list)
{
    for (struct cached_page *page = list->newest; page; page = page->older)
        page_free(page->bytes);
}

void page_cache_fini(struct page_cache *cache)
{
    delist(cache);
    free_list(&cache->loose);
    free_list(&cache->pinned);
    for (struct cached_page *records = cache->record_pages, *next; records; records = next) {
        next = records->next;
        page_free(records);
    }
    if (cache->buckets)
        pages_free(cache->buckets, cache->bucket_count * sizeof *cache->buckets / PAGE_SIZE);
    *cache = (struct page_cache){0};
}
