/* path.h: what the functions on paths have in common with those of an older version (unstable.h). */
#ifndef WASI_PATH_H
#define WASI_PATH_H

#include <stdint.h>

#include "wasi/types.h"

/* What path_filestat_get tells, in the structure of any version. */
uint32_t path_filestat(uint32_t number, uint32_t lookup, uint32_t address, uint32_t size, struct wasi_filestat *stat);

#endif
