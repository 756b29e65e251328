/* The journal's writer, on a disk that fails: a transaction that is not all there is not committed. */
#include "ext4/crc32c.c"
#include "ext4/journal.c"
#include "pages.h"

enum { LENGTH = 4096, CHANGED = 9 * TAGS_MAX }; /* as many as need more descriptors than there are pages for */

static unsigned writes, failing_write; /* counted from 1 */
static unsigned commits;               /* commit blocks that were written */
static bool failed;

uint64_t time_wall(void)
{
    return 0;
}

void block_stop(struct block_device *disk)
{
    (void)disk;
}

void block_read(struct block_device *disk, uint64_t sector, const struct block_slice *slices, unsigned count)
{
    CHECK(!disk && sector && slices && count); /* nothing is read here */
}

void block_write(struct block_device *disk, uint64_t sector, const struct block_slice *slices, unsigned count)
{
    struct jbd2_header header;
    CHECK(count <= disk->slices_max && sector < disk->sectors);
    failed |= ++writes == failing_write;
    memcpy(&header, (void *)slices[0].address, sizeof header);
    commits += header.magic == BE32(JBD2_MAGIC) && header.type == BE32(JBD2_COMMIT);
}

bool block_finish(struct block_device *disk)
{
    (void)disk;
    bool good = !failed;
    failed = false;
    return good;
}

bool block_flush(struct block_device *disk)
{
    return block_finish(disk);
}

bool replay_journal(struct journal *journal, uint64_t file_system_blocks)
{
    journal->length = LENGTH;
    journal->first = 1;
    return file_system_blocks > 0;
}

/* Commits many blocks of structure, of which one write fails; 0: none does. */
static bool commit(unsigned failing)
{
    struct cache cache = {.disk = {.sectors = (LENGTH + CHANGED) * SECTORS_PER_BLOCK, .slices_max = 16}};
    struct journal journal = {.runs = {{0, LENGTH, CHANGED}}, .run_count = 1};
    CHECK(cache_init(&cache, 2 * CHANGED) && journal_open(&journal, &cache, 1) && journal_start(&journal));
    for (uint64_t number = 0; number < CHANGED; number++) {
        struct cached_page *block = cache_get_blank(&cache, number);
        CHECK(block);
        cache_change(&cache, block, CACHE_META);
    }
    writes = commits = 0;
    failing_write = failing;
    bool good = journal_commit(&journal);
    CHECK(failed == false && cache.failed == !good);
    journal_fini(&journal);
    cache_fini(&cache);
    CHECK(pages_in_use == 0);
    return good;
}

int main(void)
{
    CHECK(commit(0) && commits == 1 && writes > CHANGED);
    unsigned all = CHANGED + 9; /* descriptors */
    for (unsigned failing = 1; failing <= all; failing += 100)
        CHECK(!commit(failing) && commits == 0);
    CHECK(!commit(all) && commits == 0);
    CHECK(!commit(all + 1) && commits == 1);
    return 0;
}
