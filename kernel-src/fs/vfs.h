/* vfs.h: files and folders, whatever file system has them.
 *
 * A node is a file, a folder or a symbolic link of one file system. Whoever holds a pointer to a node owns a reference:
 * functions that return one give a reference to the caller (vfs_put gives it back), functions that take one borrow it
 * for the call. When the last reference is gone the file system hears `release`; until then a node stays usable, though
 * its last name may be removed. A node never moves.
 *
 * A file system implements struct vfs_ops over names of one component. Paths are the VFS's (vfs_walk): symbolic links,
 * `..`, mounts and the rule that no path leads out of the folder that it is relative to. There is one program and no
 * other caller, so nothing here is locked; an operation may wait for a device, and no other runs meanwhile.
 *
 * All functions return an enum wasi_errno. What is checked before an operation is called, so that no file system need
 * do it: names have 1 to VFS_NAME_MAX bytes without a slash or a zero and are not `.` or `..`; `dir` is a folder; both
 * nodes of a link or rename are of the same file system (WASI_EXDEV); nothing is changed where the file system is
 * read-only (WASI_EROFS), nor a folder removed or replaced on which something is mounted (WASI_EBUSY). */
#ifndef FS_VFS_H
#define FS_VFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wasi/host_file.h"
#include "wasi/types.h"

#define VFS_NAME_MAX 255
#define VFS_PATH_MAX 4095 /* of a path and of a symbolic link's target, in bytes */

struct vfs_ops;

/* A mounted file system. */
struct vfs {
    const struct vfs_ops *ops;
    uint64_t device; /* a number of its own, for stat; vfs_mount gives it */
    bool read_only;
};

/* File systems embed it in their nodes. vfs_node_init fills it in. */
struct vfs_node {
    struct vfs *vfs;
    struct vfs_node *mounted; /* the root that is mounted on this folder, with a reference; or NULL */
    uint32_t references;
    uint8_t type; /* WASI_FILETYPE_REGULAR_FILE, _DIRECTORY, _SYMBOLIC_LINK, or what else a host's folder may have */
};

/* Text without a zero at its end. */
struct vfs_name {
    const char *text;
    size_t size;
};

/* An open file or folder. */
struct vfs_file {
    struct vfs_node *node; /* with a reference */
    uint64_t handle;       /* the file system's own */
};

struct vfs_ops {
    /* --- folders --- */

    /* WASI_ENOENT if there is none. */
    uint32_t (*lookup)(struct vfs_node *dir, struct vfs_name name, struct vfs_node **node);
    /* Makes a file or folder (`type`). WASI_EEXIST if there is something of that name. */
    uint32_t (*create)(struct vfs_node *dir, struct vfs_name name, uint8_t type, struct vfs_node **node);
    uint32_t (*symlink)(struct vfs_node *dir, struct vfs_name name, struct vfs_name target);
    uint32_t (*link)(struct vfs_node *dir, struct vfs_name name, struct vfs_node *node); /* no folder: WASI_EPERM */
    /* Removes `node`, which lookup found under that name: a folder, which must be empty (WASI_ENOTEMPTY), or anything
     * else, whose storage stays until its last reference and name are gone. */
    uint32_t (*remove)(struct vfs_node *dir, struct vfs_name name, struct vfs_node *node);
    /* Moves `node` to a new name, replacing `replaced` (NULL: there is none), in one step: a file replaces a file, a
     * folder an empty folder (WASI_EISDIR, WASI_ENOTDIR, WASI_ENOTEMPTY). A folder into itself: WASI_EINVAL. The two
     * are never the same node. */
    uint32_t (*rename)(struct vfs_node *dir, struct vfs_name name, struct vfs_node *node, struct vfs_node *new_dir,
                       struct vfs_name new_name, struct vfs_node *replaced);
    /* Calls `emit` for each entry behind `cookie` (0: from the start) until it returns false or there are no more. `.`
     * and `..` come first. An entry's `next` is the cookie of what follows it; it stays good while entries come and go,
     * and an entry that is there all the time is seen exactly once. */
    uint32_t (*readdir)(struct vfs_file *file, uint64_t cookie, host_dirent_emit *emit, void *context);

    /* --- any node --- */

    uint32_t (*stat)(struct vfs_node *node, struct wasi_filestat *stat); /* all but `device` */
    uint32_t (*set_times)(struct vfs_node *node, const struct host_times *times);
    uint32_t (*readlink)(struct vfs_node *node, char *target, size_t room, size_t *size); /* cut to `room` bytes */
    uint32_t (*sync)(struct vfs_node *node, bool data_only);
    void (*release)(struct vfs_node *node); /* the last reference is gone */

    /* --- open files and folders --- */

    /* `access` has bits of enum host_access. NULL: there is nothing to do. */
    uint32_t (*open)(struct vfs_file *file, unsigned access);
    void (*close)(struct vfs_file *file);
    /* At `offset`, slices in order; *done counts also what came before an error. Reading ends at the end of the file. A
     * write behind it makes it longer, with zeroes between. WASI_ENOSPC, WASI_EFBIG, WASI_EIO. */
    uint32_t (*read)(struct vfs_file *file, const struct host_slice *slices, size_t count, uint64_t offset,
                     size_t *done);
    uint32_t (*write)(struct vfs_file *file, const struct host_slice *slices, size_t count, uint64_t offset,
                      size_t *done);
    /* Where the file ends at this moment, whoever else writes to it. NULL: where stat says. */
    uint32_t (*end)(struct vfs_file *file, uint64_t *size);
    uint32_t (*set_size)(struct vfs_file *file, uint64_t size); /* more is zeroes */
    /* Storage for these bytes, so that writing them cannot fail for want of it; the file is as long at least. NULL:
     * WASI_ENOTSUP. */
    uint32_t (*allocate)(struct vfs_file *file, uint64_t offset, uint64_t size);
};

/* --- nodes --- */

static inline void vfs_node_init(struct vfs_node *node, struct vfs *vfs, uint8_t type)
{
    *node = (struct vfs_node){.vfs = vfs, .references = 1, .type = type};
}

static inline struct vfs_node *vfs_get(struct vfs_node *node)
{
    node->references++;
    return node;
}

void vfs_put(struct vfs_node *node); /* NULL is fine */

static inline bool vfs_is_folder(const struct vfs_node *node)
{
    return node->type == WASI_FILETYPE_DIRECTORY;
}

/* Puts the file system with that root on a folder, for ever, and gives it its device number. Takes over the reference
 * to `root`. */
void vfs_mount(struct vfs_node *folder, struct vfs_node *root);

/* --- paths --- */

/* Where a path leads. vfs_place_fini gives the references back. */
struct vfs_place {
    struct vfs_node *dir;  /* the folder in which `name` is, or is not; NULL: the path ends in `.` or `..` */
    struct vfs_node *node; /* what is there, a mounted root in place of its folder; NULL: nothing */
    size_t size;
    char name[VFS_NAME_MAX + 1];
    bool wants_folder; /* the path ends in a slash */
};

/* Whether a symbolic link at the end of a path is followed. */
enum vfs_follow {
    VFS_FOLLOW_NEVER, /* for what is done to a name: making, moving, removing */
    VFS_FOLLOW_SLASH, /* only if a slash comes behind it */
    VFS_FOLLOW,
};

/* Follows a path from a folder. The last component may be absent; it is followed, if it is a symbolic link, where
 * `follow` says so. WASI_ENOTCAPABLE for a path that leads out of `base`, WASI_ELOOP after
 * 40 links, WASI_ENAMETOOLONG, WASI_EILSEQ for a zero in it, WASI_ENOENT, WASI_ENOTDIR. */
uint32_t vfs_walk(struct vfs_node *base, struct vfs_name path, enum vfs_follow follow, struct vfs_place *place);
void vfs_place_fini(struct vfs_place *place);

/* The node at a path: WASI_ENOENT where there is none, WASI_ENOTDIR where a slash comes behind what is no folder. */
uint32_t vfs_find(struct vfs_node *base, struct vfs_name path, bool follow, struct vfs_node **node);

uint32_t vfs_open(struct vfs_node *base, struct vfs_name path, const struct host_open *how, struct vfs_file *file);
void vfs_close(struct vfs_file *file);
uint32_t vfs_create_folder(struct vfs_node *base, struct vfs_name path);
uint32_t vfs_symlink(struct vfs_node *base, struct vfs_name path, struct vfs_name target);
uint32_t vfs_readlink(struct vfs_node *base, struct vfs_name path, char *target, size_t room, size_t *size);
uint32_t vfs_remove_file(struct vfs_node *base, struct vfs_name path);
uint32_t vfs_remove_folder(struct vfs_node *base, struct vfs_name path);
uint32_t vfs_link(struct vfs_node *base, struct vfs_name path, bool follow, struct vfs_node *new_base,
                  struct vfs_name new_path);
uint32_t vfs_rename(struct vfs_node *base, struct vfs_name path, struct vfs_node *new_base, struct vfs_name new_path);
uint32_t vfs_stat(struct vfs_node *node, struct wasi_filestat *stat);
uint32_t vfs_set_times(struct vfs_node *node, const struct host_times *times);

#endif
