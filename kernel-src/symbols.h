/* symbols.h: the kernel's function names (mewz/ksyms.h). */
#ifndef SYMBOLS_H
#define SYMBOLS_H

#include <stdint.h>

/* The kernel function that an address lies in or behind, and how far from its start; NULL where that is not known. */
const char *symbols_find(uint64_t address, uint64_t *offset);

#endif
