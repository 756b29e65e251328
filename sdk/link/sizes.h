/* sizes.h: how much of a linked program belongs to which subsystem, from the linker's map. */
#ifndef LINK_SIZES_H
#define LINK_SIZES_H

#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

/* Prints the table from the map at `map`, which `ld.lld --Map` wrote for the link of `object`. */
int sizes_print(const char *map, const char *object, FILE *stream, struct err *err);

#endif
