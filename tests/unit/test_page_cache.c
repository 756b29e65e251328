/* Pages that are kept to be faster: which one leaves when there is no room, and that all memory comes back. */
#include "fs/page_cache.h"
#include "pages.h"

static unsigned written;

static bool write_back(struct page_cache *cache)
{
    struct cached_page *list = page_cache_take(cache, PAGE_LOOSE), *older;
    for (struct cached_page *page = list; page; page = older) {
        older = page->older;
        page_cache_put(cache, page, PAGE_CLEAN);
        written++;
    }
    return true;
}

static struct cached_page *add(struct page_cache *cache, uint64_t owner, uint64_t number)
{
    struct cached_page *page = page_cache_add(cache, owner, number);
    CHECK(page && page->owner == owner && page->number == number && page->state == PAGE_CLEAN);
    return page;
}

static struct page_cache make_cache(void)
{
    return (struct page_cache){.write_back = write_back};
}

static void test_order_of_use(void)
{
    struct page_cache cache = make_cache();
    CHECK(page_cache_init(&cache, 4));
    for (uint64_t number = 0; number < 4; number++)
        add(&cache, 1, number);
    CHECK(page_cache_find(&cache, 1, 0) && !page_cache_find(&cache, 2, 0));
    add(&cache, 2, 0);
    CHECK(page_cache_find(&cache, 1, 0) && page_cache_find(&cache, 2, 0) && !page_cache_find(&cache, 1, 1));
    CHECK(cache.used == 4);
    page_cache_fini(&cache);
    CHECK(pages_in_use == 0);
}

/* What is on its way from a device stays, however much is wanted. */
static void test_busy_pages(void)
{
    struct page_cache cache = make_cache();
    CHECK(page_cache_init(&cache, 4));
    for (uint64_t number = 0; number < 4; number++)
        page_cache_set_state(&cache, add(&cache, 1, number), PAGE_BUSY);
    CHECK(page_cache_add(&cache, 1, 4) == NULL);
    page_cache_set_state(&cache, page_cache_find(&cache, 1, 2), PAGE_CLEAN);
    add(&cache, 1, 4);
    CHECK(!page_cache_find(&cache, 1, 2));
    page_cache_fini(&cache);
    CHECK(pages_in_use == 0);
}

static void test_changed_pages(void)
{
    struct page_cache cache = make_cache();
    CHECK(page_cache_init(&cache, 4));
    page_cache_set_state(&cache, add(&cache, 0, 0), PAGE_PINNED);
    for (uint64_t number = 1; number < 4; number++)
        page_cache_set_state(&cache, add(&cache, 0, number), PAGE_LOOSE);
    written = 0;
    add(&cache, 0, 4);
    CHECK(written == 3 && cache.counts[PAGE_LOOSE] == 0 && cache.counts[PAGE_CLEAN] == 3);
    for (uint64_t number = 5; number < 20; number++)
        add(&cache, 0, number);
    CHECK(page_cache_find(&cache, 0, 0));
    page_cache_fini(&cache);
    CHECK(pages_in_use == 0);
}

static void test_wanted_memory(void)
{
    struct page_cache caches[2] = {make_cache(), make_cache()};
    for (unsigned i = 0; i < 2; i++) {
        CHECK(page_cache_init(&caches[i], 100));
        for (uint64_t number = 0; number < 50; number++)
            add(&caches[i], 1, number);
        page_cache_set_state(&caches[i], page_cache_find(&caches[i], 1, 0), PAGE_PINNED);
    }
    size_t before = pages_in_use;
    page_reclaim(10);
    CHECK(pages_in_use == before - 10);
    page_reclaim(1000);
    CHECK(pages_in_use == before - 98 && caches[0].used == 1 && caches[1].used == 1);
    page_cache_fini(&caches[0]);
    page_reclaim(1000); /* it does not look for the one that is gone */
    page_cache_fini(&caches[1]);
    CHECK(pages_in_use == 0);
}

/* Where memory is short, a cache lives on what it has; one that has nothing is given a page. */
static void test_short_memory(void)
{
    struct page_cache cache = make_cache();
    size_t limit = pages_limit;
    CHECK(page_cache_init(&cache, 100));
    pages_limit = pages_in_use + 10;
    for (uint64_t number = 0; number < 50; number++)
        add(&cache, 1, number);
    CHECK(cache.used == 1 && page_free_count() == 8); /* beside the page of records */
    pages_limit = pages_in_use;
    add(&cache, 1, 50);
    CHECK(cache.used == 1 && page_cache_find(&cache, 1, 50));
    pages_limit = limit;
    page_cache_fini(&cache);
    CHECK(pages_in_use == 0);
}

int main(void)
{
    test_order_of_use();
    test_busy_pages();
    test_changed_pages();
    test_wanted_memory();
    test_short_memory();
    return 0;
}
