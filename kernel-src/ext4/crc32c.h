/* crc32c.h: the checksum of ext4 and its journal (RFC 3720, section B.4), without the inversions before and after. */
#ifndef EXT4_CRC32C_H
#define EXT4_CRC32C_H

#include <stddef.h>
#include <stdint.h>

uint32_t ext2fs_crc32c_le(uint32_t crc, unsigned char const *bytes, size_t size); /* the library's name for it */

static inline uint32_t crc32c(uint32_t crc, const void *bytes, size_t size)
{
    return ext2fs_crc32c_le(crc, bytes, size);
}

#endif
