/* journal.c: writing the journal. See journal.h; replay.c reads it. */
#include "ext4/journal.h"

#include "arch/x86_64/time.h"
#include "ext4/crc32c.h"
#include "ext4/jbd2.h"
#include "ext4/replay.h"
#include "mm/page.h"

#define BE32(value) __builtin_bswap32(value)
#define BE64(value) __builtin_bswap64(value)

enum { SECTORS_PER_BLOCK = CACHE_BLOCK / BLOCK_SECTOR };

/* --- places --- */

bool journal_place(const struct journal *journal, uint32_t block, uint64_t *place)
{
    for (unsigned i = 0; i < journal->run_count; i++) {
        const struct journal_run *run = &journal->runs[i];
        if (block >= run->first && block - run->first < run->count) {
            *place = run->place + (block - run->first);
            return true;
        }
    }
    return false;
}

static void write_block(struct journal *journal, uint32_t block, const char *bytes)
{
    uint64_t place = UINT64_MAX;
    journal_place(journal, block, &place);
    struct block_slice slice = {page_phys(bytes), CACHE_BLOCK};
    block_write(&journal->cache->disk, place == UINT64_MAX ? place : place * SECTORS_PER_BLOCK, &slice, 1);
}

/* A page for a block that goes to the journal only. There is one pool for descriptors, of which the last may not have
 * been sent yet when another page is needed, and one for all others. */
static char *take_page(struct journal *journal, enum journal_pool pool)
{
    if (journal->pages_used[pool] == JOURNAL_PAGES) {
        if (!block_finish(&journal->cache->disk))
            journal->cache->failed = true;
        journal->pages_used[pool] = 0;
    }
    return journal->pages[pool][journal->pages_used[pool]++];
}

static void advance(struct journal *journal)
{
    journal->head = journal->head + 1 == journal->length ? journal->first : journal->head + 1;
    journal->used++;
}

static void append(struct journal *journal, const char *bytes)
{
    write_block(journal, journal->head, bytes);
    advance(journal);
}

/* --- the superblock --- */

static bool write_superblock(struct journal *journal, uint32_t start)
{
    struct jbd2_superblock *super = (void *)journal->superblock;
    super->sequence = BE32(journal->sequence);
    super->start = BE32(start);
    super->checksum = 0;
    super->checksum = BE32(crc32c(UINT32_MAX, super, sizeof *super));
    write_block(journal, 0, journal->superblock);
    return block_flush(&journal->cache->disk);
}

/* The log is empty: all of its blocks are free, and the next transaction comes at the head. */
static bool mark_empty(struct journal *journal, bool at_end)
{
    journal->used = 0;
    return write_superblock(journal, at_end ? 0 : journal->head);
}

bool journal_start(struct journal *journal)
{
    struct jbd2_superblock *super = (void *)journal->superblock;
    /* The format of all that follows, whatever it was before: the log is empty. */
    uint32_t incompat = BE32(super->feature_incompat) & ~(uint32_t)(JBD2_CSUM_V2 | JBD2_ASYNC_COMMIT);
    super->feature_incompat = BE32(incompat | JBD2_64BIT | JBD2_CSUM_V3);
    super->feature_compat = 0;
    super->checksum_type = JBD2_CRC32C;
    journal->seed = crc32c(UINT32_MAX, super->uuid, sizeof super->uuid);
    journal->head = journal->first;
    return mark_empty(journal, false);
}

uint32_t journal_capacity(const struct journal *journal)
{
    return (journal->length - journal->first) / 4;
}

/* --- a transaction --- */

static void begin_block(struct journal *journal, char *page, enum jbd2_type type)
{
    struct jbd2_header header = {BE32(JBD2_MAGIC), BE32(type), BE32(journal->sequence)};
    __builtin_memset(page, 0, CACHE_BLOCK);
    __builtin_memcpy(page, &header, sizeof header);
}

enum {
    TAGS_MAX = (CACHE_BLOCK - sizeof(struct jbd2_header) - JBD2_UUID_SIZE - JBD2_TAIL_SIZE) / sizeof(struct jbd2_tag3)
};

/* A descriptor is written before its blocks, but complete only after them: their place in the log is known, so that it
 * is filled first and sent last. */
struct transaction {
    struct journal *journal;
    uint32_t left; /* blocks that have no tag yet */
    char *descriptor;
    uint32_t descriptor_at;
    unsigned tags, tag_count; /* in the descriptor: so far, and in the end */
};

static void begin_descriptor(struct transaction *transaction)
{
    struct journal *journal = transaction->journal;
    transaction->descriptor = take_page(journal, JOURNAL_DESCRIPTORS);
    transaction->descriptor_at = journal->head;
    transaction->tags = 0;
    transaction->tag_count = transaction->left < TAGS_MAX ? transaction->left : TAGS_MAX;
    begin_block(journal, transaction->descriptor, JBD2_DESCRIPTOR);
    advance(journal);
}

static void end_descriptor(struct transaction *transaction)
{
    struct journal *journal = transaction->journal;
    uint32_t *tail = (void *)(transaction->descriptor + CACHE_BLOCK - JBD2_TAIL_SIZE);
    *tail = BE32(crc32c(journal->seed, transaction->descriptor, CACHE_BLOCK));
    write_block(journal, transaction->descriptor_at, transaction->descriptor);
}

static void add_tag(struct transaction *transaction, uint64_t number, const char *bytes, uint32_t flags)
{
    struct journal *journal = transaction->journal;
    uint32_t sequence = BE32(journal->sequence);
    size_t offset = sizeof(struct jbd2_header) + transaction->tags * sizeof(struct jbd2_tag3);
    if (transaction->tags > 0) {
        flags |= JBD2_SAME_UUID;
        offset += JBD2_UUID_SIZE; /* the journal's, which nobody reads */
    }
    if (++transaction->tags == transaction->tag_count)
        flags |= JBD2_LAST_TAG;
    struct jbd2_tag3 tag = {
        .block = BE32((uint32_t)number),
        .flags = BE32(flags),
        .block_high = BE32((uint32_t)(number >> 32)),
        .checksum = BE32(crc32c(crc32c(journal->seed, &sequence, sizeof sequence), bytes, CACHE_BLOCK)),
    };
    __builtin_memcpy(transaction->descriptor + offset, &tag, sizeof tag);
}

/* A block that looks like one of the journal's own would end a replay: its first word is told by a flag instead. */
static bool needs_escape(const char *bytes)
{
    uint32_t word;
    __builtin_memcpy(&word, bytes, sizeof word);
    return word == BE32(JBD2_MAGIC);
}

static void log_block(struct cached_page *block, void *context)
{
    struct transaction *transaction = context;
    struct journal *journal = transaction->journal;
    if (!transaction->descriptor)
        begin_descriptor(transaction);
    const char *bytes = block->bytes;
    uint32_t flags = 0;
    if (needs_escape(bytes)) {
        char *page = take_page(journal, JOURNAL_OTHERS);
        __builtin_memcpy(page, bytes, CACHE_BLOCK);
        __builtin_memset(page, 0, sizeof(uint32_t));
        bytes = page;
        flags = JBD2_ESCAPED;
    }
    add_tag(transaction, block->number, bytes, flags);
    append(journal, bytes);
    transaction->left--;
    if (transaction->tags == transaction->tag_count) {
        end_descriptor(transaction);
        transaction->descriptor = NULL;
    }
}

static void write_commit(struct journal *journal)
{
    char *page = take_page(journal, JOURNAL_OTHERS);
    uint64_t now = time_wall();
    begin_block(journal, page, JBD2_COMMIT);
    struct jbd2_commit *commit = (void *)page;
    commit->seconds = BE64(now / 1000000000u);
    commit->nanoseconds = BE32((uint32_t)(now % 1000000000u));
    commit->checksum[0] = BE32(crc32c(journal->seed, page, CACHE_BLOCK));
    append(journal, page);
}

bool journal_commit(struct journal *journal)
{
    struct cache *cache = journal->cache;
    bool good = cache_write_back(cache, CACHE_DATA);
    size_t count = cache_count(cache, CACHE_META);
    if (count + count / TAGS_MAX + 2 > journal->length - journal->first - journal->used)
        good = false; /* volume_begin sees to it that this never happens */
    if (good && count > 0) {
        struct transaction transaction = {.journal = journal, .left = (uint32_t)count};
        journal->pages_used[JOURNAL_DESCRIPTORS] = journal->pages_used[JOURNAL_OTHERS] = 0;
        cache_log(cache, log_block, &transaction);
        good = block_flush(&cache->disk) && !cache->failed; /* one of its blocks may have failed before */
        if (good)
            write_commit(journal);
        journal->sequence++;
    }
    good = good && block_flush(&cache->disk) && !cache->failed;
    cache->failed |= !good;
    if (good && journal->used >= (journal->length - journal->first) / 2)
        good = journal_empty(journal);
    return good;
}

bool journal_empty(struct journal *journal)
{
    struct cache *cache = journal->cache;
    if (journal->used == 0)
        return !cache->failed;
    bool good = !cache->failed && cache_write_back(cache, CACHE_LOGGED) && block_flush(&cache->disk) &&
                mark_empty(journal, false);
    cache->failed |= !good;
    return good;
}

bool journal_stop(struct journal *journal)
{
    struct cache *cache = journal->cache;
    return !cache->failed && cache_write_back(cache, CACHE_LOGGED) && block_flush(&cache->disk) &&
           mark_empty(journal, true);
}

/* --- opening --- */

bool journal_open(struct journal *journal, struct cache *cache, uint64_t file_system_blocks)
{
    journal->cache = cache;
    for (unsigned i = 0; i < 2 * JOURNAL_PAGES; i++)
        if (!(journal->pages[i % 2][i / 2] = page_alloc()))
            return false;
    journal->superblock = page_alloc();
    return journal->superblock && replay_journal(journal, file_system_blocks);
}

void journal_fini(struct journal *journal)
{
    for (unsigned i = 0; i < 2 * JOURNAL_PAGES; i++)
        if (journal->pages[i % 2][i / 2])
            page_free(journal->pages[i % 2][i / 2]);
    if (journal->superblock)
        page_free(journal->superblock);
    *journal = (struct journal){0};
}
