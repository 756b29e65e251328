/* tree.h: from folders of this machine to a tree of files as bytes (mewz/tree.h).
 *
 * tree.c collects and numbers what there is, tree_files.c brings the contents to their place. */
#ifndef LINK_TREE_H
#define LINK_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/sha256.h"
#include <mewz/tree.h>

/* A folder here, and where the program finds it. */
struct tree_folder {
    const char *host;
    const char *guest; /* begins with a slash; no `.` or `..` in it */
    bool read_only;
};

/* A content, which files of the tree share. */
struct tree_content {
    struct tree_content *next;
    const char *host; /* a file that has it */
    uint64_t start;   /* from the tree's header, or the section's */
    uint64_t size;
    struct timespec changed; /* when it was, before it was read for the first time */
    struct sha256_text hash;
};

struct file_tree {
    struct buf bytes;              /* what is loaded with the kernel */
    uint64_t files_size;           /* of the section with the contents; 0: they are in `bytes` */
    struct tree_content *contents; /* all of them, by `start` */
    struct arena arena;
};

/* Makes the tree; tree_free is due even after a failure. Where two folders have a file of the same name at the same
 * place, the later one's counts. Without a folder at the root there is an empty /tmp beside them. Fails for what cannot
 * be read, and for what is neither file, folder nor symbolic link. */
int tree_encode(const struct tree_folder *folders, size_t count, struct file_tree *tree, struct err *err);
void tree_free(struct file_tree *tree);

/* The section's header, which the linker puts into the kernel's file. */
struct mewz_files tree_files_header(const struct file_tree *tree);

/* Appends the contents to the file of a linked kernel and lets the section have them. Does nothing where the kernel has
 * no use for the tree, or has the contents in it. */
int tree_append_files(const struct file_tree *tree, const char *kernel, struct err *err);

/* --- tree_files.c, for tree.c --- */

/* Says where the content of each file node lies, from the nodes' hosts by number. */
int tree_place_contents(struct file_tree *tree, const char *const *hosts, size_t count, struct err *err);

#endif
