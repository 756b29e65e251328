/* tree.h: reading a tree of files (mewz/tree.h) where it lies, and contents that do not lie in it from a drive.
 *
 * Opening looks at the header alone. What a node claims is checked when it is used, so that a damaged tree gives
 * WASI_EIO and never leads out of its bytes. */
#ifndef FS_TREE_H
#define FS_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <mewz/tree.h>

struct tree {
    const uint8_t *bytes;
    size_t size;
    const struct mewz_tree_node *nodes;
    uint32_t node_count;
    const char *text;
    uint64_t text_size;
    uint64_t files_size; /* of the contents, where they are not in the tree; then whoever opened the tree sets: */
    bool (*read_files)(uint64_t position, void *bytes, size_t size); /* false: the drive has failed */
};

#define TREE_NONE 0xffffffffu

/* False where the bytes are no tree of this version. They are aligned to 8, belong to the caller, and live as long. */
bool tree_open(struct tree *tree, const void *bytes, size_t size);

/* The node under a number that tree_child gave, or 0 for the root. */
static inline const struct mewz_tree_node *tree_node(const struct tree *tree, uint32_t number)
{
    return &tree->nodes[number];
}

/* How many children a folder has, 0 where its claim cannot be, and the number of the first. */
uint32_t tree_children(const struct tree *tree, uint32_t folder, uint32_t *first);

/* The number of the child with that name, TREE_NONE where there is none. */
uint32_t tree_child(const struct tree *tree, uint32_t folder, const char *name, size_t size);

/* Whether a file's content lies where the contents are. */
bool tree_has_content(const struct tree *tree, uint32_t file);

/* Copies a part of such a file's content, all of which lies in it. False: it cannot be read. */
bool tree_read(const struct tree *tree, uint32_t file, uint64_t offset, void *bytes, size_t size);

/* A link's target, a node's name; NULL where it does not lie in the tree. */
const char *tree_target(const struct tree *tree, uint32_t link);
const char *tree_name(const struct tree *tree, uint32_t number);

#endif
