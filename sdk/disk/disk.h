/* disk.h: the file systems of disks (kernel-src/ext4), from outside: by mke2fs and the host's libext2fs. */
#ifndef DISK_DISK_H
#define DISK_DISK_H

#include <stdint.h>

#include "base/err.h"

#define DISK_PACKAGE "e2fsprogs"

/* The program that makes file systems, or NULL. */
const char *disk_find_maker(void);

/* Makes the file `path`, which must not be there, a disk of `size` bytes with an empty file system: the same bytes for
 * the same size and label. `label` may be NULL. */
int disk_create(const char *path, uint64_t size, const char *label, struct err *err);

/* A file of the host, or one on a disk. */
struct disk_place {
    const char *disk; /* NULL: the host's */
    const char *path; /* on a disk, from its root */
};

/* Prints the entries of a folder on a disk, or one line for a file: kind, size, name, with a '?' for each character
 * that would command a terminal. Fails where the disk was not unmounted, since what counts may be in its journal. */
int disk_list(const struct disk_place *place, struct err *err);

/* Copies one file from the host to a disk, or the other way round, replacing what is there. A folder as the target is
 * where it goes, under its own name. */
int disk_copy(const struct disk_place *from, const struct disk_place *to, struct err *err);

#endif
