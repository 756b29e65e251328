/* cache.h: files kept under a key, in a folder that all processes of a user share.
 *
 * A cache only saves time: what it cannot read or write is as if it were not there, and nothing here fails. Entries
 * appear whole, and each carries the digest of its content, so that a damaged one is noticed, removed and made anew.
 * There are no locks: of two processes that store the same key, which must mean the same content, one is the last. */
#ifndef BASE_CACHE_H
#define BASE_CACHE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct cache {
    char *folder;   /* NULL: there is no cache */
    uint64_t limit; /* bytes of all entries; those used longest ago go first */
};

/* Opens the cache NAME of this user: in $MEWZ_CACHE_DIR, or else in mewz/ of $XDG_CACHE_HOME or of ~/.cache. With a
 * limit of 0, or where no such folder can be made, there is none. */
void cache_open(struct cache *cache, const char *name, uint64_t limit);
void cache_close(struct cache *cache);

/* Writes what is kept under the key (letters and digits) to the file `path`; false if there is nothing, or no room for
 * it at `path`. */
bool cache_fetch(const struct cache *cache, const char *key, const char *path);

/* Keeps a copy of the file. */
void cache_store(const struct cache *cache, const char *key, const char *path);

/* For a folder of files that is kept otherwise: */

/* Makes the folder and those above it that are missing. False, with errno set, if it cannot. */
bool cache_make_folder(const char *path, mode_t mode);

/* Removes files, those used longest ago first, until the others have at most `limit` bytes. When a file was used is its
 * time of change. Empty files stay: they take no room, and are somebody's locks. */
void cache_bound(const char *folder, uint64_t limit);

#endif
