/* ext4.h: a disk with an ext4 file system, which Linux mounts as well.
 *
 * Its structures are the library's (libext2fs); the cache below it (cache.h), the journal (journal.h) and what a
 * transaction is are ours. A power cut at any time leaves what the last commit left: sync commits, the end of the
 * program does, and a change that has waited for five seconds is committed with the next one, or when the program
 * waits.
 *
 * The disk is not trusted: what makes no sense is WASI_EIO. After a failed write, or where a change fails half-way,
 * nothing more is written, as if the power had gone; what is there can still be read. */
#ifndef EXT4_EXT4_H
#define EXT4_EXT4_H

#include "fs/vfs.h"

/* Mounts the disk with that serial number; an empty one: the first disk that has such a file system. *root is its root
 * folder, with a reference for the caller. On failure *problem is one line for the user. */
bool ext4_mount(const char *serial, bool read_only, struct vfs_node **root, const char **problem);

/* When changes that nobody synced will have waited for five seconds, by time_now; TIME_NEVER where there are none. */
uint64_t ext4_commit_due(void);

/* Commits those that have. Comes while the program waits; a failure is told by what it does next. */
void ext4_commit_waiting(void);

/* Commits all disks that are mounted, and leaves them so that they need no replay. */
void ext4_unmount_all(void);

#endif
