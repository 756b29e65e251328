/* tree.h: a tree of files as bytes, read where it lies.
 *
 * `mewz-cc build --dir` writes one and links it in as `mewz_tree_start` .. `mewz_tree_end`, at the start of a page. A
 * reader goes from folder to folder by binary search and finds a file's content in one piece at the start of a page, so
 * that nothing is copied or built when the machine boots. Equal contents are stored once. There are no times, owners or
 * permissions in it: the same tree gives the same bytes.
 *
 * Layout, little-endian: the header, the nodes, the names and the links' targets without gaps. Node 0 is the root
 * folder. The children of a folder lie one behind the other, sorted by name as bytes, and behind their folder in the
 * list, so that no tree can contain itself.
 *
 * The contents come next, each at a multiple of MEWZ_TREE_PAGE. Where they are more than MEWZ_TREE_LOADED_MAX bytes,
 * they lie in a section of the kernel's ELF file instead, which no segment has: boot loaders leave it where it is, and
 * the kernel reads it from the drive that it finds it on, a disk image or the ELF file itself. The section begins with
 * a struct mewz_files at a multiple of MEWZ_TREE_PAGE in the file; contents count from there. */
#ifndef MEWZ_TREE_H
#define MEWZ_TREE_H

#include <stdint.h>

#define MEWZ_TREE_MAGIC      0x656572745a57454dull /* "MEWZtree" */
#define MEWZ_TREE_VERSION    2
#define MEWZ_TREE_PAGE       4096
#define MEWZ_TREE_LOADED_MAX (16u << 20)
#define MEWZ_TREE_IDENTITY   32 /* the first half of a SHA-256 in hexadecimal, of all that the tree has */

struct mewz_tree {
    uint64_t magic;
    uint32_t version;
    uint32_t node_count;
    uint64_t text_size;  /* of all names and targets, behind the nodes */
    uint64_t size;       /* of the tree's bytes here */
    uint64_t files_size; /* of the section with the contents; 0: they are here */
    char identity[MEWZ_TREE_IDENTITY];
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

#define MEWZ_FILES_SECTION ".mewz.files"
#define MEWZ_FILES_TYPE    0x8d65777au           /* of the section: between SHT_LOUSER and SHT_HIUSER */
#define MEWZ_FILES_MAGIC   0x656c69667a77656dull /* "mewzfile" */

struct mewz_files {
    uint64_t magic;
    uint64_t size; /* of the section */
    char identity[MEWZ_TREE_IDENTITY];
};

_Static_assert(sizeof(struct mewz_tree) == 72, "the header is a wire format");
_Static_assert(sizeof(struct mewz_tree_node) == 24, "a node is a wire format");
_Static_assert(sizeof(struct mewz_files) == 48, "the header is a wire format");

#endif
