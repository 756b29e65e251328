/* mounts.h: host folders, disks and memory in the program's folders, as the settings say (mewz/config.h: share, disk,
 * memory). */
#ifndef HOSTS_MEWZ_MOUNTS_H
#define HOSTS_MEWZ_MOUNTS_H

#include "fs/vfs.h"

/* Mounts all of them, making the folders that they need, and returns the root: the one that was given, or what is
 * mounted in its place. One that cannot be mounted panics: a program must not write to memory what was to last. */
struct vfs_node *mounts_add(struct vfs_node *root);

#endif
