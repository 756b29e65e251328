/* kernel_cache.h: kernels that were built before, in a folder that all shims of the machine share.
 *
 * A file in it is whole or not there. Who makes one holds its lock, so that others that want the same wait for it
 * instead of making it as well. */
#ifndef SHIM_KERNEL_CACHE_H
#define SHIM_KERNEL_CACHE_H

#include <stddef.h>

#include "base/err.h"

#define KERNEL_CACHE_FOLDER "/var/cache/mewz/kernels"
#define KERNEL_CACHE_LIMIT  (2ul << 30) /* bytes; what has not been used for longest goes first */

/* Writes the file for a key to `path`. */
typedef int kernel_cache_make(void *context, const char *path, struct err *err);

/* The path, on the heap, of the file for `key` (letters and digits), made if it is not there. The environment's
 * MEWZ_SHIM_CACHE names another folder. */
char *kernel_cache_get(const char *key, kernel_cache_make *make, void *context, struct err *err);

#endif
