/* strings.h: what args_get and environ_get have in common, a list of strings handed to the program. */
#ifndef WASI_STRINGS_H
#define WASI_STRINGS_H

#include <stdint.h>

/* As host_args (host.h) gives them. */
struct strings {
    const char *bytes; /* `count` strings with their zeroes, one behind the other */
    uint32_t count;
    uint32_t size;
};

/* For the addresses that the program gave. Both return a WASI errno.
 *
 * Copies the strings to `buffer` and the address of each to the array `pointers`. */
uint32_t strings_get(const struct strings *strings, uint32_t pointers, uint32_t buffer);

/* Stores how many there are, and their bytes with all zeroes, at these two addresses. */
uint32_t strings_sizes_get(const struct strings *strings, uint32_t count, uint32_t size);

#endif
