/* memory.c: nodes of the file system in memory, and its operations (memory.h). */
#include "fs/memory.h"

static uint64_t now(void)
{
    return host_clock_now(HOST_CLOCK_REALTIME);
}

static void touch(struct memory_node *node)
{
    node->modify = node->change = now();
}

/* --- making and forgetting nodes --- */

static struct memory_node *node_new(struct memory_fs *fs, uint8_t type)
{
    struct memory_node *node = heap_alloc_zeroed(&fs->heap, 1, sizeof *node);
    if (!node)
        return NULL;
    vfs_node_init(&node->node, &fs->vfs, type);
    node->tree_number = TREE_NONE;
    node->inode = ++fs->last_inode;
    node->access = node->modify = node->change = now();
    if (type == WASI_FILETYPE_DIRECTORY)
        folder_init(node);
    return node;
}

static void node_free(struct memory_node *node)
{
    struct heap *heap = &memory_fs(node)->heap;
    if (node->node.type == WASI_FILETYPE_DIRECTORY)
        folder_fini(node);
    else if (node->node.type == WASI_FILETYPE_REGULAR_FILE)
        pages_fini(node);
    else if (node->tree_number == TREE_NONE)
        heap_free(heap, (void *)node->target.text);
    heap_free(heap, node);
}

/* Whether nothing would be lost if the node were made anew from the tree. */
static bool is_forgettable(const struct memory_node *node)
{
    if (!node->is_pristine || node->node.references > 0 || node->node.mounted)
        return false;
    return node->node.type != WASI_FILETYPE_DIRECTORY || node->folder.entry_count == 0;
}

/* Forgets a node of the tree, and then the folders above it that nobody holds either. */
static void forget(struct memory_node *node)
{
    while (is_forgettable(node)) {
        struct memory_node *owner = node->owner;
        folder_drop(owner, node->entry);
        node_free(node);
        node = owner;
    }
}

static void memory_release(struct vfs_node *vfs_node)
{
    struct memory_node *node = memory_node(vfs_node);
    if (node->link_count == 0)
        node_free(node);
    else
        forget(node);
}

/* From now on the node is another than the tree's. */
static void keep(struct memory_node *node)
{
    node->is_pristine = false;
}

/* A name less. The caller holds a reference. */
static void unlink_node(struct memory_node *node)
{
    node->link_count--;
    node->change = now();
    keep(node);
    if (node->node.type == WASI_FILETYPE_DIRECTORY)
        node->folder.parent = NULL;
}

/* --- nodes of the tree --- */

static uint32_t fill_from_tree(struct memory_node *node, const struct tree *tree, const struct mewz_tree_node *source)
{
    switch (source->type) {
    case MEWZ_TREE_FOLDER:
        node->node.type = WASI_FILETYPE_DIRECTORY;
        folder_init(node);
        return WASI_SUCCESS;
    case MEWZ_TREE_FILE:
        node->node.type = WASI_FILETYPE_REGULAR_FILE;
        node->pages = (struct memory_pages){.size = source->size, .tree_size = source->size};
        return tree_has_content(tree, node->tree_number) ? WASI_SUCCESS : WASI_EIO;
    case MEWZ_TREE_LINK:
        node->node.type = WASI_FILETYPE_SYMBOLIC_LINK;
        node->target.text = tree_target(tree, node->tree_number);
        node->target.size = (uint32_t)source->size;
        return node->target.text ? WASI_SUCCESS : WASI_EIO;
    default:
        return WASI_EIO;
    }
}

static uint32_t node_from_tree(struct memory_fs *fs, uint32_t number, bool is_read_only, struct memory_node **made)
{
    const struct mewz_tree_node *source = tree_node(&fs->tree, number);
    struct memory_node *node = heap_alloc_zeroed(&fs->heap, 1, sizeof *node);
    if (!node)
        return WASI_ENOMEM;
    vfs_node_init(&node->node, &fs->vfs, 0);
    node->tree_number = number;
    node->inode = number + 1ull;
    node->link_count = 1;
    node->is_read_only = is_read_only || (source->flags & MEWZ_TREE_READ_ONLY);
    uint32_t error = fill_from_tree(node, &fs->tree, source);
    if (error)
        heap_free(&fs->heap, node);
    else
        *made = node;
    return error;
}

/* Makes the node for a name that only the tree has. */
static uint32_t look_up_in_tree(struct memory_node *dir, struct vfs_name name, struct memory_node **found)
{
    struct memory_fs *fs = memory_fs(dir);
    uint32_t number = dir->tree_number;
    if (number != TREE_NONE)
        number = tree_child(&fs->tree, number, name.text, name.size);
    if (number == TREE_NONE)
        return WASI_ENOENT;
    struct memory_node *node;
    uint32_t error = node_from_tree(fs, number, dir->is_read_only, &node);
    if (error)
        return error;
    struct memory_entry *entry = folder_add(dir, name);
    if (!entry) {
        heap_free(&fs->heap, node);
        return WASI_ENOMEM;
    }
    folder_set_from_tree(dir, entry, node);
    node->is_pristine = true;
    node->entry = entry;
    node->owner = dir;
    if (node->node.type == WASI_FILETYPE_DIRECTORY)
        node->folder.parent = dir;
    *found = node;
    return WASI_SUCCESS;
}

/* --- folders --- */

static uint32_t memory_lookup(struct vfs_node *vfs_dir, struct vfs_name name, struct vfs_node **found)
{
    struct memory_node *dir = memory_node(vfs_dir), *node;
    const struct memory_entry *entry = folder_find(dir, name);
    if (!entry) {
        uint32_t error = look_up_in_tree(dir, name, &node);
        if (!error)
            *found = &node->node;
        return error;
    }
    if (!entry->node)
        return WASI_ENOENT;
    *found = vfs_get(&entry->node->node);
    return WASI_SUCCESS;
}

/* Whether a name can be added to a folder. */
static uint32_t check_add(const struct memory_node *dir)
{
    if (dir->is_read_only)
        return WASI_EROFS;
    return dir->link_count == 0 ? WASI_ENOENT : WASI_SUCCESS; /* removed, but still open somewhere */
}

static uint32_t add_name(struct memory_node *dir, struct vfs_name name, struct memory_node *node)
{
    uint32_t error = check_add(dir);
    if (error)
        return error;
    struct memory_entry *entry = folder_add(dir, name);
    if (!entry)
        return WASI_ENOSPC;
    folder_set(dir, entry, node);
    node->link_count++;
    if (node->node.type == WASI_FILETYPE_DIRECTORY)
        node->folder.parent = dir;
    touch(dir);
    keep(dir);
    return WASI_SUCCESS;
}

static uint32_t memory_create(struct vfs_node *vfs_dir, struct vfs_name name, uint8_t type, struct vfs_node **made)
{
    struct memory_node *dir = memory_node(vfs_dir);
    struct memory_node *node = node_new(memory_fs(dir), type);
    if (!node)
        return WASI_ENOSPC;
    uint32_t error = add_name(dir, name, node);
    if (error)
        vfs_put(&node->node);
    else
        *made = &node->node;
    return error;
}

static uint32_t memory_symlink(struct vfs_node *vfs_dir, struct vfs_name name, struct vfs_name target)
{
    struct memory_node *dir = memory_node(vfs_dir);
    struct memory_fs *fs = memory_fs(dir);
    char *text = heap_alloc(&fs->heap, target.size);
    struct memory_node *node = text ? node_new(fs, WASI_FILETYPE_SYMBOLIC_LINK) : NULL;
    if (!node) {
        heap_free(&fs->heap, text);
        return WASI_ENOSPC;
    }
    __builtin_memcpy(text, target.text, target.size);
    node->target.text = text;
    node->target.size = (uint32_t)target.size;
    uint32_t error = add_name(dir, name, node);
    vfs_put(&node->node);
    return error;
}

static uint32_t memory_link(struct vfs_node *dir, struct vfs_name name, struct vfs_node *vfs_node)
{
    struct memory_node *node = memory_node(vfs_node);
    if (node->is_read_only)
        return WASI_EROFS;
    if (node->link_count == 0)
        return WASI_ENOENT;
    uint32_t error = add_name(memory_node(dir), name, node);
    if (error)
        return error;
    node->change = now();
    keep(node);
    return WASI_SUCCESS;
}

/* Whether a node's name may be taken from a folder, or given to another node. */
static uint32_t check_drop(const struct memory_node *dir, const struct memory_node *node)
{
    if (dir->is_read_only)
        return WASI_EROFS;
    if (node->node.type == WASI_FILETYPE_DIRECTORY && node->folder.child_count > 0)
        return WASI_ENOTEMPTY;
    return WASI_SUCCESS;
}

static void drop_name(struct memory_node *dir, struct vfs_name name)
{
    folder_clear(dir, folder_find(dir, name));
    touch(dir);
    keep(dir);
}

static uint32_t memory_remove(struct vfs_node *vfs_dir, struct vfs_name name, struct vfs_node *vfs_node)
{
    struct memory_node *dir = memory_node(vfs_dir), *node = memory_node(vfs_node);
    uint32_t error = check_drop(dir, node);
    if (error)
        return error;
    drop_name(dir, name);
    unlink_node(node);
    return WASI_SUCCESS;
}

static bool is_below(const struct memory_node *folder, const struct memory_node *top)
{
    while (folder && folder != top)
        folder = folder->folder.parent;
    return folder != NULL;
}

static uint32_t check_rename(const struct memory_node *dir, const struct memory_node *node,
                             const struct memory_node *new_dir, const struct memory_node *replaced)
{
    if (dir->is_read_only)
        return WASI_EROFS;
    if (node->node.type == WASI_FILETYPE_DIRECTORY && is_below(new_dir, node))
        return WASI_EINVAL;
    uint32_t error = check_add(new_dir);
    return !error && replaced ? check_drop(new_dir, replaced) : error;
}

/* The new name comes first: after it nothing needs memory. */
static uint32_t memory_rename(struct vfs_node *vfs_dir, struct vfs_name name, struct vfs_node *vfs_node,
                              struct vfs_node *vfs_new_dir, struct vfs_name new_name, struct vfs_node *vfs_replaced)
{
    struct memory_node *dir = memory_node(vfs_dir), *node = memory_node(vfs_node);
    struct memory_node *new_dir = memory_node(vfs_new_dir);
    struct memory_node *replaced = vfs_replaced ? memory_node(vfs_replaced) : NULL;
    uint32_t error = check_rename(dir, node, new_dir, replaced);
    if (error)
        return error;
    struct memory_entry *entry = folder_add(new_dir, new_name);
    if (!entry)
        return WASI_ENOSPC;
    if (replaced) {
        entry->node = node;
        unlink_node(replaced);
    } else {
        folder_set(new_dir, entry, node);
    }
    drop_name(dir, name);
    touch(new_dir);
    keep(new_dir);
    keep(node);
    node->change = now();
    if (node->node.type == WASI_FILETYPE_DIRECTORY)
        node->folder.parent = new_dir;
    return WASI_SUCCESS;
}

static uint32_t memory_readdir(struct vfs_file *file, uint64_t cookie, host_dirent_emit *emit, void *context)
{
    folder_list(memory_node(file->node), cookie, emit, context);
    return WASI_SUCCESS;
}

/* --- any node --- */

static uint64_t size_of(const struct memory_node *node)
{
    switch (node->node.type) {
    case WASI_FILETYPE_REGULAR_FILE:
        return node->pages.size;
    case WASI_FILETYPE_SYMBOLIC_LINK:
        return node->target.size;
    default:
        return node->folder.child_count;
    }
}

static uint32_t memory_stat(struct vfs_node *vfs_node, struct wasi_filestat *stat)
{
    const struct memory_node *node = memory_node(vfs_node);
    stat->inode = node->inode;
    stat->link_count = node->link_count;
    stat->size = size_of(node);
    stat->access_time = node->access;
    stat->modify_time = node->modify;
    stat->change_time = node->change;
    return WASI_SUCCESS;
}

static uint32_t memory_set_times(struct vfs_node *vfs_node, const struct host_times *times)
{
    struct memory_node *node = memory_node(vfs_node);
    if (node->is_read_only)
        return WASI_EROFS;
    if (times->set_access)
        node->access = times->access;
    if (times->set_modify)
        node->modify = times->modify;
    node->change = now();
    keep(node);
    return WASI_SUCCESS;
}

static uint32_t memory_readlink(struct vfs_node *vfs_node, char *target, size_t room, size_t *size)
{
    const struct memory_node *node = memory_node(vfs_node);
    *size = node->target.size < room ? node->target.size : room;
    __builtin_memcpy(target, node->target.text, *size);
    return WASI_SUCCESS;
}

/* Nothing here outlives the machine. */
static uint32_t memory_sync(struct vfs_node *node, bool data_only)
{
    (void)node;
    (void)data_only;
    return WASI_SUCCESS;
}

/* --- files --- */

static uint32_t memory_open(struct vfs_file *file, unsigned access)
{
    return access & HOST_WRITE && memory_node(file->node)->is_read_only ? WASI_EROFS : WASI_SUCCESS;
}

static uint32_t memory_read(struct vfs_file *file, const struct host_slice *slices, size_t count, uint64_t offset,
                            size_t *done)
{
    return pages_read(memory_node(file->node), slices, count, offset, done);
}

/* A file that is about to change. */
static struct memory_node *changing(struct vfs_file *file)
{
    struct memory_node *node = memory_node(file->node);
    touch(node);
    keep(node);
    return node;
}

static uint32_t memory_write(struct vfs_file *file, const struct host_slice *slices, size_t count, uint64_t offset,
                             size_t *done)
{
    return pages_write(changing(file), slices, count, offset, done);
}

static uint32_t memory_set_size(struct vfs_file *file, uint64_t size)
{
    return pages_set_size(changing(file), size);
}

static uint32_t memory_allocate(struct vfs_file *file, uint64_t offset, uint64_t size)
{
    return pages_allocate(changing(file), offset, size);
}

static const struct vfs_ops memory_ops = {
    .lookup = memory_lookup,
    .create = memory_create,
    .symlink = memory_symlink,
    .link = memory_link,
    .remove = memory_remove,
    .rename = memory_rename,
    .readdir = memory_readdir,
    .stat = memory_stat,
    .set_times = memory_set_times,
    .readlink = memory_readlink,
    .sync = memory_sync,
    .release = memory_release,
    .open = memory_open,
    .read = memory_read,
    .write = memory_write,
    .set_size = memory_set_size,
    .allocate = memory_allocate,
};

struct vfs_node *memory_fs_init(struct memory_fs *fs, size_t limit, const struct tree *tree)
{
    struct memory_node *root = NULL;
    *fs = (struct memory_fs){.vfs.ops = &memory_ops, .heap.limit = limit};
    if (!tree) {
        root = node_new(fs, WASI_FILETYPE_DIRECTORY);
    } else {
        fs->tree = *tree;
        fs->last_inode = tree->node_count;
        if (node_from_tree(fs, 0, false, &root))
            return NULL;
    }
    if (root)
        root->link_count = 1;
    return root ? &root->node : NULL;
}
