/* object_cache.h: objects that were compiled before. */
#ifndef CC_OBJECT_CACHE_H
#define CC_OBJECT_CACHE_H

#include "base/cache.h"
#include "base/sha256.h"
#include "cc/driver.h"

/* The cache of objects; none with --no-cache, or with MEWZ_CACHE_SIZE=0. */
void object_cache_open(struct cache *cache, const struct driver *driver);

/* The key of the object that the driver's inputs and options give: it stands for all that the object depends on. */
struct sha256_text object_cache_key(const struct driver *driver);

#endif
