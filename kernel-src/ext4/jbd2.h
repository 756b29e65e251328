/* jbd2.h: the blocks of a journal (Linux, Documentation/filesystems/ext4/journal.rst). Big-endian, all of it. */
#ifndef EXT4_JBD2_H
#define EXT4_JBD2_H

#include <stdint.h>

#define JBD2_MAGIC 0xc03b3998u

enum jbd2_type {
    JBD2_DESCRIPTOR = 1,
    JBD2_COMMIT = 2,
    JBD2_SUPERBLOCK_V2 = 4,
    JBD2_REVOKE = 5,
};

/* feature_incompat */
enum {
    JBD2_HAS_REVOKE = 1,
    JBD2_64BIT = 2,
    JBD2_ASYNC_COMMIT = 4,
    JBD2_CSUM_V2 = 8,
    JBD2_CSUM_V3 = 16,
};
enum { JBD2_CRC32C = 4 };

struct jbd2_header {
    uint32_t magic;
    uint32_t type;
    uint32_t sequence;
};

struct jbd2_superblock {
    struct jbd2_header header;
    uint32_t block_size;
    uint32_t length;   /* in blocks */
    uint32_t first;    /* of the log */
    uint32_t sequence; /* of the first transaction in the log */
    uint32_t start;    /* where it begins; 0: there is none */
    uint32_t error;
    uint32_t feature_compat;
    uint32_t feature_incompat;
    uint32_t feature_ro_compat;
    uint8_t uuid[16];
    uint32_t user_count;
    uint32_t unused1[3];
    uint8_t checksum_type;
    uint8_t unused2[3];
    uint32_t unused3[42];
    uint32_t checksum;
    uint8_t users[16 * 48];
};
_Static_assert(sizeof(struct jbd2_superblock) == 1024, "journal_superblock_s");
_Static_assert(__builtin_offsetof(struct jbd2_superblock, checksum) == 0xfc, "journal_superblock_s");

/* One block of a transaction, in a descriptor block behind the header. In the first one a UUID follows. */
struct jbd2_tag3 { /* with JBD2_CSUM_V3 */
    uint32_t block;
    uint32_t flags;
    uint32_t block_high;
    uint32_t checksum;
};

struct jbd2_tag { /* without; block_high only with JBD2_64BIT */
    uint32_t block;
    uint16_t checksum;
    uint16_t flags;
    uint32_t block_high;
};

enum { JBD2_ESCAPED = 1, JBD2_SAME_UUID = 2, JBD2_DELETED = 4, JBD2_LAST_TAG = 8 };
enum { JBD2_UUID_SIZE = 16, JBD2_TAIL_SIZE = 4 }; /* with checksums a block of tags or revocations ends in one */

struct jbd2_commit {
    struct jbd2_header header;
    uint8_t checksum_type;
    uint8_t checksum_size;
    uint8_t unused[2];
    uint32_t checksum[8];
    uint64_t seconds;
    uint32_t nanoseconds;
} __attribute__((packed));
_Static_assert(sizeof(struct jbd2_commit) == 60, "commit_header");

struct jbd2_revoke { /* block numbers follow: 8 bytes each with JBD2_64BIT, else 4 */
    struct jbd2_header header;
    uint32_t size; /* bytes in use, this included */
};

#endif
