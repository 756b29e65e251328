/* blob.h: bytes as a relocatable object, so that the linker puts them into a program. */
#ifndef LINK_BLOB_H
#define LINK_BLOB_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct blob {
    const char *section; /* the section's name; it is read-only data */
    const char *start;   /* global symbols at the first byte and behind the last one, or NULL for neither */
    const char *end;
    const void *bytes;
    size_t size;
    size_t alignment;   /* a power of two; 0 for 16 */
    bool stays_in_file; /* no segment has it: it is there for tools, and costs no memory */
    unsigned type;      /* of the section; 0 for SHT_PROGBITS */
};

/* Appends the ELF object with that section to `out`, which is empty. */
void blob_encode(const struct blob *blob, struct buf *out);

#endif
