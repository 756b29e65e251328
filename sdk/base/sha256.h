/* sha256.h: the SHA-256 of bytes (FIPS 180-4), as its 64 hexadecimal digits. */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stddef.h>

struct sha256_text {
    char digits[65]; /* ends with a zero */
};

/* Of `size` bytes; of none where that is 0. */
struct sha256_text sha256_text(const void *bytes, size_t size);

#endif
