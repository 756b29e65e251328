/* cache.h: the blocks of a disk in memory, and in which way each changed one gets back there.
 *
 * A block is clean, or changed in one of three ways:
 *   DATA    contents of a file. Written in place, at the latest before the changes that make it part of the file are
 *           committed, so that no committed file ever shows what was on the disk before.
 *   META    structure of the file system, changed since the last commit. Only the journal may write it (journal.h).
 *   LOGGED  structure that the journal holds. Written in place when the journal is emptied.
 * Clean blocks leave when memory is short, also when linear memory wants it, the longest unused one first; DATA ones
 * are written then. META and LOGGED ones stay, so their number has to be watched (cache_pinned). */
#ifndef FS_CACHE_H
#define FS_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dev/block.h"
#include "fs/page_cache.h"

#define CACHE_BLOCK 4096u /* bytes of a block, and of a page */

enum cache_state {
    CACHE_CLEAN = PAGE_CLEAN,
    CACHE_DATA = PAGE_LOOSE,
    CACHE_META = PAGE_PINNED,
    CACHE_LOGGED,
};

struct cache {
    struct page_cache pages; /* by the block's number; without owners */
    struct block_device disk;
    uint64_t first_sector; /* where on the disk block 0 is */
    uint64_t block_count;  /* of the disk, or the part of it that this is */
    bool failed;           /* a block that had to be written could not be */
};

/* Sets up a cache, all zeroes but the disk, which has been started; at most `limit` blocks in memory. False if there is
 * no memory for it. */
bool cache_init(struct cache *cache, size_t limit);
void cache_fini(struct cache *cache); /* gives memory and disk back; nothing is written */

/* The block, read from the disk if need be: NULL if that fails or there is no memory. It may leave memory at the next
 * call of one of these functions. */
struct cached_page *cache_get(struct cache *cache, uint64_t number);

/* The block if it is in memory, else NULL. */
struct cached_page *cache_find(struct cache *cache, uint64_t number);

/* The block without its content, which the caller replaces all of. NULL if there is no memory. */
struct cached_page *cache_get_blank(struct cache *cache, uint64_t number);

/* Reads up to `count` blocks from `number` on that are not in memory, in as few transfers as possible. What fails is
 * tried again by cache_get. */
void cache_read_ahead(struct cache *cache, uint64_t number, size_t count);

/* Says that the caller changed the block's content, as DATA or as META. */
void cache_change(struct cache *cache, struct cached_page *block, enum cache_state state);

/* A block that is no file's content any more need not be written. */
void cache_forget(struct cache *cache, uint64_t number);

/* Calls `visit` for every META block, and they are LOGGED. */
void cache_log(struct cache *cache, void (*visit)(struct cached_page *block, void *context), void *context);

/* Writes all blocks that are in that state in place, and they are clean: false if that fails. Does not flush. */
bool cache_write_back(struct cache *cache, enum cache_state state);

static inline size_t cache_count(const struct cache *cache, enum cache_state state)
{
    return cache->pages.counts[state];
}

static inline size_t cache_pinned(const struct cache *cache)
{
    return cache_count(cache, CACHE_META) + cache_count(cache, CACHE_LOGGED);
}

#endif
