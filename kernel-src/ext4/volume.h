/* volume.h: a mounted ext4 file system, for the files of this folder. */
#ifndef EXT4_VOLUME_H
#define EXT4_VOLUME_H

#include <ext2fs/ext2fs.h>

#include "ext4/ext4.h"
#include "ext4/journal.h"
#include "fs/cache.h"
#include "mm/heap.h"

enum { NODE_BUCKETS = 1024, NAMES_FOLDERS = 8 };

/* A part of a file that lies in one piece on the disk, or not at all. */
struct mapping {
    uint64_t first; /* in the file; in blocks, as all here */
    uint64_t count; /* 0: nothing is known */
    uint64_t place; /* on the disk; 0: there is none, it reads as zeroes */
    bool unwritten; /* it has a place, and reads as zeroes all the same */
};

struct ext4_node {
    struct vfs_node node;
    struct ext4_node *next; /* in its bucket */
    struct ext4_node *next_dirty;
    ext2_ino_t number;
    bool dirty;                    /* `inode` is newer than the inode table, and in the list */
    struct ext2_inode_large inode; /* the part of it that is ours */
    struct mapping mapping;        /* the one that was used last */
    uint64_t next_read;            /* the block behind the last one that was read */
    unsigned read_ahead;           /* in blocks */
    uint64_t room;                 /* folder: no block before this one has room for a new name */
};

/* Where the names of a large folder are (names.c). */
struct names {
    ext2_ino_t folder; /* 0: none */
    uint32_t *slots;
    size_t capacity; /* a power of two */
    size_t count;    /* of slots in use */
    uint64_t used_at;
    uint64_t room; /* as in struct ext4_node, which comes and goes */
};

struct volume {
    struct vfs vfs;
    struct volume *next;
    struct cache cache;
    struct journal journal;
    ext2_filsys fs;
    struct ext4_node *nodes[NODE_BUCKETS];
    struct ext4_node *dirty_nodes;
    size_t dirty_count; /* of them: each may become a block of structure of its own */
    struct names names[NAMES_FOLDERS];
    uint64_t names_used; /* counts uses */
    /* Blocks that were freed, and that the bitmap of the library still calls used: until the journal is empty nobody
     * may write there. */
    ext2fs_block_bitmap pending;
    uint64_t pending_count;
    uint64_t changed_since; /* by time_now; 0: there is nothing to commit */
    bool failed;            /* nothing is written any more */
};

static inline struct volume *volume_of(const struct vfs_node *node)
{
    return (struct volume *)(void *)((char *)node->vfs - offsetof(struct volume, vfs));
}

static inline struct ext4_node *ext4_node_of(const struct vfs_node *node)
{
    return (struct ext4_node *)(void *)((char *)node - offsetof(struct ext4_node, node));
}

/* One for all volumes and the library (port.c). */
extern struct heap ext4_heap;

/* io.c: the library's way to blocks. The volume that is being opened is the one in `io_volume`. */
extern struct struct_io_manager io_manager_of_cache;
extern struct volume *io_volume;

/* A WASI error for one of the library's. */
uint32_t volume_error(errcode_t error);

/* --- transactions (transaction.c) --- */

#define COMMIT_INTERVAL 5000000000ull /* nanoseconds that a change waits for others */

/* Comes before every change: WASI_EIO where nothing may be changed any more. Commits where it is time to, so that a
 * change in itself always fits. */
uint32_t volume_begin(struct volume *volume);

/* Comes after a change that failed with what it cannot have failed with before it changed anything. */
void volume_fail(struct volume *volume);

uint32_t volume_commit(struct volume *volume);

/* Commits and empties the journal, so that freed blocks can be used: worth it where there are some. */
bool volume_reclaim(struct volume *volume);

/* How many blocks can be used now: the free ones, but those that were freed too recently. */
uint64_t volume_usable_blocks(const struct volume *volume);

/* The library's note that a block is used or free now. */
void volume_note_block(ext2_filsys fs, blk64_t block, int in_use);

/* --- inodes (inode.c) --- */

/* The node of an inode that is in use, with a reference. */
uint32_t inode_get(struct volume *volume, ext2_ino_t number, struct ext4_node **node);

/* A new one, not in any folder yet, with one link and a reference. */
uint32_t inode_create(struct volume *volume, ext2_ino_t folder, uint32_t mode, struct ext4_node **node);

void inode_mark_dirty(struct ext4_node *node);
errcode_t inode_write_all(struct volume *volume);

uint64_t inode_size(const struct ext4_node *node);
void inode_set_size(struct ext4_node *node, uint64_t size);

enum inode_time { INODE_ACCESS = 1, INODE_MODIFY = 2, INODE_CHANGE = 4 };
void inode_set_time(struct ext4_node *node, enum inode_time which, uint64_t nanoseconds);
void inode_touch(struct ext4_node *node, unsigned which); /* to now; bits of enum inode_time */
void inode_touch_contents(struct ext4_node *node);        /* of which nothing but the times need have changed */
void inode_stat(const struct ext4_node *node, struct wasi_filestat *stat);

/* Takes one link away. An inode without links goes when its last reference does; until then the disk has it in the list
 * of those that a mount has to finish. */
void inode_drop_link(struct ext4_node *node);
void inode_release(struct vfs_node *node);
bool inode_finish_orphans(struct volume *volume); /* at the mount */

/* --- contents (contents.c) --- */

/* Which part of the file around a block is where. */
uint32_t contents_map(struct ext4_node *node, uint64_t block, struct mapping *mapping);

uint32_t contents_read(struct ext4_node *node, const struct host_slice *slices, size_t count, uint64_t offset,
                       size_t *done);
uint32_t contents_write(struct ext4_node *node, const struct host_slice *slices, size_t count, uint64_t offset,
                        size_t *done);
uint32_t contents_set_size(struct ext4_node *node, uint64_t size);
uint32_t contents_allocate(struct ext4_node *node, uint64_t offset, uint64_t size);

/* Frees the blocks from `first` to `last`; the size stays. */
errcode_t contents_punch(struct ext4_node *node, uint64_t first, uint64_t last);

/* A new block of a folder or a link at its end, zeroes that are structure; the caller fills it in. */
uint32_t contents_append_block(struct ext4_node *node, struct cached_page **block);

/* --- large folders' names (names.c) --- */

/* The table of a folder; NULL: it has none. */
struct names *names_find(struct ext4_node *folder);

/* A new, empty one, which the caller fills with all names that the folder has, in place of the one that was not used
 * for the longest time. NULL: there is no memory for it, or there are too many names. */
struct names *names_make(struct ext4_node *folder, uint64_t name_count);
void names_drop(struct ext4_node *folder);
void names_fini(struct volume *volume);

/* Says that a name is in that block of the folder. False: the table is full, and has been dropped. */
bool names_add(struct names *names, struct vfs_name name, uint64_t block);

/* The next block in which a name may be, beginning with a search that is all zeroes. False: it is in no other. */
struct names_search {
    size_t steps;
};
bool names_next(const struct names *names, struct vfs_name name, struct names_search *search, uint64_t *block);

/* --- folders (directory.c) --- */

uint32_t directory_find(struct ext4_node *folder, struct vfs_name name, ext2_ino_t *number);
uint32_t directory_add(struct ext4_node *folder, struct vfs_name name, const struct ext4_node *node);
uint32_t directory_remove(struct ext4_node *folder, struct vfs_name name);
/* Lets a name that is there lead to another node. */
uint32_t directory_replace(struct ext4_node *folder, struct vfs_name name, const struct ext4_node *node);
uint32_t directory_init(struct ext4_node *folder, ext2_ino_t parent); /* `.` and `..` */
uint32_t directory_is_empty(struct ext4_node *folder);                /* WASI_ENOTEMPTY */
uint32_t directory_read(struct ext4_node *folder, uint64_t cookie, host_dirent_emit *emit, void *context);

/* --- the VFS's operations (operations.c) --- */
extern const struct vfs_ops ext4_ops;

#endif
