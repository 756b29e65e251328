/* tree.h: from folders of this machine to a tree of files as bytes (mewz/tree.h). */
#ifndef LINK_TREE_H
#define LINK_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* A folder here, and where the program finds it. */
struct tree_folder {
    const char *host;
    const char *guest; /* begins with a slash; no `.` or `..` in it */
    bool read_only;
};

/* Appends the tree to `out`, which is empty. Where two folders have a file of the same name at the same place, the
 * later one's counts. Without a folder at the root there is an empty /tmp beside them. Fails for what cannot be read,
 * for what is neither file, folder nor symbolic link, and beyond TREE_SIZE_MAX bytes. */
int tree_encode(const struct tree_folder *folders, size_t count, struct buf *out, struct err *err);

#define TREE_SIZE_MAX (512ul << 20) /* it lies within the gigabyte that a kernel has for its image */

#endif
