/* page_cache.h: contents that are in memory only to be faster, in pages of 4096 bytes.
 *
 * A page has an owner and a number: what they mean is its user's. When room is wanted the longest unused page leaves,
 * a changed one after its user has written it. One is never taken for another: an owner that is not used any more need
 * not be told of, since its pages leave by themselves.
 *
 * A user has a share of the memory (`limit`), of which it gives back what linear memory wants, and takes no more of it
 * where others have left little. */
#ifndef FS_PAGE_CACHE_H
#define FS_PAGE_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Clean pages may leave. Those on their way from a device are BUSY, and stay. The others are a disk's (cache.h): LOOSE
 * ones it can write at any time, those from PINNED on only when it is ready to, and until then they stay. */
enum { PAGE_CLEAN = 0, PAGE_LOOSE = 1, PAGE_PINNED = 2, PAGE_BUSY = 4, PAGE_STATES };

struct cached_page {
    uint64_t owner, number;
    char *bytes;              /* a page of memory; its content is the user's from the start */
    struct cached_page *next; /* in its bucket */
    struct cached_page *newer, *older;
    uint8_t state;
};

/* Pages by use: those that may leave, and those that may not. */
struct cached_list {
    struct cached_page *newest, *oldest;
};

struct page_cache {
    struct page_cache *next; /* of all that there are */
    /* Writes all LOOSE pages, which are clean then; false if that fails. NULL: there are none. */
    bool (*write_back)(struct page_cache *cache);
    size_t limit, used;         /* pages */
    size_t keep;                /* pages of memory that are left to others */
    size_t counts[PAGE_STATES]; /* pages in each state */
    struct cached_page **buckets;
    size_t bucket_count; /* a power of two */
    struct cached_list loose, pinned;
    struct cached_page *free_records;
    struct cached_page *record_pages; /* the first record of each page only links them */
};

/* Sets up a cache, all zeroes but write_back. False if there is no memory for it. */
bool page_cache_init(struct page_cache *cache, size_t limit);
void page_cache_fini(struct page_cache *cache); /* gives the memory back; nothing is written */

/* The page, which is the latest used one then; NULL if it is not in memory. It may leave at the next page_cache_add. */
struct cached_page *page_cache_find(struct page_cache *cache, uint64_t owner, uint64_t number);

/* A page that is not in memory yet, clean, its content undefined. NULL if there is no room. */
struct cached_page *page_cache_add(struct page_cache *cache, uint64_t owner, uint64_t number);

void page_cache_drop(struct page_cache *cache, struct cached_page *page);
void page_cache_set_state(struct page_cache *cache, struct cached_page *page, uint8_t state);

/* Takes all pages in that state out of the order of use, as a list that `older` links, and puts one back. */
struct cached_page *page_cache_take(struct page_cache *cache, uint8_t state);
void page_cache_put(struct page_cache *cache, struct cached_page *page, uint8_t state);

#endif
