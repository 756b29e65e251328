/* The partition tables: as a reader checks them. */
#include <string.h>

#include "check.h"
#include "image/gpt.h"

#define SECTORS 4096u

static uint32_t u32(const uint8_t *at)
{
    uint32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static uint64_t u64(const uint8_t *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static void check_header(const uint8_t *header, const uint8_t *entries, uint64_t self, uint64_t other,
                         uint64_t entries_at)
{
    uint8_t copy[92];
    CHECK(memcmp(header, "EFI PART", 8) == 0);
    CHECK(u32(header + 8) == 0x10000 && u32(header + 12) == 92);
    CHECK(u64(header + 24) == self && u64(header + 32) == other && u64(header + 72) == entries_at);
    CHECK(u64(header + 40) == 34 && u64(header + 48) == SECTORS - 34);
    CHECK(u32(header + 80) == 128 && u32(header + 84) == 128);
    memcpy(copy, header, sizeof copy);
    memset(copy + 16, 0, 4);
    CHECK(gpt_crc32(copy, sizeof copy) == u32(header + 16));
    CHECK(gpt_crc32(entries, 128 * 128) == u32(header + 88));
}

static void test_crc(void)
{
    CHECK(gpt_crc32("123456789", 9) == 0xcbf43926); /* the check value of this CRC */
    CHECK(gpt_crc32("", 0) == 0);
}

static void test_tables(void)
{
    static const struct gpt_partition partitions[] = {
        {{"0123456789abcde"}, 40, 63, "boot"},
        {{"fedcba987654321"}, 64, 319, "a name that is far too long for its field"},
    };
    static const uint64_t seed[2] = {0x1111111111111111, 0x2222222222222222};
    struct gpt gpt, again;
    gpt_build(&gpt, partitions, 2, SECTORS, seed);
    gpt_build(&again, partitions, 2, SECTORS, seed);
    CHECK(memcmp(&gpt, &again, sizeof gpt) == 0);

    check_header(gpt.primary, gpt.primary + 512, 1, SECTORS - 1, 2);
    check_header(gpt.backup + 128 * 128, gpt.backup, SECTORS - 1, 1, SECTORS - 33);
    const uint8_t *entry = gpt.primary + 512;
    CHECK(memcmp(entry, "0123456789abcde", 16) == 0 && u64(entry + 32) == 40 && u64(entry + 40) == 63);
    CHECK(memcmp(entry + 56, u"boot", 10) == 0);
    CHECK(u64(entry + 128 + 56 + 70) == 0); /* the 36th character and the next entry's first: a name ends with a zero */
    CHECK(memcmp(entry + 16, entry + 128 + 16, 16) != 0);
    CHECK((entry[23] & 0xf0) == 0x80 && (entry[24] & 0xc0) == 0x80);

    CHECK(gpt.mbr[510] == 0x55 && gpt.mbr[511] == 0xaa && gpt.mbr[450] == 0xee);
    CHECK(u32(gpt.mbr + 454) == 1 && u32(gpt.mbr + 458) == SECTORS - 1);
}

int main(void)
{
    test_crc();
    test_tables();
    return 0;
}
