/* fuse.c: the VFS's operations as requests to a FUSE server. See fuse.h. */
#include "fs/fuse.h"

#include "fs/fuse_client.h"
#include "mm/page.h"

/* Linux's numbers on x86-64. */
enum { MODE_FOLDER = 0040755, MODE_FILE = 0100644 };
enum { O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_DIRECTORY = 0200000 };

#define SECOND 1000000000u

/* --- folders --- */

/* Sends a request whose reply is an entry. */
static uint32_t take_entry(struct fuse_node *dir, struct vfs_name name, struct vfs_node **node)
{
    struct fuse_entry entry;
    struct fuse_node *found;
    uint32_t error = fuse_send(fuse_of(&dir->node), &entry, sizeof entry);
    if (!error)
        error = fuse_take_entry(dir, name, &entry, &found);
    if (!error)
        *node = &found->node;
    return error;
}

static uint32_t fuse_lookup(struct vfs_node *dir, struct vfs_name name, struct vfs_node **node)
{
    struct fuse *fuse = fuse_of(dir);
    struct fuse_node *known = fuse_find_name(fuse_node_of(dir), name);
    if (known) {
        *node = &known->node;
        return WASI_SUCCESS;
    }
    fuse_begin(fuse, FUSE_LOOKUP, fuse_node_of(dir)->id);
    fuse_put_name(fuse, name);
    return take_entry(fuse_node_of(dir), name, node);
}

/* A folder's own times and size change with its entries. */
static void changed(struct vfs_node *node)
{
    fuse_node_of(node)->attr_until = 0;
}

static uint32_t fuse_create(struct vfs_node *dir, struct vfs_name name, uint8_t type, struct vfs_node **node)
{
    struct fuse *fuse = fuse_of(dir);
    fuse_drop_name(fuse_node_of(dir), name);
    if (type == WASI_FILETYPE_DIRECTORY) {
        struct fuse_mkdir_in in = {.mode = MODE_FOLDER};
        fuse_begin(fuse, FUSE_MKDIR, fuse_node_of(dir)->id);
        fuse_put(fuse, &in, sizeof in);
    } else {
        struct fuse_mknod_in in = {.mode = MODE_FILE};
        fuse_begin(fuse, FUSE_MKNOD, fuse_node_of(dir)->id);
        fuse_put(fuse, &in, sizeof in);
    }
    fuse_put_name(fuse, name);
    changed(dir);
    return take_entry(fuse_node_of(dir), name, node);
}

static uint32_t fuse_symlink(struct vfs_node *dir, struct vfs_name name, struct vfs_name target)
{
    struct fuse *fuse = fuse_of(dir);
    struct vfs_node *node;
    fuse_drop_name(fuse_node_of(dir), name);
    fuse_begin(fuse, FUSE_SYMLINK, fuse_node_of(dir)->id);
    fuse_put_name(fuse, name);
    fuse_put_name(fuse, target);
    changed(dir);
    uint32_t error = take_entry(fuse_node_of(dir), name, &node);
    if (!error)
        vfs_put(node);
    return error;
}

static uint32_t fuse_link(struct vfs_node *dir, struct vfs_name name, struct vfs_node *node)
{
    struct fuse *fuse = fuse_of(dir);
    struct fuse_link_in in = {.node = fuse_node_of(node)->id};
    struct vfs_node *linked;
    fuse_drop_name(fuse_node_of(dir), name);
    fuse_begin(fuse, FUSE_LINK, fuse_node_of(dir)->id);
    fuse_put(fuse, &in, sizeof in);
    fuse_put_name(fuse, name);
    changed(dir);
    uint32_t error = take_entry(fuse_node_of(dir), name, &linked);
    if (!error)
        vfs_put(linked);
    return error;
}

static uint32_t fuse_remove(struct vfs_node *dir, struct vfs_name name, struct vfs_node *node)
{
    struct fuse *fuse = fuse_of(dir);
    fuse_begin(fuse, vfs_is_folder(node) ? FUSE_RMDIR : FUSE_UNLINK, fuse_node_of(dir)->id);
    fuse_put_name(fuse, name);
    uint32_t error = fuse_send(fuse, NULL, 0);
    fuse_drop_name(fuse_node_of(dir), name);
    changed(dir);
    changed(node);
    if (!error)
        fuse_node_of(node)->removed = true;
    return error;
}

static uint32_t fuse_rename(struct vfs_node *dir, struct vfs_name name, struct vfs_node *node, struct vfs_node *new_dir,
                            struct vfs_name new_name, struct vfs_node *replaced)
{
    struct fuse *fuse = fuse_of(dir);
    struct fuse_rename_in in = {.new_dir = fuse_node_of(new_dir)->id};
    fuse_begin(fuse, FUSE_RENAME, fuse_node_of(dir)->id);
    fuse_put(fuse, &in, sizeof in);
    fuse_put_name(fuse, name);
    fuse_put_name(fuse, new_name);
    uint32_t error = fuse_send(fuse, NULL, 0);
    fuse_drop_name(fuse_node_of(dir), name);
    fuse_drop_name(fuse_node_of(new_dir), new_name);
    changed(dir);
    changed(new_dir);
    changed(node);
    if (replaced) {
        changed(replaced);
        fuse_node_of(replaced)->removed |= !error;
    }
    return error;
}

/* Emits what a reply to READDIR holds. *next is the offset behind the last entry that was taken. WASI_EIO where it is
 * no list of entries. */
static uint32_t emit_entries(const char *bytes, size_t size, uint64_t *next, bool *more, host_dirent_emit *emit,
                             void *context)
{
    while (size > 0) {
        struct fuse_dirent entry;
        if (size < sizeof entry)
            return WASI_EIO;
        __builtin_memcpy(&entry, bytes, sizeof entry);
        uint64_t length = (sizeof entry + (uint64_t)entry.name_size + 7) & ~7ull;
        const char *name = bytes + sizeof entry;
        if (length > size || entry.name_size == 0 || entry.name_size > VFS_NAME_MAX)
            return WASI_EIO;
        for (size_t i = 0; i < entry.name_size; i++)
            if (name[i] == '/' || name[i] == 0)
                return WASI_EIO;
        struct host_dirent told = {
            .name = name,
            .size = entry.name_size,
            .inode = entry.inode,
            .next = entry.next,
            .type = fuse_type_of((entry.type & 15) << 12),
        };
        *more = emit(context, &told);
        if (!*more)
            return WASI_SUCCESS;
        *next = entry.next;
        bytes += length;
        size -= length;
    }
    return WASI_SUCCESS;
}

static uint32_t fuse_readdir(struct vfs_file *file, uint64_t cookie, host_dirent_emit *emit, void *context)
{
    enum { ROOM = 4096 };
    struct fuse *fuse = fuse_of(file->node);
    for (bool more = true; more;) {
        struct fuse_read_in in = {.handle = file->handle, .offset = cookie, .size = ROOM};
        const char *bytes;
        size_t size;
        fuse_begin(fuse, FUSE_READDIR, fuse_node_of(file->node)->id);
        fuse_put(fuse, &in, sizeof in);
        uint32_t error = fuse_send_any(fuse, ROOM, &bytes, &size);
        if (error || size == 0)
            return error;
        error = emit_entries(bytes, size, &cookie, &more, emit, context);
        if (error)
            return error;
    }
    return WASI_SUCCESS;
}

/* --- any node --- */

static uint64_t nanoseconds(uint64_t seconds, uint32_t rest)
{
    uint64_t whole;
    bool overflow = __builtin_mul_overflow(seconds, (uint64_t)SECOND, &whole);
    overflow |= __builtin_add_overflow(whole, (uint64_t)rest, &whole);
    return overflow ? UINT64_MAX : whole;
}

static void fill_stat(const struct fuse_attr *attr, struct wasi_filestat *stat)
{
    stat->inode = attr->inode;
    stat->filetype = fuse_type_of(attr->mode);
    stat->link_count = attr->link_count;
    stat->size = attr->size;
    stat->access_time = nanoseconds(attr->access_time, attr->access_nanoseconds);
    stat->modify_time = nanoseconds(attr->modify_time, attr->modify_nanoseconds);
    stat->change_time = nanoseconds(attr->change_time, attr->change_nanoseconds);
}

static uint32_t fuse_stat(struct vfs_node *node, struct wasi_filestat *stat)
{
    uint32_t error = fuse_check_attr(fuse_node_of(node));
    if (!error)
        fill_stat(&fuse_node_of(node)->attr, stat);
    return error;
}

static uint32_t fuse_set_times(struct vfs_node *node, const struct host_times *times)
{
    struct fuse *fuse = fuse_of(node);
    struct fuse_setattr_in in = {
        .valid = (times->set_access ? FUSE_SET_ACCESS : 0u) | (times->set_modify ? FUSE_SET_MODIFY : 0u),
        .access_time = times->access / SECOND,
        .access_nanoseconds = (uint32_t)(times->access % SECOND),
        .modify_time = times->modify / SECOND,
        .modify_nanoseconds = (uint32_t)(times->modify % SECOND),
    };
    fuse_begin(fuse, FUSE_SETATTR, fuse_node_of(node)->id);
    fuse_put(fuse, &in, sizeof in);
    return fuse_take_attr(fuse_node_of(node));
}

static uint32_t fuse_readlink(struct vfs_node *node, char *target, size_t room, size_t *size)
{
    struct fuse *fuse = fuse_of(node);
    const char *text;
    fuse_begin(fuse, FUSE_READLINK, fuse_node_of(node)->id);
    uint32_t error = fuse_send_any(fuse, VFS_PATH_MAX, &text, size);
    if (error)
        return error;
    *size = *size < room ? *size : room;
    __builtin_memcpy(target, text, *size);
    return WASI_SUCCESS;
}

/* --- open files and folders --- */

static uint32_t open_handle(struct vfs_node *node, uint32_t flags, struct fuse_open_out *out)
{
    struct fuse *fuse = fuse_of(node);
    struct fuse_open_in in = {.flags = flags};
    fuse_begin(fuse, vfs_is_folder(node) ? FUSE_OPENDIR : FUSE_OPEN, fuse_node_of(node)->id);
    fuse_put(fuse, &in, sizeof in);
    return fuse_send(fuse, out, sizeof *out);
}

static void close_handle(struct vfs_node *node, uint64_t handle)
{
    struct fuse *fuse = fuse_of(node);
    struct fuse_release_in in = {.handle = handle};
    fuse_begin(fuse, vfs_is_folder(node) ? FUSE_RELEASEDIR : FUSE_RELEASE, fuse_node_of(node)->id);
    fuse_put(fuse, &in, sizeof in);
    fuse_send(fuse, NULL, 0);
}

static uint32_t fuse_open(struct vfs_file *file, unsigned access)
{
    static const uint32_t flags[] = {O_RDONLY, O_RDONLY, O_WRONLY, O_RDWR};
    struct fuse_node *node = fuse_node_of(file->node);
    struct fuse_open_out out;
    bool folder = vfs_is_folder(file->node);
    /* Whatever else the host has there could block its server for ever. */
    if (!folder && file->node->type != WASI_FILETYPE_REGULAR_FILE)
        return WASI_ENOTSUP;
    if (!folder && node->attr_request != fuse_of(file->node)->unique)
        node->attr_until = 0; /* an open file has what was written to it before, and the walk did not ask just now */
    uint32_t error = open_handle(file->node, folder ? O_DIRECTORY : flags[access & 3], &out);
    if (error)
        return error;
    file->handle = node->handle = out.handle;
    node->has_handle = true;
    node->is_direct = out.open_flags & FUSE_OPEN_DIRECT;
    node->next_read = node->read_ahead = 0;
    return WASI_SUCCESS;
}

static void fuse_close(struct vfs_file *file)
{
    struct fuse_node *node = fuse_node_of(file->node);
    if (node->handle == file->handle)
        node->has_handle = false;
    close_handle(file->node, file->handle);
}

static uint32_t sync_handle(struct vfs_node *node, uint64_t handle, bool data_only)
{
    struct fuse *fuse = fuse_of(node);
    struct fuse_fsync_in in = {.handle = handle, .flags = data_only ? FUSE_FSYNC_DATA_ONLY : 0};
    fuse_begin(fuse, vfs_is_folder(node) ? FUSE_FSYNCDIR : FUSE_FSYNC, fuse_node_of(node)->id);
    fuse_put(fuse, &in, sizeof in);
    return fuse_send(fuse, NULL, 0);
}

/* Any open handle of the file does; where there is none, one is opened for it. */
static uint32_t fuse_sync(struct vfs_node *node, bool data_only)
{
    struct fuse_open_out out;
    if (fuse_node_of(node)->has_handle)
        return sync_handle(node, fuse_node_of(node)->handle, data_only);
    uint32_t error = open_handle(node, vfs_is_folder(node) ? O_DIRECTORY : O_RDONLY, &out);
    if (error)
        return error;
    error = sync_handle(node, out.handle, data_only);
    close_handle(node, out.handle);
    return error;
}

/* --- sizes --- */

static uint32_t fuse_end(struct vfs_file *file, uint64_t *size)
{
    struct fuse_node *node = fuse_node_of(file->node);
    node->attr_until = 0;
    uint32_t error = fuse_check_attr(node);
    *size = node->attr.size;
    return error;
}

static uint32_t fuse_set_size(struct vfs_file *file, uint64_t size)
{
    struct fuse *fuse = fuse_of(file->node);
    struct fuse_setattr_in in = {.valid = FUSE_SET_SIZE | FUSE_SET_BY_HANDLE, .handle = file->handle, .size = size};
    fuse_contents_changed(fuse_node_of(file->node));
    fuse_begin(fuse, FUSE_SETATTR, fuse_node_of(file->node)->id);
    fuse_put(fuse, &in, sizeof in);
    return fuse_take_attr(fuse_node_of(file->node));
}

static uint32_t fuse_allocate(struct vfs_file *file, uint64_t offset, uint64_t size)
{
    struct fuse *fuse = fuse_of(file->node);
    struct fuse_fallocate_in in = {.handle = file->handle, .offset = offset, .size = size};
    fuse_contents_changed(fuse_node_of(file->node));
    fuse_begin(fuse, FUSE_FALLOCATE, fuse_node_of(file->node)->id);
    fuse_put(fuse, &in, sizeof in);
    return fuse_send(fuse, NULL, 0);
}

/* --- mounting --- */

static const struct vfs_ops ops = {
    .lookup = fuse_lookup,
    .create = fuse_create,
    .symlink = fuse_symlink,
    .link = fuse_link,
    .remove = fuse_remove,
    .rename = fuse_rename,
    .readdir = fuse_readdir,
    .stat = fuse_stat,
    .set_times = fuse_set_times,
    .readlink = fuse_readlink,
    .sync = fuse_sync,
    .release = fuse_release,
    .open = fuse_open,
    .close = fuse_close,
    .read = fuse_contents_read,
    .write = fuse_contents_write,
    .end = fuse_end,
    .set_size = fuse_set_size,
    .allocate = fuse_allocate,
};

struct vfs_node *fuse_mount(const char *tag, bool read_only)
{
    /* The session's own memory comes in whole pages, so that no buffer crosses more than it must. */
    struct heap heap = {.limit = page_free_count() / 8};
    size_t pages = (sizeof(struct fuse) + PAGE_SIZE - 1) / PAGE_SIZE;
    struct fuse *fuse = pages_alloc(pages);
    char *buffers = fuse ? pages_alloc(2 * FUSE_BUFFER / PAGE_SIZE) : NULL;
    if (!buffers)
        return NULL;
    *fuse = (struct fuse){
        .vfs = {.ops = &ops, .read_only = read_only}, .heap = heap, .request = buffers, .reply = buffers + FUSE_BUFFER};
    if (!virtio_fs_start(&fuse->transport, tag) || !fuse_start(fuse) ||
        !page_cache_init(&fuse->pages, page_free_count() / 4))
        return NULL;
    return fuse_make_root(fuse);
}
