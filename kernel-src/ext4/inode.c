/* inode.c: nodes, and the inodes behind them. */
#include "arch/x86_64/time.h"
#include "dev/entropy.h"
#include "ext4/volume.h"

#define SECOND 1000000000u

enum { EXTRA_SIZE = 32 }; /* bytes of an inode behind the first 128 that we fill in */

/* Times of files go on in steps, of as many nanoseconds as on Linux, where they are those of its timer: a file that is
 * written to and synced all the time has a new inode for the journal once in a step only. */
enum { INODE_TICK = 4000000 };

/* --- nodes --- */

static struct ext4_node **bucket_of(struct volume *volume, ext2_ino_t number)
{
    return &volume->nodes[number % NODE_BUCKETS];
}

static uint8_t type_of(uint32_t mode)
{
    switch (mode & LINUX_S_IFMT) {
    case LINUX_S_IFREG:
        return WASI_FILETYPE_REGULAR_FILE;
    case LINUX_S_IFDIR:
        return WASI_FILETYPE_DIRECTORY;
    case LINUX_S_IFLNK:
        return WASI_FILETYPE_SYMBOLIC_LINK;
    case LINUX_S_IFCHR:
        return WASI_FILETYPE_CHARACTER_DEVICE;
    case LINUX_S_IFBLK:
        return WASI_FILETYPE_BLOCK_DEVICE;
    case LINUX_S_IFSOCK:
        return WASI_FILETYPE_SOCKET_STREAM;
    default:
        return WASI_FILETYPE_UNKNOWN;
    }
}

static struct ext2_inode *plain(struct ext4_node *node)
{
    return (struct ext2_inode *)(void *)&node->inode;
}

static struct ext4_node *add_node(struct volume *volume, ext2_ino_t number, const struct ext2_inode_large *inode)
{
    struct ext4_node *node = heap_alloc_zeroed(&ext4_heap, 1, sizeof *node);
    if (!node)
        return NULL;
    vfs_node_init(&node->node, &volume->vfs, type_of(inode->i_mode));
    node->number = number;
    node->inode = *inode;
    node->next = *bucket_of(volume, number);
    *bucket_of(volume, number) = node;
    return node;
}

static void remove_node(struct volume *volume, struct ext4_node *node)
{
    struct ext4_node **at = bucket_of(volume, node->number);
    while (*at != node)
        at = &(*at)->next;
    *at = node->next;
    if (node->dirty) {
        at = &volume->dirty_nodes;
        while (*at != node)
            at = &(*at)->next_dirty;
        *at = node->next_dirty;
        volume->dirty_count--;
    }
    heap_free(&ext4_heap, node);
}

static struct ext4_node *find_node(struct volume *volume, ext2_ino_t number)
{
    struct ext4_node *node = *bucket_of(volume, number);
    while (node && node->number != number)
        node = node->next;
    return node;
}

static errcode_t read_inode(struct volume *volume, ext2_ino_t number, struct ext2_inode_large *inode)
{
    memset(inode, 0, sizeof *inode);
    return ext2fs_read_inode_full(volume->fs, number, (struct ext2_inode *)(void *)inode, sizeof *inode);
}

uint32_t inode_get(struct volume *volume, ext2_ino_t number, struct ext4_node **node)
{
    struct ext2_inode_large inode;
    *node = find_node(volume, number);
    if (*node) {
        vfs_get(&(*node)->node);
        return WASI_SUCCESS;
    }
    if (number != EXT2_ROOT_INO && number < EXT2_FIRST_INODE(volume->fs->super))
        return WASI_EIO; /* one of the file system's own */
    errcode_t error = read_inode(volume, number, &inode);
    if (error)
        return volume_error(error);
    if (inode.i_links_count == 0 || inode.i_flags & (EXT4_INLINE_DATA_FL | EXT4_EA_INODE_FL))
        return WASI_EIO;
    *node = add_node(volume, number, &inode);
    return *node ? WASI_SUCCESS : WASI_ENOMEM;
}

/* --- writing them --- */

void inode_mark_dirty(struct ext4_node *node)
{
    struct volume *volume = volume_of(&node->node);
    if (node->dirty)
        return;
    node->dirty = true;
    node->next_dirty = volume->dirty_nodes;
    volume->dirty_nodes = node;
    volume->dirty_count++;
}

static errcode_t write_inode(struct ext4_node *node)
{
    return ext2fs_write_inode_full(volume_of(&node->node)->fs, node->number, plain(node), sizeof node->inode);
}

errcode_t inode_write_all(struct volume *volume)
{
    while (volume->dirty_nodes) {
        struct ext4_node *node = volume->dirty_nodes;
        errcode_t error = write_inode(node);
        if (error)
            return error;
        node->dirty = false;
        volume->dirty_nodes = node->next_dirty;
        volume->dirty_count--;
    }
    return 0;
}

uint32_t inode_create(struct volume *volume, ext2_ino_t folder, uint32_t mode, struct ext4_node **node)
{
    ext2_filsys fs = volume->fs;
    ext2_ino_t number;
    errcode_t error = ext2fs_new_inode(fs, folder, (int)mode, NULL, &number);
    if (error)
        return volume_error(error);
    struct ext2_inode_large inode = {
        .i_mode = (uint16_t)mode,
        .i_links_count = 1,
        .i_flags = EXT4_EXTENTS_FL,
        .i_extra_isize = EXTRA_SIZE,
    };
    entropy_read(&inode.i_generation, sizeof inode.i_generation);
    struct ext3_extent_header *header = (void *)inode.i_block;
    header->eh_magic = EXT3_EXT_MAGIC;
    header->eh_max = (sizeof inode.i_block - sizeof *header) / sizeof(struct ext3_extent);
    *node = add_node(volume, number, &inode);
    if (!*node)
        return WASI_ENOMEM;
    inode_touch(*node, INODE_ACCESS | INODE_MODIFY | INODE_CHANGE);
    (*node)->inode.i_crtime = (*node)->inode.i_ctime;
    (*node)->inode.i_crtime_extra = (*node)->inode.i_ctime_extra;
    ext2fs_inode_alloc_stats2(fs, number, +1, (mode & LINUX_S_IFMT) == LINUX_S_IFDIR);
    /* At once: the library's functions read the inode from the table. */
    error = write_inode(*node);
    if (error) {
        volume_fail(volume);
        vfs_put(&(*node)->node);
    }
    return volume_error(error);
}

/* --- fields --- */

uint64_t inode_size(const struct ext4_node *node)
{
    return node->inode.i_size | (uint64_t)node->inode.i_size_high << 32;
}

void inode_set_size(struct ext4_node *node, uint64_t size)
{
    node->inode.i_size = (uint32_t)size;
    node->inode.i_size_high = (uint32_t)(size >> 32);
    inode_mark_dirty(node);
}

/* Seconds since 1970 have 32 bits with a sign, and two more in the extra field, below the nanoseconds. */
void inode_set_time(struct ext4_node *node, enum inode_time which, uint64_t nanoseconds)
{
    uint64_t seconds = nanoseconds / SECOND;
    const uint64_t last = 0x37fffffffu; /* in the year 2446 */
    seconds = seconds < last ? seconds : last;
    uint32_t low = (uint32_t)seconds;
    uint32_t epoch = (uint32_t)((seconds - (uint64_t)(int64_t)(int32_t)low) >> 32) & 3;
    uint32_t extra = (uint32_t)(nanoseconds % SECOND) << 2 | epoch;
    struct ext2_inode_large *inode = &node->inode;
    if (which & INODE_ACCESS)
        inode->i_atime = low, inode->i_atime_extra = extra;
    if (which & INODE_MODIFY)
        inode->i_mtime = low, inode->i_mtime_extra = extra;
    if (which & INODE_CHANGE)
        inode->i_ctime = low, inode->i_ctime_extra = extra;
    inode_mark_dirty(node);
}

static uint64_t clock_of_files(void)
{
    uint64_t now = time_wall();
    return now - now % INODE_TICK;
}

void inode_touch(struct ext4_node *node, unsigned which)
{
    uint64_t now = clock_of_files();
    for (unsigned bit = INODE_ACCESS; bit <= INODE_CHANGE; bit <<= 1)
        if (which & bit)
            inode_set_time(node, bit, now);
}

static uint64_t get_time(uint32_t low, uint32_t extra)
{
    int64_t seconds = (int64_t)(int32_t)low + ((int64_t)(extra & 3) << 32);
    return seconds < 0 ? 0 : (uint64_t)seconds * SECOND + (extra >> 2) % SECOND;
}

void inode_stat(const struct ext4_node *node, struct wasi_filestat *stat)
{
    const struct ext2_inode_large *inode = &node->inode;
    stat->inode = node->number;
    stat->filetype = node->node.type;
    stat->link_count = inode->i_links_count;
    stat->size = inode_size(node);
    stat->access_time = get_time(inode->i_atime, inode->i_atime_extra);
    stat->modify_time = get_time(inode->i_mtime, inode->i_mtime_extra);
    stat->change_time = get_time(inode->i_ctime, inode->i_ctime_extra);
}

void inode_touch_contents(struct ext4_node *node)
{
    struct wasi_filestat stat;
    uint64_t now = clock_of_files();
    inode_stat(node, &stat);
    if (stat.modify_time != now || stat.change_time != now)
        inode_touch(node, INODE_MODIFY | INODE_CHANGE);
}

/* --- the end of an inode --- */

/* The superblock has the first inode of the list, each inode the next one in its time of deletion. */
static void add_orphan(struct volume *volume, struct ext4_node *node)
{
    node->inode.i_dtime = volume->fs->super->s_last_orphan;
    volume->fs->super->s_last_orphan = node->number;
    ext2fs_mark_super_dirty(volume->fs);
    inode_mark_dirty(node);
}

/* The inodes of the list all have nodes, for they are in use. */
static bool remove_orphan(struct volume *volume, struct ext4_node *node)
{
    uint32_t *at = &volume->fs->super->s_last_orphan;
    struct ext4_node *before = NULL;
    while (*at != node->number) {
        before = *at ? find_node(volume, *at) : NULL;
        if (!before)
            return false;
        at = &before->inode.i_dtime;
    }
    *at = node->inode.i_dtime;
    if (before)
        inode_mark_dirty(before);
    ext2fs_mark_super_dirty(volume->fs);
    return true;
}

void inode_drop_link(struct ext4_node *node)
{
    node->inode.i_links_count--;
    inode_touch(node, INODE_CHANGE);
    if (node->inode.i_links_count == 0)
        add_orphan(volume_of(&node->node), node);
}

/* Whether it has blocks of contents. A short symbolic link has its text in the place of their numbers, and a device its
 * own number, whatever their attributes take. */
static bool has_contents(struct ext4_node *node)
{
    if (node->inode.i_blocks == 0 && node->inode.osd2.linux2.l_i_blocks_hi == 0)
        return false;
    if (node->node.type == WASI_FILETYPE_SYMBOLIC_LINK)
        return !ext2fs_is_fast_symlink(plain(node));
    return vfs_is_folder(&node->node) || node->node.type == WASI_FILETYPE_REGULAR_FILE;
}

static errcode_t free_inode(struct volume *volume, struct ext4_node *node)
{
    bool folder = vfs_is_folder(&node->node);
    errcode_t error = ext2fs_free_ext_attr(volume->fs, node->number, &node->inode);
    if (!error && has_contents(node))
        error = contents_punch(node, 0, ~0ull);
    if (error)
        return error;
    inode_set_size(node, 0);
    node->inode.i_dtime = (uint32_t)(time_wall() / SECOND);
    error = write_inode(node);
    if (!error)
        ext2fs_inode_alloc_stats2(volume->fs, node->number, -1, folder);
    return error;
}

void inode_release(struct vfs_node *released)
{
    struct volume *volume = volume_of(released);
    struct ext4_node *node = ext4_node_of(released);
    if (node->inode.i_links_count == 0 && vfs_is_folder(released))
        names_drop(node);
    if (node->inode.i_links_count == 0 && !volume->vfs.read_only && volume_begin(volume) == 0)
        if (!remove_orphan(volume, node) || free_inode(volume, node) != 0)
            volume_fail(volume);
    if (node->dirty && !volume->failed && write_inode(node) != 0)
        volume_fail(volume);
    remove_node(volume, node);
}

/* A file that was still open when the power went has lost its last name, or was to be cut to its size. */
static bool finish_orphan(struct volume *volume, struct ext4_node *node)
{
    if (node->inode.i_links_count == 0)
        return free_inode(volume, node) == 0;
    node->inode.i_dtime = 0;
    inode_mark_dirty(node);
    return contents_set_size(node, inode_size(node)) == 0;
}

bool inode_finish_orphans(struct volume *volume)
{
    uint32_t *first = &volume->fs->super->s_last_orphan;
    for (uint32_t limit = volume->fs->super->s_inodes_count; *first != 0 && limit > 0; limit--) {
        struct ext2_inode_large inode;
        ext2_ino_t number = *first;
        if (number < EXT2_FIRST_INODE(volume->fs->super) || volume_begin(volume) != 0 ||
            read_inode(volume, number, &inode) != 0)
            return false;
        struct ext4_node *node = add_node(volume, number, &inode);
        if (!node)
            return false;
        *first = inode.i_dtime;
        ext2fs_mark_super_dirty(volume->fs);
        bool good = finish_orphan(volume, node) && (!node->dirty || write_inode(node) == 0);
        remove_node(volume, node);
        if (!good)
            return false;
    }
    return *first == 0;
}
