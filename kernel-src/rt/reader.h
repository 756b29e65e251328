/* reader.h: a bounded reader of bytes and LEB128 numbers, for the tables that compiler and linker leave in the program.
 *
 * Past the end every read gives 0 and `at` stays at the end: loops over a table end without a check at each read. */
#ifndef RT_READER_H
#define RT_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader {
    const uint8_t *at;
    const uint8_t *end;
};

/* The next `size` (1, 2, 4 or 8) bytes, little-endian. */
uint64_t reader_fixed(struct reader *reader, size_t size);

/* Bits beyond 64 are dropped. */
uint64_t reader_uleb(struct reader *reader);
int64_t reader_sleb(struct reader *reader);

/* Goes over `size` bytes, or to the end. */
void reader_skip(struct reader *reader, uint64_t size);

#endif
