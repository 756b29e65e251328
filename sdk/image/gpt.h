/* gpt.h: the GUID partition table (UEFI specification 2.10, chapter 5). */
#ifndef IMAGE_GPT_H
#define IMAGE_GPT_H

#include <stddef.h>
#include <stdint.h>

#define GPT_SECTOR_SIZE      512u
#define GPT_ENTRIES          128u
#define GPT_DISK_GUID_OFFSET 56u /* in the header, the first of the sectors */
#define GPT_SECTORS          33u /* header and entries, at the disk's start behind the MBR and once more at its end */

struct gpt_guid {
    uint8_t bytes[16]; /* as on the disk: the first three groups are little-endian */
};

struct gpt_partition {
    struct gpt_guid type;
    uint64_t first, last; /* sectors, both included */
    const char *name;     /* ASCII, at most 35 characters */
};

struct gpt {
    uint8_t mbr[GPT_SECTOR_SIZE];                   /* protective; the caller puts boot code into the first 440 bytes */
    uint8_t primary[GPT_SECTORS * GPT_SECTOR_SIZE]; /* sectors 1 to 33 */
    uint8_t backup[GPT_SECTORS * GPT_SECTOR_SIZE];  /* the last 33 sectors */
};

/* Builds the tables for a disk of `sectors`. The GUIDs of the disk and its partitions are derived from `seed`, which
 * should differ between disks. */
void gpt_build(struct gpt *gpt, const struct gpt_partition *partitions, size_t count, uint64_t sectors,
               const uint64_t seed[2]);

/* CRC-32 as in IEEE 802.3, which GPT uses. */
uint32_t gpt_crc32(const void *bytes, size_t size);

#endif
