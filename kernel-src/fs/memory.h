/* memory.h: a file system in memory, over a tree of files in the image (mewz/tree.h) or over nothing.
 *
 * What the tree has is there from the start and costs no memory until it is used: a node of this file system stands for
 * a node of the tree while somebody holds it, and for ever once it has been changed. Contents are read from the tree
 * where they lie, and a page of them is copied when it is written to (copy on write). What lies below a folder that the
 * tree calls read-only cannot be changed.
 *
 * memory.c has the operations, memory_folder.c the entries of folders, memory_pages.c the contents of files. */
#ifndef FS_MEMORY_H
#define FS_MEMORY_H

#include "fs/tree.h"
#include "fs/vfs.h"
#include "mm/heap.h"

/* Files leave so many pages to stack and page tables, also when linear memory has grown since they began. */
#define MEMORY_KEEP ((1 << 20) / PAGE_SIZE)

struct memory_fs {
    struct vfs vfs;
    struct heap heap; /* everything comes from it */
    struct tree tree; /* node_count 0: none */
    uint64_t last_inode;
};

/* Makes the file system on the caller's storage, which lives for ever: `limit` in pages, `tree` of tree_open or NULL.
 * Returns its root, NULL where there is no memory for it. */
struct vfs_node *memory_fs_init(struct memory_fs *fs, size_t limit, const struct tree *tree);

/* --- what follows is for the parts of the file system --- */

struct memory_entry;

struct memory_folder {
    struct memory_node *parent;        /* NULL: the root, or removed */
    struct memory_entry **buckets;     /* entries by hash of the name; NULL: none yet */
    struct memory_entry *first, *last; /* entries that are not the tree's, by position */
    struct memory_entry *hint;         /* where readdir was last */
    uint32_t bucket_count;             /* a power of two */
    uint32_t entry_count;              /* in the buckets */
    uint32_t child_count;              /* that readdir shows */
    uint64_t last_position;
};

struct memory_pages {
    uint64_t size;
    uint64_t tree_size; /* up to here, pages that are not there are the tree's */
    uint32_t height;    /* of the table: 0, no page or one; else 512^height pages */
    void *root;
};

struct memory_node {
    struct vfs_node node;
    uint32_t tree_number; /* TREE_NONE: the tree has it not */
    bool is_read_only;
    bool is_pristine;           /* as in the tree, under the name there: may be forgotten and made anew */
    uint32_t link_count;        /* names */
    struct memory_entry *entry; /* its name in `folder.parent`'s; of a pristine node only */
    struct memory_node *owner;  /* the folder with that entry */
    uint64_t inode;
    uint64_t access, modify, change;
    union {
        struct memory_folder folder;
        struct memory_pages pages;
        struct {
            const char *text; /* in the tree, or on the heap */
            uint32_t size;
        } target;
    };
};

static inline struct memory_node *memory_node(struct vfs_node *node)
{
    return (struct memory_node *)node;
}

static inline struct memory_fs *memory_fs(const struct memory_node *node)
{
    return (struct memory_fs *)node->node.vfs;
}

/* --- memory_folder.c --- */

struct memory_entry {
    struct memory_entry *chain;           /* in its bucket */
    struct memory_entry *next, *previous; /* in the folder's list, where it is not the tree's */
    struct memory_node *node;             /* NULL: hides an entry of the tree */
    uint64_t position;                    /* in the order of readdir; 0: not shown */
    uint32_t hash;
    uint8_t name_size;
    bool covers; /* the tree has an entry of that name in this folder */
    char name[];
};

/* Sets up a folder that is empty or as the tree has it. */
void folder_init(struct memory_node *folder);
void folder_fini(struct memory_node *folder);

/* The entry of that name, a hidden one too; NULL: there is none here (the tree is not asked). */
struct memory_entry *folder_find(const struct memory_node *folder, struct vfs_name name);

/* The entry of that name, made where there is none, without a node. NULL: no memory. */
struct memory_entry *folder_add(struct memory_node *folder, struct vfs_name name);

/* Shows an entry that has no node as the name of `node`. One that stands for the tree's own comes at its place. */
void folder_set(struct memory_node *folder, struct memory_entry *entry, struct memory_node *node);
void folder_set_from_tree(struct memory_node *folder, struct memory_entry *entry, struct memory_node *node);

/* Takes the name away; the entry stays where it hides the tree's. */
void folder_clear(struct memory_node *folder, struct memory_entry *entry);

/* Forgets an entry without a trace. */
void folder_drop(struct memory_node *folder, struct memory_entry *entry);

void folder_list(struct memory_node *folder, uint64_t cookie, host_dirent_emit *emit, void *context);

/* --- memory_pages.c --- */

uint32_t pages_read(struct memory_node *file, const struct host_slice *slices, size_t count, uint64_t offset,
                    size_t *done);
uint32_t pages_write(struct memory_node *file, const struct host_slice *slices, size_t count, uint64_t offset,
                     size_t *done);
uint32_t pages_set_size(struct memory_node *file, uint64_t size);
uint32_t pages_allocate(struct memory_node *file, uint64_t offset, uint64_t size);
void pages_fini(struct memory_node *file);

#endif
