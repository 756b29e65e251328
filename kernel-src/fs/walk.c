/* walk.c: following a path (vfs.h).
 *
 * The trail has the folders from the base to where the walk is. `..` goes back on it, so that the walk cannot leave the
 * base whatever the file system below says, and a folder that a link led to is left to the folder that has it. What
 * remains of the path lies at the end of `text`; a link's target is put in front of it. */
#include "fs/vfs.h"

enum { LINKS_MAX = 40, DEPTH_MAX = 2048, TEXT_SIZE = 2 * (VFS_PATH_MAX + 1) };

/* One walk at a time, so that it need not lie on the stack. */
static struct {
    struct vfs_node *trail[DEPTH_MAX]; /* each with a reference */
    unsigned depth;                    /* of the last one */
    unsigned links;                    /* followed so far */
    const char *rest;                  /* up to the end of `text` */
    char text[TEXT_SIZE];
} walk;

static const char *const text_end = walk.text + TEXT_SIZE;

static uint32_t begin(struct vfs_node *base, struct vfs_name path)
{
    if (path.size > VFS_PATH_MAX)
        return WASI_ENAMETOOLONG;
    if (path.size == 0)
        return WASI_ENOENT;
    char *rest = walk.text + TEXT_SIZE - path.size;
    for (size_t i = 0; i < path.size; i++) {
        rest[i] = path.text[i];
        if (!rest[i])
            return WASI_EILSEQ;
    }
    if (rest[0] == '/')
        return WASI_ENOTCAPABLE;
    walk.rest = rest;
    walk.links = 0;
    walk.depth = 0;
    walk.trail[0] = vfs_get(base);
    return WASI_SUCCESS;
}

static void end(void)
{
    for (unsigned i = 0; i <= walk.depth; i++)
        vfs_put(walk.trail[i]);
}

static struct vfs_node *here(void)
{
    return walk.trail[walk.depth];
}

/* Takes over the reference to `node`. */
static uint32_t enter(struct vfs_node *node)
{
    uint32_t error = WASI_SUCCESS;
    if (!vfs_is_folder(node))
        error = WASI_ENOTDIR;
    else if (walk.depth + 1 == DEPTH_MAX)
        error = WASI_ENAMETOOLONG;
    if (error)
        vfs_put(node);
    else
        walk.trail[++walk.depth] = node;
    return error;
}

static uint32_t leave(void)
{
    if (walk.depth == 0)
        return WASI_ENOTCAPABLE;
    vfs_put(walk.trail[walk.depth--]);
    return WASI_SUCCESS;
}

/* Puts a link's target in front of what remains. Takes over the reference to `link`. */
static uint32_t follow_link(struct vfs_node *link, bool is_last)
{
    if (!is_last)
        walk.rest--; /* the slash that was cut off */
    size_t room = (size_t)(walk.rest - walk.text), size = 0;
    uint32_t error = WASI_ELOOP;
    if (walk.links++ < LINKS_MAX)
        error = link->vfs->ops->readlink(link, walk.text, room, &size);
    vfs_put(link);
    if (error)
        return error;
    if (size >= room)
        return WASI_ENAMETOOLONG;
    if (size == 0)
        return WASI_ENOENT;
    if (walk.text[0] == '/')
        return WASI_ENOTCAPABLE;
    char *rest = walk.text + room - size;
    __builtin_memmove(rest, walk.text, size);
    walk.rest = rest;
    for (size_t i = 0; i < size; i++) {
        if (!rest[i])
            return WASI_EILSEQ; /* from a hostile file system */
    }
    return WASI_SUCCESS;
}

/* What `name` is in the folder where the walk is, the mounted root in place of its folder. */
static uint32_t look_up(struct vfs_name name, struct vfs_node **node)
{
    uint32_t error = here()->vfs->ops->lookup(here(), name, node);
    if (!error && (*node)->mounted) {
        struct vfs_node *root = vfs_get((*node)->mounted);
        vfs_put(*node);
        *node = root;
    }
    return error;
}

/* Cuts a component and the slashes behind it off what remains. */
static struct vfs_name cut(bool *has_slash)
{
    struct vfs_name name = {walk.rest, 0};
    while (walk.rest < text_end && *walk.rest != '/')
        walk.rest++;
    name.size = (size_t)(walk.rest - name.text);
    *has_slash = walk.rest < text_end;
    while (walk.rest < text_end && *walk.rest == '/')
        walk.rest++;
    return name;
}

static bool is_dots(struct vfs_name name, size_t count)
{
    return name.size == count && name.text[0] == '.' && name.text[count - 1] == '.';
}

/* The walk has arrived at a name in the folder where it is. */
static void arrive(struct vfs_place *place, struct vfs_name name, struct vfs_node *node)
{
    __builtin_memcpy(place->name, name.text, name.size);
    place->size = name.size;
    place->node = node;
    place->dir = vfs_get(here());
}

/* Whether a link at the path's end is followed; a slash behind a link counts for what that leads to as well. */
static bool follows(enum vfs_follow follow, const struct vfs_place *place)
{
    return follow == VFS_FOLLOW || (follow == VFS_FOLLOW_SLASH && place->wants_folder);
}

/* One component that is a name; *done where it was the last one. */
static uint32_t step(struct vfs_name name, bool has_slash, enum vfs_follow follow, struct vfs_place *place, bool *done)
{
    struct vfs_node *node = NULL;
    bool is_last = walk.rest == text_end;
    if (name.size > VFS_NAME_MAX)
        return WASI_ENAMETOOLONG;
    uint32_t error = look_up(name, &node);
    if (error && !(error == WASI_ENOENT && is_last))
        return error;
    if (is_last && has_slash)
        place->wants_folder = true;
    if (!error && node->type == WASI_FILETYPE_SYMBOLIC_LINK && (!is_last || follows(follow, place)))
        return follow_link(node, is_last);
    if (!is_last)
        return enter(node);
    *done = true;
    arrive(place, name, error ? NULL : node);
    return WASI_SUCCESS;
}

static uint32_t go(enum vfs_follow follow, struct vfs_place *place)
{
    uint32_t error = WASI_SUCCESS;
    bool done = false, has_slash;
    while (!error && !done && walk.rest < text_end) {
        struct vfs_name name = cut(&has_slash);
        if (is_dots(name, 2))
            error = leave();
        else if (!is_dots(name, 1))
            error = step(name, has_slash, follow, place, &done);
    }
    if (!error && !done)
        place->node = vfs_get(here());
    return error;
}

uint32_t vfs_walk(struct vfs_node *base, struct vfs_name path, enum vfs_follow follow, struct vfs_place *place)
{
    *place = (struct vfs_place){0};
    if (!vfs_is_folder(base))
        return WASI_ENOTDIR;
    uint32_t error = begin(base, path);
    if (error)
        return error;
    error = go(follow, place);
    end();
    return error;
}

void vfs_place_fini(struct vfs_place *place)
{
    vfs_put(place->dir);
    vfs_put(place->node);
}

uint32_t vfs_find(struct vfs_node *base, struct vfs_name path, bool follow, struct vfs_node **node)
{
    struct vfs_place place;
    uint32_t error = vfs_walk(base, path, follow ? VFS_FOLLOW : VFS_FOLLOW_SLASH, &place);
    if (error)
        return error;
    if (!place.node)
        error = WASI_ENOENT;
    else if (place.wants_folder && !vfs_is_folder(place.node))
        error = WASI_ENOTDIR;
    *node = error ? NULL : vfs_get(place.node);
    vfs_place_fini(&place);
    return error;
}
