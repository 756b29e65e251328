/* tree.h: a tree of files as bytes, read where it lies.
 *
 * `mewz-cc build --dir` writes one and links it in as `mewz_tree_start` .. `mewz_tree_end`, at the start of a page. A
 * reader goes from folder to folder by binary search and finds a file's content in one piece at the start of a page, so
 * that nothing is copied or built when the machine boots. Equal contents are stored once. There are no times, owners or
 * permissions in it: the same tree gives the same bytes.
 *
 * Layout, little-endian: the header, the nodes, the names and the links' targets without gaps; then the contents, each
 * at a multiple of MEWZ_TREE_PAGE. Node 0 is the root folder. The children of a folder lie one behind the other, sorted
 * by name as bytes, and behind their folder in the list, so that no tree can contain itself. */
#ifndef MEWZ_TREE_H
#define MEWZ_TREE_H

#include <stdint.h>

#define MEWZ_TREE_MAGIC   0x656572745a57454dull /* "MEWZtree" */
#define MEWZ_TREE_VERSION 1
#define MEWZ_TREE_PAGE    4096

struct mewz_tree {
    uint64_t magic;
    uint32_t version;
    uint32_t node_count;
    uint64_t text_size; /* of all names and targets, behind the nodes */
    uint64_t size;      /* of the whole */
};

enum mewz_tree_type { MEWZ_TREE_FILE = 1, MEWZ_TREE_FOLDER = 2, MEWZ_TREE_LINK = 3 };
enum mewz_tree_flags { MEWZ_TREE_READ_ONLY = 1 }; /* and all below it */

struct mewz_tree_node {
    uint32_t name; /* where it begins in the text */
    uint8_t name_size;
    uint8_t type;
    uint16_t flags;
    uint64_t start; /* file: of the content, from the header; link: of the target in the text; folder: first child */
    uint64_t size;  /* file, link: bytes; folder: children */
};

_Static_assert(sizeof(struct mewz_tree) == 32, "the header is a wire format");
_Static_assert(sizeof(struct mewz_tree_node) == 24, "a node is a wire format");

#endif
