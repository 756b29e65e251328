/* operations.c: the VFS's operations. Each change is volume_begin and what belongs to one transaction; whatever can be
 * refused, for want of space too, comes before the first change that could not be taken back. */
#include "ext4/volume.h"

enum { MODE_FILE = LINUX_S_IFREG | 0644, MODE_FOLDER = LINUX_S_IFDIR | 0755, MODE_LINK = LINUX_S_IFLNK | 0777 };
enum { LINKS_MAX = 65000 };

/* For what fails after something has been changed. */
static uint32_t half_done(struct volume *volume, uint32_t error)
{
    if (error)
        volume_fail(volume);
    return error ? WASI_EIO : WASI_SUCCESS;
}

static uint32_t ext4_lookup(struct vfs_node *dir, struct vfs_name name, struct vfs_node **node)
{
    ext2_ino_t number;
    struct ext4_node *found;
    uint32_t error = directory_find(ext4_node_of(dir), name, &number);
    if (!error)
        error = inode_get(volume_of(dir), number, &found);
    if (!error)
        *node = &found->node;
    return error;
}

/* --- making --- */

/* Lets a new inode go that could not be put into a folder. */
static uint32_t discard(struct ext4_node *node, uint32_t error)
{
    inode_drop_link(node);
    vfs_put(&node->node);
    return error;
}

/* In a block, as a part of the transaction that has begun. */
static uint32_t write_target(struct ext4_node *link, const char *target, size_t size)
{
    struct cached_page *block;
    uint32_t error = contents_append_block(link, &block);
    if (error)
        return error;
    memcpy(block->bytes, target, size);
    inode_set_size(link, size);
    return WASI_SUCCESS;
}

/* A new inode in a folder. What it needs of its own is there before it gets its name. */
static uint32_t make(struct vfs_node *dir, struct vfs_name name, uint32_t mode, const char *target, size_t target_size,
                     struct vfs_node **made)
{
    struct volume *volume = volume_of(dir);
    struct ext4_node *node;
    uint32_t error = volume_begin(volume);
    if (!error)
        error = inode_create(volume, ext4_node_of(dir)->number, mode, &node);
    if (error)
        return error;
    if (mode == MODE_FOLDER)
        error = directory_init(node, ext4_node_of(dir)->number);
    if (mode == MODE_LINK && target_size < sizeof node->inode.i_block) {
        memset(node->inode.i_block, 0, sizeof node->inode.i_block);
        memcpy(node->inode.i_block, target, target_size);
        node->inode.i_flags &= ~(uint32_t)EXT4_EXTENTS_FL;
        inode_set_size(node, target_size);
    } else if (mode == MODE_LINK) {
        error = write_target(node, target, target_size);
    }
    if (!error)
        error = directory_add(ext4_node_of(dir), name, node);
    if (error)
        return discard(node, error);
    *made = &node->node;
    return WASI_SUCCESS;
}

static uint32_t ext4_create(struct vfs_node *dir, struct vfs_name name, uint8_t type, struct vfs_node **node)
{
    struct ext4_node *folder = ext4_node_of(dir);
    if (type != WASI_FILETYPE_DIRECTORY)
        return make(dir, name, MODE_FILE, NULL, 0, node);
    if (folder->inode.i_links_count >= LINKS_MAX)
        return WASI_EMLINK;
    uint32_t error = make(dir, name, MODE_FOLDER, NULL, 0, node);
    if (error)
        return error;
    ext4_node_of(*node)->inode.i_links_count = 2; /* its `.` */
    inode_mark_dirty(ext4_node_of(*node));
    folder->inode.i_links_count++; /* its `..` */
    inode_mark_dirty(folder);
    return WASI_SUCCESS;
}

static uint32_t ext4_symlink(struct vfs_node *dir, struct vfs_name name, struct vfs_name target)
{
    struct vfs_node *node;
    if (target.size >= CACHE_BLOCK)
        return WASI_ENAMETOOLONG;
    uint32_t error = make(dir, name, MODE_LINK, target.text, target.size, &node);
    if (!error)
        vfs_put(node);
    return error;
}

static uint32_t ext4_link(struct vfs_node *dir, struct vfs_name name, struct vfs_node *node)
{
    struct ext4_node *linked = ext4_node_of(node);
    if (linked->inode.i_links_count >= LINKS_MAX)
        return WASI_EMLINK;
    if (linked->inode.i_links_count == 0)
        return WASI_ENOENT; /* its last name is gone, and it is about to go */
    uint32_t error = volume_begin(volume_of(dir));
    if (!error)
        error = directory_add(ext4_node_of(dir), name, linked);
    if (error)
        return error;
    linked->inode.i_links_count++;
    inode_touch(linked, INODE_CHANGE);
    return WASI_SUCCESS;
}

/* --- removing and moving --- */

/* An inode has lost the name by which it was in a folder. A folder's `.` and `..` go with it. */
static void lose_name(struct ext4_node *folder, struct ext4_node *node)
{
    if (vfs_is_folder(&node->node)) {
        node->inode.i_links_count = 1;
        folder->inode.i_links_count--;
        inode_mark_dirty(folder);
    }
    inode_drop_link(node);
}

static uint32_t ext4_remove(struct vfs_node *dir, struct vfs_name name, struct vfs_node *node)
{
    struct ext4_node *folder = ext4_node_of(dir);
    uint32_t error = vfs_is_folder(node) ? directory_is_empty(ext4_node_of(node)) : WASI_SUCCESS;
    if (!error)
        error = volume_begin(volume_of(dir));
    if (!error)
        error = directory_remove(folder, name);
    if (!error)
        lose_name(folder, ext4_node_of(node));
    return error;
}

/* Whether `folder` is `node` or lies in it. */
static uint32_t check_not_inside(struct vfs_node *node, struct vfs_node *folder)
{
    static const struct vfs_name dots = {"..", 2};
    struct volume *volume = volume_of(node);
    ext2_ino_t number = ext4_node_of(folder)->number;
    for (uint32_t limit = volume->fs->super->s_inodes_count; limit > 0; limit--) {
        struct ext4_node *at;
        if (number == ext4_node_of(node)->number)
            return WASI_EINVAL;
        if (number == EXT2_ROOT_INO)
            return WASI_SUCCESS;
        uint32_t error = inode_get(volume, number, &at);
        if (error)
            return error;
        error = vfs_is_folder(&at->node) ? directory_find(at, dots, &number) : WASI_EIO;
        vfs_put(&at->node);
        if (error)
            return error == WASI_ENOENT ? WASI_EIO : error;
    }
    return WASI_EIO;
}

static uint32_t check_replace(struct vfs_node *node, struct vfs_node *replaced)
{
    if (!replaced)
        return WASI_SUCCESS;
    if (!vfs_is_folder(replaced))
        return vfs_is_folder(node) ? WASI_ENOTDIR : WASI_SUCCESS;
    return vfs_is_folder(node) ? directory_is_empty(ext4_node_of(replaced)) : WASI_EISDIR;
}

/* A folder that moves has another parent. */
static uint32_t move_folder(struct ext4_node *node, struct ext4_node *from, struct ext4_node *to)
{
    static const struct vfs_name dots = {"..", 2};
    uint32_t error = directory_replace(node, dots, to);
    from->inode.i_links_count--;
    to->inode.i_links_count++;
    inode_mark_dirty(from);
    inode_mark_dirty(to);
    return error;
}

static uint32_t ext4_rename(struct vfs_node *dir, struct vfs_name name, struct vfs_node *node, struct vfs_node *new_dir,
                            struct vfs_name new_name, struct vfs_node *replaced)
{
    struct volume *volume = volume_of(dir);
    struct ext4_node *from = ext4_node_of(dir), *to = ext4_node_of(new_dir), *moved = ext4_node_of(node);
    uint32_t error = check_replace(node, replaced);
    if (!error && vfs_is_folder(node))
        error = check_not_inside(node, new_dir);
    if (!error)
        error = volume_begin(volume);
    if (!error)
        error = replaced ? directory_replace(to, new_name, moved) : directory_add(to, new_name, moved);
    if (error)
        return error;
    error = directory_remove(from, name);
    if (!error && replaced)
        lose_name(to, ext4_node_of(replaced));
    if (!error && vfs_is_folder(node) && from != to)
        error = move_folder(moved, from, to);
    inode_touch(moved, INODE_CHANGE);
    return half_done(volume, error);
}

static uint32_t ext4_readdir(struct vfs_file *file, uint64_t cookie, host_dirent_emit *emit, void *context)
{
    return directory_read(ext4_node_of(file->node), cookie, emit, context);
}

/* --- any node --- */

static uint32_t ext4_stat(struct vfs_node *node, struct wasi_filestat *stat)
{
    inode_stat(ext4_node_of(node), stat);
    return WASI_SUCCESS;
}

static uint32_t ext4_set_times(struct vfs_node *node, const struct host_times *times)
{
    struct ext4_node *changed = ext4_node_of(node);
    uint32_t error = volume_begin(volume_of(node));
    if (error)
        return error;
    if (times->set_access)
        inode_set_time(changed, INODE_ACCESS, times->access);
    if (times->set_modify)
        inode_set_time(changed, INODE_MODIFY, times->modify);
    inode_touch(changed, INODE_CHANGE);
    return WASI_SUCCESS;
}

static uint32_t ext4_readlink(struct vfs_node *node, char *target, size_t room, size_t *size)
{
    struct ext4_node *link = ext4_node_of(node);
    uint64_t length = inode_size(link);
    if (length == 0 || length > VFS_PATH_MAX)
        return WASI_EIO;
    room = length < room ? (size_t)length : room;
    struct host_slice slice = {target, room};
    *size = room;
    if (!ext2fs_is_fast_symlink((struct ext2_inode *)(void *)&link->inode))
        return contents_read(link, &slice, 1, 0, size);
    if (length > sizeof link->inode.i_block)
        return WASI_EIO;
    memcpy(target, link->inode.i_block, room);
    return WASI_SUCCESS;
}

/* What has been changed is one transaction, whichever file asks. */
static uint32_t ext4_sync(struct vfs_node *node, bool data_only)
{
    (void)data_only;
    struct volume *volume = volume_of(node);
    return volume->vfs.read_only ? WASI_SUCCESS : volume_commit(volume);
}

/* --- open files --- */

static uint32_t ext4_open(struct vfs_file *file, unsigned access)
{
    (void)access;
    bool has_contents = vfs_is_folder(file->node) || file->node->type == WASI_FILETYPE_REGULAR_FILE;
    return has_contents ? WASI_SUCCESS : WASI_ENOTSUP;
}

static uint32_t ext4_read(struct vfs_file *file, const struct host_slice *slices, size_t count, uint64_t offset,
                          size_t *done)
{
    return contents_read(ext4_node_of(file->node), slices, count, offset, done);
}

static uint32_t ext4_write(struct vfs_file *file, const struct host_slice *slices, size_t count, uint64_t offset,
                           size_t *done)
{
    return contents_write(ext4_node_of(file->node), slices, count, offset, done);
}

static uint32_t ext4_set_size(struct vfs_file *file, uint64_t size)
{
    uint32_t error = volume_begin(volume_of(file->node));
    return error ? error : contents_set_size(ext4_node_of(file->node), size);
}

static uint32_t ext4_allocate(struct vfs_file *file, uint64_t offset, uint64_t size)
{
    uint32_t error = volume_begin(volume_of(file->node));
    return error ? error : contents_allocate(ext4_node_of(file->node), offset, size);
}

const struct vfs_ops ext4_ops = {
    .lookup = ext4_lookup,
    .create = ext4_create,
    .symlink = ext4_symlink,
    .link = ext4_link,
    .remove = ext4_remove,
    .rename = ext4_rename,
    .readdir = ext4_readdir,
    .stat = ext4_stat,
    .set_times = ext4_set_times,
    .readlink = ext4_readlink,
    .sync = ext4_sync,
    .release = inode_release,
    .open = ext4_open,
    .read = ext4_read,
    .write = ext4_write,
    .set_size = ext4_set_size,
    .allocate = ext4_allocate,
};
