#include "base/sha256.h"

#include <sys/types.h>

#include <sha2.h> /* libmd */

struct sha256_text sha256_text(const void *bytes, size_t size)
{
    struct sha256_text text;
    SHA256Data(bytes, size, text.digits);
    return text;
}
