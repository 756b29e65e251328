/* fuse.c: the VFS's operations as requests to a FUSE server. See fuse.h. */
#include "fs/fuse.h"

#include "arch/x86_64/time.h"
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

/* Sends a request whose reply is the node's attributes. */
static uint32_t take_attr(struct fuse_node *node)
{
    struct fuse_attr_out out;
    uint32_t error = fuse_send(fuse_of(&node->node), &out, sizeof out);
    if (error)
        return error;
    if (fuse_type_of(out.attr.mode) != node->node.type)
        return WASI_EIO;
    fuse_set_attr(node, &out.attr, out.valid, out.valid_nanoseconds);
    return WASI_SUCCESS;
}

static uint32_t fuse_stat(struct vfs_node *node, struct wasi_filestat *stat)
{
    struct fuse *fuse = fuse_of(node);
    struct fuse_node *asked = fuse_node_of(node);
    if (time_now() >= asked->attr_until) {
        struct fuse_getattr_in in = {0};
        fuse_begin(fuse, FUSE_GETATTR, asked->id);
        fuse_put(fuse, &in, sizeof in);
        uint32_t error = take_attr(asked);
        if (error)
            return error;
    }
    fill_stat(&asked->attr, stat);
    return WASI_SUCCESS;
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
    return take_attr(fuse_node_of(node));
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

static uint32_t open_handle(struct vfs_node *node, uint32_t flags, uint64_t *handle)
{
    struct fuse *fuse = fuse_of(node);
    struct fuse_open_in in = {.flags = flags};
    struct fuse_open_out out;
    fuse_begin(fuse, vfs_is_folder(node) ? FUSE_OPENDIR : FUSE_OPEN, fuse_node_of(node)->id);
    fuse_put(fuse, &in, sizeof in);
    uint32_t error = fuse_send(fuse, &out, sizeof out);
    *handle = out.handle;
    return error;
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
    bool folder = vfs_is_folder(file->node);
    /* Whatever else the host has there could block its server for ever. */
    if (!folder && file->node->type != WASI_FILETYPE_REGULAR_FILE)
        return WASI_ENOTSUP;
    uint32_t error = open_handle(file->node, folder ? O_DIRECTORY : flags[access & 3], &file->handle);
    if (!error) {
        node->handle = file->handle;
        node->has_handle = true;
    }
    return error;
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
    uint64_t handle = fuse_node_of(node)->handle;
    if (fuse_node_of(node)->has_handle)
        return sync_handle(node, handle, data_only);
    uint32_t error = open_handle(node, vfs_is_folder(node) ? O_DIRECTORY : O_RDONLY, &handle);
    if (error)
        return error;
    error = sync_handle(node, handle, data_only);
    close_handle(node, handle);
    return error;
}

/* --- contents --- */

/* The physical memory of the next bytes of a list of slices. */
struct gathered {
    struct virtq_slice slices[VIRTIO_FS_SLICES_MAX - 2];
    unsigned count;
    size_t size;
};

/* A piece that lies in one page. Memory of the program may not have been touched before, and is not mapped then. */
static bool gather_piece(struct gathered *gathered, const char *bytes, size_t size)
{
    (void)*(volatile const char *)bytes;
    uint64_t address = page_phys(bytes);
    struct virtq_slice *last = gathered->count ? &gathered->slices[gathered->count - 1] : NULL;
    if (last && last->address + last->size == address)
        last->size += (uint32_t)size;
    else if (gathered->count == sizeof gathered->slices / sizeof *gathered->slices)
        return false;
    else
        gathered->slices[gathered->count++] = (struct virtq_slice){address, (uint32_t)size};
    gathered->size += size;
    return true;
}

/* Gathers up to `limit` bytes of the slices, without the first `skip`. */
static void gather(struct gathered *gathered, const struct host_slice *slices, size_t count, size_t skip, size_t limit)
{
    gathered->count = 0;
    gathered->size = 0;
    for (size_t i = 0; i < count; i++) {
        size_t begin = skip < slices[i].size ? skip : slices[i].size;
        skip -= begin;
        const char *bytes = (const char *)slices[i].data + begin;
        for (size_t rest = slices[i].size - begin; rest > 0 && gathered->size < limit;) {
            size_t in_page = PAGE_SIZE - ((uintptr_t)bytes & (PAGE_SIZE - 1));
            size_t size = rest < in_page ? rest : in_page;
            size = size < limit - gathered->size ? size : limit - gathered->size;
            if (!gather_piece(gathered, bytes, size))
                return;
            bytes += size;
            rest -= size;
        }
    }
}

static uint32_t fuse_read(struct vfs_file *file, const struct host_slice *slices, size_t count, uint64_t offset,
                          size_t *done)
{
    struct fuse *fuse = fuse_of(file->node);
    struct gathered gathered;
    *done = 0;
    for (;;) {
        gather(&gathered, slices, count, *done, FUSE_TRANSFER_MAX);
        if (gathered.size == 0)
            return WASI_SUCCESS;
        struct fuse_read_in in = {.handle = file->handle, .offset = offset + *done, .size = (uint32_t)gathered.size};
        size_t came;
        fuse_begin(fuse, FUSE_READ, fuse_node_of(file->node)->id);
        fuse_put(fuse, &in, sizeof in);
        uint32_t error = fuse_send_contents(fuse, gathered.slices, 0, gathered.count, NULL, 0, &came);
        if (error)
            return error;
        *done += came;
        if (came < gathered.size)
            return WASI_SUCCESS; /* the end of the file */
    }
}

static uint32_t fuse_write(struct vfs_file *file, const struct host_slice *slices, size_t count, uint64_t offset,
                           size_t *done)
{
    struct fuse *fuse = fuse_of(file->node);
    struct gathered gathered;
    *done = 0;
    changed(file->node);
    for (;;) {
        gather(&gathered, slices, count, *done, fuse->transfer_max);
        if (gathered.size == 0)
            return WASI_SUCCESS;
        struct fuse_write_in in = {.handle = file->handle, .offset = offset + *done, .size = (uint32_t)gathered.size};
        struct fuse_write_out out;
        size_t none;
        fuse_begin(fuse, FUSE_WRITE, fuse_node_of(file->node)->id);
        fuse_put(fuse, &in, sizeof in);
        uint32_t error = fuse_send_contents(fuse, gathered.slices, gathered.count, 0, &out, sizeof out, &none);
        if (error)
            return error;
        if (out.size == 0 || out.size > gathered.size)
            return WASI_EIO;
        *done += out.size;
    }
}

static uint32_t fuse_set_size(struct vfs_file *file, uint64_t size)
{
    struct fuse *fuse = fuse_of(file->node);
    struct fuse_setattr_in in = {.valid = FUSE_SET_SIZE | FUSE_SET_BY_HANDLE, .handle = file->handle, .size = size};
    fuse_begin(fuse, FUSE_SETATTR, fuse_node_of(file->node)->id);
    fuse_put(fuse, &in, sizeof in);
    return take_attr(fuse_node_of(file->node));
}

static uint32_t fuse_allocate(struct vfs_file *file, uint64_t offset, uint64_t size)
{
    struct fuse *fuse = fuse_of(file->node);
    struct fuse_fallocate_in in = {.handle = file->handle, .offset = offset, .size = size};
    fuse_begin(fuse, FUSE_FALLOCATE, fuse_node_of(file->node)->id);
    fuse_put(fuse, &in, sizeof in);
    changed(file->node);
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
    .read = fuse_read,
    .write = fuse_write,
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
    if (!virtio_fs_start(&fuse->transport, tag) || !fuse_start(fuse))
        return NULL;
    return fuse_make_root(fuse);
}
