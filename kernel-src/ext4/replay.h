/* replay.h: reading a journal after the power went. */
#ifndef EXT4_REPLAY_H
#define EXT4_REPLAY_H

#include "ext4/journal.h"

/* Reads the superblock of the journal, and writes to their places all blocks of the transactions that were committed.
 * See journal_open. */
bool replay_journal(struct journal *journal, uint64_t file_system_blocks);

#endif
