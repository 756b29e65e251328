/* replay.c: reading a journal after the power went (Linux, Documentation/filesystems/ext4/journal.rst).
 *
 * Three passes over the log: how far it goes, which blocks have been revoked, and then writing the blocks of all
 * complete transactions. It may have been written by Linux. Nothing in it is trusted. */
#include "ext4/replay.h"

#include "ext4/crc32c.h"
#include "ext4/jbd2.h"
#include "mm/page.h"

#define BE16(value) __builtin_bswap16(value)
#define BE32(value) __builtin_bswap32(value)
#define BE64(value) __builtin_bswap64(value)

struct revoked {
    uint64_t block;
    uint32_t sequence;
};
enum { REVOKED_PAGES = 256 };
#define REVOKED_MAX (REVOKED_PAGES * PAGE_SIZE / sizeof(struct revoked))

enum pass { SCAN, REVOKE, WRITE };

struct replay {
    struct journal *journal;
    uint64_t file_system_blocks;
    uint32_t features; /* incompatible ones */
    uint32_t end;      /* sequence of the first transaction that is not complete */
    enum pass pass;
    uint32_t at, sequence; /* of the block that is looked at */
    uint32_t seen;         /* blocks of the log in this pass, against running in circles */
    char *block;           /* a copy of it */
    struct revoked *revoked;
    size_t revoked_count;
};

/* A block of the journal, through the cache; NULL if it cannot be read. */
static const char *read_block(struct replay *replay, uint32_t number)
{
    uint64_t place;
    if (!journal_place(replay->journal, number, &place))
        return NULL;
    struct cached_page *block = cache_get(replay->journal->cache, place);
    return block ? block->bytes : NULL;
}

static void step(struct replay *replay)
{
    replay->seen++;
    replay->at = replay->at + 1 == replay->journal->length ? replay->journal->first : replay->at + 1;
}

static bool has_checksums(const struct replay *replay)
{
    return replay->features & (JBD2_CSUM_V2 | JBD2_CSUM_V3);
}

/* Whether the checksum at an offset of a block, which counts as zero in it, is right. */
static bool is_checked(const struct replay *replay, char *bytes, size_t offset)
{
    uint32_t stored;
    __builtin_memcpy(&stored, bytes + offset, sizeof stored);
    __builtin_memset(bytes + offset, 0, sizeof stored);
    return stored == BE32(crc32c(replay->journal->seed, bytes, CACHE_BLOCK));
}

/* --- tags --- */

struct tag {
    uint64_t block;
    uint32_t flags;
    uint32_t checksum;
    size_t size; /* of it, and of the UUID behind it */
};

static struct tag read_tag(const struct replay *replay, const char *bytes)
{
    struct tag tag;
    if (replay->features & JBD2_CSUM_V3) {
        struct jbd2_tag3 raw;
        __builtin_memcpy(&raw, bytes, sizeof raw);
        tag = (struct tag){BE32(raw.block) | (uint64_t)BE32(raw.block_high) << 32, BE32(raw.flags), BE32(raw.checksum),
                           sizeof raw};
    } else {
        struct jbd2_tag raw = {0};
        bool wide = replay->features & JBD2_64BIT;
        size_t size = wide ? sizeof raw : sizeof raw - sizeof raw.block_high;
        __builtin_memcpy(&raw, bytes, size);
        tag = (struct tag){BE32(raw.block) | (uint64_t)BE32(raw.block_high) << 32, BE16(raw.flags), BE16(raw.checksum),
                           size + (replay->features & JBD2_CSUM_V2 ? sizeof(uint16_t) : 0)};
    }
    if (!(tag.flags & JBD2_SAME_UUID))
        tag.size += JBD2_UUID_SIZE;
    return tag;
}

static bool is_revoked(const struct replay *replay, uint64_t block)
{
    /* A revocation is for what came before it; one of the same transaction too. */
    for (size_t i = 0; i < replay->revoked_count; i++)
        if (replay->revoked[i].block == block && (int32_t)(replay->revoked[i].sequence - replay->sequence) >= 0)
            return true;
    return false;
}

static bool is_tag_checked(const struct replay *replay, const struct tag *tag, const char *bytes)
{
    if (!has_checksums(replay))
        return true;
    uint32_t sequence = BE32(replay->sequence);
    uint32_t sum = crc32c(crc32c(replay->journal->seed, &sequence, sizeof sequence), bytes, CACHE_BLOCK);
    return replay->features & JBD2_CSUM_V3 ? sum == tag->checksum : (sum & 0xffff) == tag->checksum;
}

/* Puts the block at `at` of the log where its tag says. */
static bool write_tagged(struct replay *replay, const struct tag *tag)
{
    struct cache *cache = replay->journal->cache;
    const char *bytes = read_block(replay, replay->at);
    if (tag->flags & JBD2_DELETED || is_revoked(replay, tag->block))
        return true;
    if (!bytes || tag->block >= replay->file_system_blocks || !is_tag_checked(replay, tag, bytes))
        return false;
    /* Getting one block may throw another out of the cache. */
    static char copy[CACHE_BLOCK];
    __builtin_memcpy(copy, bytes, sizeof copy);
    struct cached_page *block = cache_get_blank(cache, tag->block);
    if (!block)
        return false;
    __builtin_memcpy(block->bytes, copy, sizeof copy);
    if (tag->flags & JBD2_ESCAPED) {
        uint32_t magic = BE32(JBD2_MAGIC);
        __builtin_memcpy(block->bytes, &magic, sizeof magic);
    }
    cache_change(cache, block, CACHE_DATA);
    return true;
}

/* Goes through the tags of the descriptor in `block`; `at` moves behind its blocks. */
static bool follow_descriptor(struct replay *replay)
{
    size_t limit = CACHE_BLOCK - (has_checksums(replay) ? JBD2_TAIL_SIZE : 0);
    size_t least = replay->features & JBD2_CSUM_V3 ? sizeof(struct jbd2_tag3) : sizeof(struct jbd2_tag);
    for (size_t offset = sizeof(struct jbd2_header); offset + least <= limit;) {
        struct tag tag = read_tag(replay, replay->block + offset);
        offset += tag.size;
        if (replay->pass == WRITE && !write_tagged(replay, &tag))
            return false;
        step(replay);
        if (tag.flags & JBD2_LAST_TAG)
            break;
    }
    return true;
}

/* --- revocations --- */

static bool follow_revoke(struct replay *replay)
{
    struct jbd2_revoke header;
    __builtin_memcpy(&header, replay->block, sizeof header);
    size_t width = replay->features & JBD2_64BIT ? sizeof(uint64_t) : sizeof(uint32_t);
    size_t end = BE32(header.size);
    if (end > CACHE_BLOCK)
        return false;
    for (size_t offset = sizeof header; replay->pass == REVOKE && offset + width <= end; offset += width) {
        uint64_t wide = 0;
        uint32_t narrow = 0;
        __builtin_memcpy(width == sizeof wide ? (void *)&wide : &narrow, replay->block + offset, width);
        if (replay->revoked_count == REVOKED_MAX)
            return false;
        replay->revoked[replay->revoked_count++] =
            (struct revoked){width == sizeof wide ? BE64(wide) : BE32(narrow), replay->sequence};
    }
    return true;
}

/* --- passes --- */

/* Reads the block at `at` into `block`: its type if it is one of the journal's and of this transaction, else 0. */
static uint32_t read_header(struct replay *replay)
{
    struct jbd2_header header;
    const char *bytes = read_block(replay, replay->at);
    if (!bytes)
        return 0;
    __builtin_memcpy(replay->block, bytes, CACHE_BLOCK);
    __builtin_memcpy(&header, replay->block, sizeof header);
    return header.magic == BE32(JBD2_MAGIC) && BE32(header.sequence) == replay->sequence ? BE32(header.type) : 0;
}

/* Follows one block of the log. False where the log ends, or cannot be followed. */
static bool follow_block(struct replay *replay)
{
    enum { TAIL = CACHE_BLOCK - JBD2_TAIL_SIZE };
    uint32_t type = read_header(replay);
    bool checked = has_checksums(replay);
    step(replay);
    switch (type) {
    case JBD2_DESCRIPTOR:
        return (!checked || is_checked(replay, replay->block, TAIL)) && follow_descriptor(replay);
    case JBD2_REVOKE:
        return (!checked || is_checked(replay, replay->block, TAIL)) && follow_revoke(replay);
    case JBD2_COMMIT:
        if (checked && !is_checked(replay, replay->block, __builtin_offsetof(struct jbd2_commit, checksum)))
            return false;
        replay->sequence++;
        return true;
    default:
        return false;
    }
}

/* One pass; the first finds the end, and the others have to get as far. */
static bool run_pass(struct replay *replay, enum pass pass)
{
    const struct jbd2_superblock *super = (const void *)replay->journal->superblock;
    replay->pass = pass;
    replay->at = BE32(super->start);
    replay->sequence = BE32(super->sequence);
    replay->seen = 0;
    while (pass == SCAN || replay->sequence != replay->end)
        if (replay->seen >= replay->journal->length || !follow_block(replay))
            break;
    if (pass == SCAN)
        replay->end = replay->sequence;
    return replay->sequence == replay->end;
}

static bool run_passes(struct replay *replay)
{
    struct journal *journal = replay->journal;
    run_pass(replay, SCAN);
    bool good = run_pass(replay, REVOKE) && run_pass(replay, WRITE) && cache_write_back(journal->cache, CACHE_DATA) &&
                block_flush(&journal->cache->disk);
    journal->sequence = replay->end + 1;
    return good;
}

/* --- the superblock --- */

static bool check_superblock(struct replay *replay)
{
    struct journal *journal = replay->journal;
    const struct jbd2_superblock *super = (const void *)journal->superblock;
    const uint32_t known = JBD2_HAS_REVOKE | JBD2_64BIT | JBD2_CSUM_V2 | JBD2_CSUM_V3;
    replay->features = BE32(super->feature_incompat);
    journal->length = BE32(super->length);
    journal->first = BE32(super->first);
    journal->sequence = BE32(super->sequence);
    journal->seed = crc32c(UINT32_MAX, super->uuid, sizeof super->uuid);
    uint64_t place;
    return super->header.magic == BE32(JBD2_MAGIC) && BE32(super->header.type) == JBD2_SUPERBLOCK_V2 &&
           BE32(super->block_size) == CACHE_BLOCK && !(replay->features & ~known) && super->feature_ro_compat == 0 &&
           journal->first > 0 && journal->first < journal->length && journal->length - journal->first >= 64 &&
           journal_place(journal, journal->length - 1, &place) && BE32(super->start) < journal->length;
}

bool replay_journal(struct journal *journal, uint64_t file_system_blocks)
{
    struct replay replay = {.journal = journal, .file_system_blocks = file_system_blocks};
    const char *super = read_block(&replay, 0);
    if (!super)
        return false;
    __builtin_memcpy(journal->superblock, super, CACHE_BLOCK);
    if (!check_superblock(&replay))
        return false;
    if (((const struct jbd2_superblock *)(const void *)journal->superblock)->start == 0)
        return true;
    replay.block = page_alloc();
    replay.revoked = replay.block ? pages_alloc(REVOKED_PAGES) : NULL;
    bool good = replay.revoked && run_passes(&replay);
    if (replay.revoked)
        pages_free(replay.revoked, REVOKED_PAGES);
    if (replay.block)
        page_free(replay.block);
    return good;
}
