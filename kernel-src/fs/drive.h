/* drive.h: the contents of the image's files, where the boot loader left them (mewz/tree.h): on a drive, read through a
 * cache. It takes at most a quarter of the memory that was free when it was opened. */
#ifndef FS_DRIVE_H
#define FS_DRIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mewz/tree.h>

/* Finds the disk that has the contents of that tree: a disk image, or the kernel's ELF file as it is. False if
 * there is none. Called once. */
bool drive_open(const struct mewz_tree *tree);

/* Copies bytes of the section with the contents, all of which lie in it. False where the drive fails. */
bool drive_read(uint64_t position, void *bytes, size_t size);

#endif
