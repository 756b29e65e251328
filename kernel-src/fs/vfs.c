/* vfs.c: operations on paths, for whatever file system the path leads to. See vfs.h; the way itself is walk.c's. */
#include "fs/vfs.h"

/* --- nodes --- */

void vfs_put(struct vfs_node *node)
{
    if (node && --node->references == 0)
        node->vfs->ops->release(node);
}

void vfs_mount(struct vfs_node *folder, struct vfs_node *root)
{
    static uint64_t last_device;
    root->vfs->device = ++last_device;
    if (folder)
        vfs_get(folder)->mounted = root;
}

uint32_t vfs_stat(struct vfs_node *node, struct wasi_filestat *stat)
{
    *stat = (struct wasi_filestat){.device = node->vfs->device, .filetype = node->type};
    return node->vfs->ops->stat(node, stat);
}

uint32_t vfs_set_times(struct vfs_node *node, const struct host_times *times)
{
    return node->vfs->read_only ? WASI_EROFS : node->vfs->ops->set_times(node, times);
}

/* --- making something at a path --- */

static struct vfs_name place_name(const struct vfs_place *place)
{
    return (struct vfs_name){place->name, place->size};
}

/* Walks to a name that is not taken, in a folder that can be changed. After an error there is no place to give back. */
static uint32_t walk_to_free(struct vfs_node *base, struct vfs_name path, struct vfs_place *place)
{
    uint32_t error = vfs_walk(base, path, VFS_FOLLOW_NEVER, place);
    if (error)
        return error;
    if (place->node)
        error = WASI_EEXIST;
    else if (place->dir->vfs->read_only)
        error = WASI_EROFS;
    if (error)
        vfs_place_fini(place);
    return error;
}

uint32_t vfs_create_folder(struct vfs_node *base, struct vfs_name path)
{
    struct vfs_place place;
    struct vfs_node *node;
    uint32_t error = walk_to_free(base, path, &place);
    if (error)
        return error;
    error = place.dir->vfs->ops->create(place.dir, place_name(&place), WASI_FILETYPE_DIRECTORY, &node);
    if (!error)
        vfs_put(node);
    vfs_place_fini(&place);
    return error;
}

uint32_t vfs_symlink(struct vfs_node *base, struct vfs_name path, struct vfs_name target)
{
    struct vfs_place place;
    if (target.size == 0)
        return WASI_ENOENT;
    if (target.size > VFS_PATH_MAX)
        return WASI_ENAMETOOLONG;
    uint32_t error = walk_to_free(base, path, &place);
    if (error)
        return error;
    error = place.wants_folder ? WASI_ENOENT : place.dir->vfs->ops->symlink(place.dir, place_name(&place), target);
    vfs_place_fini(&place);
    return error;
}

static uint32_t link_node(struct vfs_node *node, const struct vfs_place *place)
{
    if (vfs_is_folder(node))
        return WASI_EPERM;
    if (place->wants_folder)
        return WASI_ENOENT;
    if (node->vfs != place->dir->vfs)
        return WASI_EXDEV;
    return node->vfs->ops->link(place->dir, place_name(place), node);
}

uint32_t vfs_link(struct vfs_node *base, struct vfs_name path, bool follow, struct vfs_node *new_base,
                  struct vfs_name new_path)
{
    struct vfs_node *node;
    struct vfs_place place;
    uint32_t error = vfs_find(base, path, follow, &node);
    if (error)
        return error;
    error = walk_to_free(new_base, new_path, &place);
    if (!error) {
        error = link_node(node, &place);
        vfs_place_fini(&place);
    }
    vfs_put(node);
    return error;
}

/* --- removing and moving --- */

/* Whether the name that a place has may be taken from it. */
static uint32_t check_leave(const struct vfs_place *place)
{
    if (!place->node)
        return WASI_ENOENT;
    if (place->wants_folder && !vfs_is_folder(place->node))
        return WASI_ENOTDIR;
    if (place->dir && place->node->vfs != place->dir->vfs)
        return WASI_EBUSY; /* a mounted root */
    return place->dir && place->dir->vfs->read_only ? WASI_EROFS : WASI_SUCCESS;
}

static uint32_t remove_at(struct vfs_node *base, struct vfs_name path, bool folder)
{
    struct vfs_place place;
    uint32_t error = vfs_walk(base, path, VFS_FOLLOW_NEVER, &place);
    if (error)
        return error;
    error = check_leave(&place);
    if (!error && vfs_is_folder(place.node) != folder)
        error = folder ? WASI_ENOTDIR : WASI_EISDIR;
    if (!error && !place.dir)
        error = WASI_EINVAL; /* rmdir("."), and "..", whose folder cannot be empty */
    if (!error)
        error = place.dir->vfs->ops->remove(place.dir, place_name(&place), place.node);
    vfs_place_fini(&place);
    return error;
}

uint32_t vfs_remove_file(struct vfs_node *base, struct vfs_name path)
{
    return remove_at(base, path, false);
}

uint32_t vfs_remove_folder(struct vfs_node *base, struct vfs_name path)
{
    return remove_at(base, path, true);
}

static uint32_t check_replace(const struct vfs_place *from, const struct vfs_place *to)
{
    if (!from->dir || !to->dir)
        return WASI_EBUSY;
    if (from->dir->vfs != to->dir->vfs)
        return WASI_EXDEV;
    bool is_folder = vfs_is_folder(from->node);
    if (to->wants_folder && !is_folder)
        return WASI_ENOTDIR;
    if (!to->node)
        return WASI_SUCCESS;
    if (to->node->vfs != to->dir->vfs)
        return WASI_EBUSY;
    if (is_folder != vfs_is_folder(to->node))
        return is_folder ? WASI_ENOTDIR : WASI_EISDIR;
    return WASI_SUCCESS;
}

static uint32_t move(const struct vfs_place *from, const struct vfs_place *to)
{
    uint32_t error = check_leave(from);
    if (!error)
        error = check_replace(from, to);
    if (error || from->node == to->node) /* two names of one file: POSIX has both stay */
        return error;
    return from->dir->vfs->ops->rename(from->dir, place_name(from), from->node, to->dir, place_name(to), to->node);
}

uint32_t vfs_rename(struct vfs_node *base, struct vfs_name path, struct vfs_node *new_base, struct vfs_name new_path)
{
    struct vfs_place from, to;
    uint32_t error = vfs_walk(base, path, VFS_FOLLOW_NEVER, &from);
    if (error)
        return error;
    error = vfs_walk(new_base, new_path, VFS_FOLLOW_NEVER, &to);
    if (!error) {
        error = move(&from, &to);
        vfs_place_fini(&to);
    }
    vfs_place_fini(&from);
    return error;
}

uint32_t vfs_readlink(struct vfs_node *base, struct vfs_name path, char *target, size_t room, size_t *size)
{
    struct vfs_node *node;
    uint32_t error = vfs_find(base, path, false, &node);
    if (error)
        return error;
    bool is_link = node->type == WASI_FILETYPE_SYMBOLIC_LINK;
    error = is_link ? node->vfs->ops->readlink(node, target, room, size) : WASI_EINVAL;
    vfs_put(node);
    return error;
}

/* --- opening --- */

static uint32_t create_at(struct vfs_place *place, const struct host_open *how)
{
    if (!how->create)
        return WASI_ENOENT;
    if (place->wants_folder)
        return WASI_EISDIR;
    if (place->dir->vfs->read_only)
        return WASI_EROFS;
    return place->dir->vfs->ops->create(place->dir, place_name(place), WASI_FILETYPE_REGULAR_FILE, &place->node);
}

static uint32_t check_open(const struct vfs_place *place, const struct host_open *how)
{
    const struct vfs_node *node = place->node;
    bool changes = how->access & HOST_WRITE || how->truncate;
    if (how->create && place->wants_folder)
        return WASI_EISDIR;
    if (how->create && how->exclusive)
        return WASI_EEXIST;
    if (!vfs_is_folder(node) && (how->folder || place->wants_folder))
        return WASI_ENOTDIR;
    if (node->type == WASI_FILETYPE_SYMBOLIC_LINK)
        return WASI_ELOOP;
    if (vfs_is_folder(node) && (changes || how->create))
        return WASI_EISDIR;
    return changes && node->vfs->read_only ? WASI_EROFS : WASI_SUCCESS;
}

/* Opens the node that the place has, whose reference the file takes over. */
static uint32_t open_node(struct vfs_place *place, const struct host_open *how, bool truncate, struct vfs_file *file)
{
    const struct vfs_ops *ops = place->node->vfs->ops;
    *file = (struct vfs_file){.node = place->node};
    uint32_t error = ops->open ? ops->open(file, how->access | (truncate ? HOST_WRITE : 0)) : WASI_SUCCESS;
    if (error)
        return error;
    place->node = NULL;
    if (truncate && (error = ops->set_size(file, 0)) != WASI_SUCCESS)
        vfs_close(file);
    return error;
}

/* A file is made under the very name that was given. */
static enum vfs_follow open_follows(struct vfs_name path, const struct host_open *how)
{
    bool has_slash = path.size > 0 && path.text[path.size - 1] == '/';
    if (how->create && (how->exclusive || has_slash))
        return VFS_FOLLOW_NEVER;
    return how->follow ? VFS_FOLLOW : VFS_FOLLOW_SLASH;
}

uint32_t vfs_open(struct vfs_node *base, struct vfs_name path, const struct host_open *how, struct vfs_file *file)
{
    struct vfs_place place;
    uint32_t error = vfs_walk(base, path, open_follows(path, how), &place);
    if (error)
        return error;
    bool is_new = !place.node;
    error = is_new ? create_at(&place, how) : check_open(&place, how);
    if (!error)
        error = open_node(&place, how, how->truncate && !is_new, file);
    vfs_place_fini(&place);
    return error;
}

void vfs_close(struct vfs_file *file)
{
    if (file->node->vfs->ops->close)
        file->node->vfs->ops->close(file);
    vfs_put(file->node);
}
