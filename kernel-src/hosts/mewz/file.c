/* file.c: files and folders are the VFS's (fs/vfs.h).
 *
 * The program is given one folder, the root. It is memory, over the tree that was built into the image if there is one;
 * without a tree it has an empty /tmp. Host folders and disks are mounted in it (mounts.h). */
#include "fs/drive.h"
#include "fs/memory.h"
#include "hosts/mewz/mounts.h"
#include "mm/page.h"
#include "panic.h"
#include "wasi/host_file.h"

/* What `mewz-cc build --dir` put into the image; absent, so at address 0, where there was nothing. */
extern const char mewz_tree_start[] __attribute__((weak));
extern const char mewz_tree_end[] __attribute__((weak));

/* Only in kernels whose files lie on a drive (sdk/link). */
#pragma weak drive_open
#pragma weak drive_read

struct host_file {
    struct vfs_file file;
};

static struct memory_fs root_fs;
static struct vfs_node *root;

static struct vfs_name name_of(struct host_path path)
{
    return (struct vfs_name){path.text, path.size};
}

static uint32_t take(const struct vfs_file *opened, struct host_file **file)
{
    *file = heap_alloc(&root_fs.heap, sizeof **file);
    if (!*file)
        return WASI_ENOMEM;
    (*file)->file = *opened;
    return WASI_SUCCESS;
}

/* --- the root --- */

/* How many pages files may have: the setting `tmp-max`, or half of what is free. */
static size_t page_limit(void)
{
    const char *text = host_setting("tmp-max", 0);
    uint64_t bytes = 0;
    if (!text)
        return page_free_count() / 2;
    for (; *text >= '0' && *text <= '9' && bytes < UINT64_MAX / 100; text++)
        bytes = bytes * 10 + (uint64_t)(*text - '0');
    if (*text)
        panic("files", "tmp-max is no number of bytes");
    return bytes / PAGE_SIZE;
}

static void mount_root(void)
{
    struct tree tree;
    size_t size = mewz_tree_start ? (size_t)(mewz_tree_end - mewz_tree_start) : 0;
    if (size && !tree_open(&tree, mewz_tree_start, size))
        panic("files", "the tree of files in the image is damaged");
    if (size && tree.files_size) {
        tree.read_files = drive_read;
        if (!drive_open || !drive_open((const struct mewz_tree *)(const void *)mewz_tree_start))
            panic("files", "no drive has the files of this kernel: give the machine its image, or the kernel's own ELF "
                           "file, as a virtio, SCSI or NVMe disk (QEMU: -drive "
                           "if=virtio,format=raw,readonly=on,file=NAME)");
    }
    size_t limit = page_limit();
    root = memory_fs_init(&root_fs, limit, size ? &tree : NULL);
    if (!root)
        panic("files", "no memory for the root folder");
    root_fs.heap.keep = limit / 16 < MEMORY_KEEP ? limit / 16 : MEMORY_KEEP;
    vfs_mount(NULL, root);
    if (!size)
        vfs_create_folder(root, (struct vfs_name){"tmp", 3});
    root = mounts_add(root);
}

uint32_t host_file_preopen(uint32_t index, struct host_file **folder, const char **name)
{
    static const struct host_open how = {.access = HOST_READ, .folder = true};
    struct vfs_file file;
    if (index > 0)
        return WASI_ENOENT;
    if (!root)
        mount_root();
    *name = "/";
    uint32_t error = vfs_open(root, (struct vfs_name){".", 1}, &how, &file);
    return error ? error : take(&file, folder);
}

/* --- open files --- */

uint32_t host_file_open(struct host_file *folder, struct host_path path, const struct host_open *how,
                        struct host_file **file)
{
    struct vfs_file opened;
    uint32_t error = vfs_open(folder->file.node, name_of(path), how, &opened);
    if (error)
        return error;
    error = take(&opened, file);
    if (error)
        vfs_close(&opened);
    return error;
}

void host_file_close(struct host_file *file)
{
    vfs_close(&file->file);
    heap_free(&root_fs.heap, file);
}

static const struct vfs_ops *ops_of(const struct host_file *file)
{
    return file->file.node->vfs->ops;
}

static bool is_file(const struct host_file *file)
{
    return !vfs_is_folder(file->file.node);
}

uint32_t host_file_read(struct host_file *file, const struct host_slice *slices, size_t count, uint64_t *offset,
                        size_t *done)
{
    *done = 0;
    if (!is_file(file))
        return WASI_EISDIR;
    uint32_t error = ops_of(file)->read(&file->file, slices, count, *offset, done);
    *offset += *done;
    return error;
}

/* Where a write begins. */
static uint32_t write_position(struct host_file *file, unsigned how, uint64_t *position)
{
    struct wasi_filestat stat;
    if (!(how & HOST_APPEND))
        return WASI_SUCCESS;
    if (ops_of(file)->end)
        return ops_of(file)->end(&file->file, position);
    uint32_t error = vfs_stat(file->file.node, &stat);
    *position = stat.size;
    return error;
}

uint32_t host_file_write(struct host_file *file, const struct host_slice *slices, size_t count, uint64_t *offset,
                         unsigned how, size_t *done)
{
    uint64_t position = *offset;
    *done = 0;
    if (!is_file(file))
        return WASI_EISDIR;
    uint32_t error = write_position(file, how, &position);
    if (!error)
        error = ops_of(file)->write(&file->file, slices, count, position, done);
    if (*done > 0)
        *offset = position + *done;
    if (!error && how & (HOST_SYNC_DATA | HOST_SYNC_ALL))
        error = ops_of(file)->sync(file->file.node, !(how & HOST_SYNC_ALL));
    return error;
}

uint32_t host_file_stat(struct host_file *file, struct wasi_filestat *stat)
{
    return vfs_stat(file->file.node, stat);
}

uint32_t host_file_set_size(struct host_file *file, uint64_t size)
{
    return is_file(file) ? ops_of(file)->set_size(&file->file, size) : WASI_EISDIR;
}

uint32_t host_file_set_times(struct host_file *file, const struct host_times *times)
{
    return vfs_set_times(file->file.node, times);
}

uint32_t host_file_allocate(struct host_file *file, uint64_t offset, uint64_t size)
{
    if (!is_file(file))
        return WASI_EISDIR;
    return ops_of(file)->allocate ? ops_of(file)->allocate(&file->file, offset, size) : WASI_ENOTSUP;
}

uint32_t host_file_sync(struct host_file *file, bool data_only)
{
    return ops_of(file)->sync(file->file.node, data_only);
}

uint32_t host_file_readdir(struct host_file *folder, uint64_t cookie, host_dirent_emit *emit, void *context)
{
    if (is_file(folder))
        return WASI_ENOTDIR;
    return ops_of(folder)->readdir(&folder->file, cookie, emit, context);
}

/* --- paths --- */

uint32_t host_path_stat(struct host_file *folder, struct host_path path, bool follow, struct wasi_filestat *stat)
{
    struct vfs_node *node;
    uint32_t error = vfs_find(folder->file.node, name_of(path), follow, &node);
    if (error)
        return error;
    error = vfs_stat(node, stat);
    vfs_put(node);
    return error;
}

uint32_t host_path_set_times(struct host_file *folder, struct host_path path, bool follow,
                             const struct host_times *times)
{
    struct vfs_node *node;
    uint32_t error = vfs_find(folder->file.node, name_of(path), follow, &node);
    if (error)
        return error;
    error = vfs_set_times(node, times);
    vfs_put(node);
    return error;
}

uint32_t host_path_create_folder(struct host_file *folder, struct host_path path)
{
    return vfs_create_folder(folder->file.node, name_of(path));
}

uint32_t host_path_remove_folder(struct host_file *folder, struct host_path path)
{
    return vfs_remove_folder(folder->file.node, name_of(path));
}

uint32_t host_path_remove_file(struct host_file *folder, struct host_path path)
{
    return vfs_remove_file(folder->file.node, name_of(path));
}

uint32_t host_path_symlink(struct host_file *folder, struct host_path path, struct host_path target)
{
    return vfs_symlink(folder->file.node, name_of(path), name_of(target));
}

uint32_t host_path_readlink(struct host_file *folder, struct host_path path, char *target, size_t room, size_t *size)
{
    return vfs_readlink(folder->file.node, name_of(path), target, room, size);
}

uint32_t host_path_link(struct host_file *folder, struct host_path path, bool follow, struct host_file *new_folder,
                        struct host_path new_path)
{
    return vfs_link(folder->file.node, name_of(path), follow, new_folder->file.node, name_of(new_path));
}

uint32_t host_path_rename(struct host_file *folder, struct host_path path, struct host_file *new_folder,
                          struct host_path new_path)
{
    return vfs_rename(folder->file.node, name_of(path), new_folder->file.node, name_of(new_path));
}
