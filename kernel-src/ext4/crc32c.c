/* crc32c.c: see crc32c.h. By the processor's instruction where it has it (SSE4.2), else by a table. */
#include "ext4/crc32c.h"

#include <cpuid.h>
#include <stdbool.h>

static bool has_instruction(void)
{
    static int known = -1;
    unsigned a, b, c = 0, d;
    if (known < 0)
        known = __get_cpuid(1, &a, &b, &c, &d) && c & bit_SSE4_2;
    return known;
}

__attribute__((target("crc32"))) static uint32_t by_instruction(uint32_t crc, const unsigned char *bytes, size_t size)
{
    uint64_t wide = crc, eight;
    for (; size >= sizeof eight; size -= sizeof eight, bytes += sizeof eight) {
        __builtin_memcpy(&eight, bytes, sizeof eight);
        wide = __builtin_ia32_crc32di(wide, eight);
    }
    crc = (uint32_t)wide;
    while (size-- > 0)
        crc = __builtin_ia32_crc32qi(crc, *bytes++);
    return crc;
}

static uint32_t by_table(uint32_t crc, const unsigned char *bytes, size_t size)
{
    static uint32_t table[256];
    for (uint32_t i = 0; table[255] == 0 && i < 256; i++) {
        uint32_t rest = i;
        for (int k = 0; k < 8; k++)
            rest = rest >> 1 ^ (rest & 1 ? 0x82f63b78u : 0); /* the polynomial, lowest power first */
        table[i] = rest;
    }
    while (size-- > 0)
        crc = crc >> 8 ^ table[(crc ^ *bytes++) & 255];
    return crc;
}

uint32_t ext2fs_crc32c_le(uint32_t crc, unsigned char const *bytes, size_t size)
{
    return has_instruction() ? by_instruction(crc, bytes, size) : by_table(crc, bytes, size);
}
