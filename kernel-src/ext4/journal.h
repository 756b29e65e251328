/* journal.h: the journal of an ext4 file system, in the format that Linux calls JBD2.
 *
 * journal_commit makes all changes since the last commit take effect at once: it writes contents in place and the
 * changed blocks of structure into the journal, flushes, and then writes the commit block and flushes again. Whenever
 * the power goes, journal_open finds in the journal what was committed, and nothing else.
 *
 * Blocks in the journal are written in place when it is emptied, which journal_commit does when it is half full. A
 * block that was freed must not be used again before that (journal_is_empty): replaying would overwrite what is there
 * then. So no block ever has to be revoked; journals that Linux wrote may have revoked some, and are replayed so. */
#ifndef EXT4_JOURNAL_H
#define EXT4_JOURNAL_H

#include "fs/cache.h"

enum { JOURNAL_RUNS_MAX = 64, JOURNAL_PAGES = 8 };
enum journal_pool { JOURNAL_DESCRIPTORS, JOURNAL_OTHERS };

/* Blocks of the journal that follow each other on the disk. */
struct journal_run {
    uint32_t first; /* in the journal */
    uint32_t count;
    uint64_t place; /* on the disk */
};

struct journal {
    struct cache *cache;
    struct journal_run runs[JOURNAL_RUNS_MAX]; /* by the caller, ascending */
    unsigned run_count;

    uint32_t length;   /* in blocks, the superblock included */
    uint32_t first;    /* where the log begins */
    uint32_t head;     /* where the next block of the log goes */
    uint32_t used;     /* blocks of the log that must not be overwritten */
    uint32_t sequence; /* of the next transaction */
    uint32_t seed;     /* of checksums */
    char *superblock;
    char *pages[2][JOURNAL_PAGES]; /* of each pool: for blocks that only the journal has */
    unsigned pages_used[2];
};

/* Reads the journal whose runs are filled in, and replays what it holds. What has been read of the file
 * system before is worthless then. False if the journal makes no sense or cannot be read or written.
 * The disk has been written and flushed then. `file_system_blocks` bounds what may be replayed. */
bool journal_open(struct journal *journal, struct cache *cache, uint64_t file_system_blocks);

/* Readies an opened journal for writing. */
bool journal_start(struct journal *journal);

/* The blocks of structure that one commit may have. */
uint32_t journal_capacity(const struct journal *journal);

/* False: it may or may not have taken effect, and nothing may be written to the disk any more. */
bool journal_commit(struct journal *journal);

/* Writes everything that was committed in place, so that the journal is not needed. */
bool journal_empty(struct journal *journal);

/* The same at the end: what is on the disk then is a file system that needs no replay. */
bool journal_stop(struct journal *journal);

static inline bool journal_is_empty(const struct journal *journal)
{
    return journal->used == 0;
}

/* Where on the disk a block of the journal is. */
bool journal_place(const struct journal *journal, uint32_t block, uint64_t *place);

void journal_fini(struct journal *journal); /* gives the memory back */

#endif
