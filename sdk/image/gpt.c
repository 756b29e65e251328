#include "image/gpt.h"

#include <string.h>

/* UEFI 5.3.2 */
struct header {
    uint8_t signature[8];
    uint32_t revision;
    uint32_t size;
    uint32_t header_crc; /* over the header, with 0 here */
    uint32_t reserved;
    uint64_t self, other; /* sectors of this header and of the other one */
    uint64_t first_usable, last_usable;
    struct gpt_guid disk;
    uint64_t entries; /* sector */
    uint32_t entry_count;
    uint32_t entry_size;
    uint32_t entries_crc;
    uint32_t padding; /* the header's size counts to here only */
};

#define HEADER_SIZE 92u

/* UEFI 5.3.3 */
struct entry {
    struct gpt_guid type, unique;
    uint64_t first, last;
    uint64_t attributes;
    uint16_t name[36];
};

_Static_assert(sizeof(struct header) == HEADER_SIZE + 4, "the header is a wire format");
_Static_assert(sizeof(struct entry) == 128, "the entry is a wire format");
_Static_assert(1 + GPT_ENTRIES * sizeof(struct entry) / GPT_SECTOR_SIZE == GPT_SECTORS, "header and entries");

uint32_t gpt_crc32(const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < size; i++) {
        crc ^= at[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
}

/* A GUID of version 8 (RFC 9562, 5.8): all bits but the version's and the variant's are ours to choose. */
static struct gpt_guid make_guid(const uint64_t seed[2], uint64_t index)
{
    uint64_t words[2] = {seed[0], seed[1] ^ index};
    struct gpt_guid guid;
    memcpy(guid.bytes, words, sizeof guid.bytes);
    guid.bytes[7] = (guid.bytes[7] & 0x0f) | 0x80; /* the third group's high byte: it is little-endian */
    guid.bytes[8] = (guid.bytes[8] & 0x3f) | 0x80;
    return guid;
}

static struct entry make_entry(const struct gpt_partition *partition, struct gpt_guid unique)
{
    struct entry entry = {
        .type = partition->type, .unique = unique, .first = partition->first, .last = partition->last};
    for (size_t i = 0; i < 35 && partition->name[i]; i++)
        entry.name[i] = (uint16_t)partition->name[i];
    return entry;
}

static void seal(struct header *header, uint64_t self, uint64_t other, uint64_t entries)
{
    header->self = self;
    header->other = other;
    header->entries = entries;
    header->header_crc = 0;
    header->header_crc = gpt_crc32(header, HEADER_SIZE);
}

/* UEFI 5.2.3: one partition of type 0xEE over the whole disk, so that a tool that knows no GPT finds no free space. */
static void build_protective_mbr(uint8_t mbr[GPT_SECTOR_SIZE], uint64_t sectors)
{
    static const uint8_t partition[12] = {0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff, 1, 0, 0, 0};
    uint32_t size = sectors - 1 > 0xffffffff ? 0xffffffff : (uint32_t)(sectors - 1);
    memset(mbr, 0, GPT_SECTOR_SIZE);
    memcpy(mbr + 446, partition, sizeof partition);
    memcpy(mbr + 446 + sizeof partition, &size, sizeof size);
    mbr[510] = 0x55;
    mbr[511] = 0xaa;
}

void gpt_build(struct gpt *gpt, const struct gpt_partition *partitions, size_t count, uint64_t sectors,
               const uint64_t seed[2])
{
    struct entry entries[GPT_ENTRIES] = {0};
    for (size_t i = 0; i < count && i < GPT_ENTRIES; i++)
        entries[i] = make_entry(&partitions[i], make_guid(seed, i + 1));

    struct header header = {
        .signature = "EFI PART",
        .revision = 0x00010000,
        .size = HEADER_SIZE,
        .first_usable = 1 + GPT_SECTORS,
        .last_usable = sectors - GPT_SECTORS - 1,
        .disk = make_guid(seed, 0),
        .entry_count = GPT_ENTRIES,
        .entry_size = sizeof(struct entry),
        .entries_crc = gpt_crc32(entries, sizeof entries),
    };
    memset(gpt, 0, sizeof *gpt);
    build_protective_mbr(gpt->mbr, sectors);

    /* The first copy has its header in front of its entries, the second behind them. */
    seal(&header, 1, sectors - 1, 2);
    memcpy(gpt->primary, &header, HEADER_SIZE);
    memcpy(gpt->primary + GPT_SECTOR_SIZE, entries, sizeof entries);
    seal(&header, sectors - 1, 1, sectors - GPT_SECTORS);
    memcpy(gpt->backup, entries, sizeof entries);
    memcpy(gpt->backup + sizeof entries, &header, HEADER_SIZE);
}
