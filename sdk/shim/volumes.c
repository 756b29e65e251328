#include "shim/volumes.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim/mounts.h"

/* Who serves the files is root, and the program can use none of these. */
#define WITHOUT (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)

/* --- places: open folders and files of the container --- */

static int open_place(int root, const char *path)
{
    struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT};
    return (int)syscall(SYS_openat2, root, path, &how, sizeof how);
}

static void close_place(int place)
{
    int reason = errno;
    if (place >= 0)
        close(place);
    errno = reason;
}

/* Opens the folder or file, which is made, with the folders above it, where it is missing. */
static int make_place(int root, const char *path, bool is_folder, struct arena *arena)
{
    int place = open_place(root, "/");
    for (const char *end = path + strspn(path, "/"); *end && place >= 0;) {
        const char *name = end;
        end += strcspn(end, "/");
        const char *above = arena_copy_string(arena, path, (size_t)(end - path));
        name = arena_copy_string(arena, name, (size_t)(end - name));
        end += strspn(end, "/");
        int parent = place;
        place = open_place(root, above);
        if (place < 0 && errno == ENOENT) {
            mode_t type = *end || is_folder ? S_IFDIR : S_IFREG;
            int made = type == S_IFDIR ? mkdirat(parent, name, 0755) : mknodat(parent, name, S_IFREG | 0644, 0);
            place = made == 0 ? open_place(root, above) : -1;
        }
        close_place(parent);
    }
    return place;
}

/* --- mounting --- */

/* Mounts what is at `source` on the place, too, with these attributes; returns its root, or -1. */
static int bind_mount(const char *source, int place, bool with_mounts_below, uint64_t attributes)
{
    struct mount_attr change = {.attr_set = attributes};
    unsigned recursive = with_mounts_below ? AT_RECURSIVE : 0;
    int tree = open_tree(AT_FDCWD, source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | recursive);
    if (tree >= 0 && mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &change, sizeof change) == 0 &&
        move_mount(tree, "", place, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) == 0)
        return tree;
    close_place(tree);
    return -1;
}

static int add_bind(int root, const struct spec_mount *wanted, unsigned long flags, struct arena *arena)
{
    struct stat source;
    if (stat(wanted->source, &source) != 0)
        return -1;
    int place = make_place(root, wanted->destination, S_ISDIR(source.st_mode), arena), mounted = -1;
    if (place >= 0)
        mounted =
            bind_mount(wanted->source, place, flags & MS_REC, WITHOUT | (flags & MS_RDONLY ? MOUNT_ATTR_RDONLY : 0));
    close_place(place);
    close_place(mounted);
    return mounted < 0 ? -1 : 0;
}

/* Its memory counts for the container, whose control group the caller is in. */
static int add_tmpfs(int root, const struct spec_mount *wanted, unsigned long flags, const char *data,
                     struct arena *arena)
{
    int place = make_place(root, wanted->destination, true, arena), result = -1;
    const char *path = arena_printf(arena, "/proc/self/fd/%d", place);
    if (place >= 0)
        result = mount("tmpfs", path, "tmpfs", flags | MS_NOSUID | MS_NODEV | MS_NOEXEC, data);
    close_place(place);
    return result;
}

/* --- kinds of mounts --- */

/* The type of a bind mount is of no account where its options say what it is (config.md, "Mounts"). */
static bool is_bind(const struct spec_mount *mount)
{
    bool by_option = false;
    for (const char *const *option = mount->options; *option; option++)
        by_option |= strcmp(*option, "bind") == 0 || strcmp(*option, "rbind") == 0;
    return mount->source && (by_option || (mount->type && strcmp(mount->type, "bind") == 0));
}

static bool is_tmpfs(const struct spec_mount *mount)
{
    return mount->type && strcmp(mount->type, "tmpfs") == 0;
}

/* --- memory of the machine --- */

/* Whether `path` is `folder`, or lies in it. */
static bool is_within(const char *path, const char *folder)
{
    size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && (path[length] == 0 || path[length] == '/');
}

/* Whether a later mount that the server makes lies in this one. */
static bool is_needed_by_server(const struct spec_mount *mount)
{
    for (const struct spec_mount *later = mount + 1; later->destination; later++)
        if (is_within(later->destination, mount->destination) &&
            (is_bind(later) || (is_tmpfs(later) && is_needed_by_server(later))))
            return true;
    return false;
}

/* tmpfs's `size=64m`, in bytes; of memory, in hundredths, it is the kernel's usual. 0 where there is none. */
static uint64_t find_size(const struct spec_mount *mount)
{
    uint64_t size = 0;
    for (const char *const *option = mount->options; *option; option++) {
        char *unit;
        const char *letters = "kmg", *letter;
        if (strncmp(*option, "size=", 5) != 0)
            continue;
        size = strtoull(*option + 5, &unit, 10);
        letter = *unit ? strchr(letters, *unit | 0x20) : NULL;
        if (letter)
            size <<= 10 * (letter - letters + 1);
        else if (*unit)
            size = 0;
    }
    return size;
}

static int add_memory(int root, const struct spec_mount *wanted, unsigned long flags, const char **setting,
                      struct arena *arena)
{
    int place = make_place(root, wanted->destination, true, arena);
    *setting = arena_printf(arena, "memory=%lu:%s%s", (unsigned long)find_size(wanted), wanted->destination,
                            flags & MS_RDONLY ? ":ro" : "");
    close_place(place);
    return place < 0 ? -1 : 0;
}

/* --- the whole --- */

static int add(int root, const struct spec_mount *wanted, const char ***memory_settings, struct arena *arena,
               struct err *err)
{
    struct buf data = {0};
    unsigned long flags = 0;
    for (const char *const *option = wanted->options; *option; option++)
        mounts_add_option(*option, &flags, &data);
    buf_byte(&data, 0);
    int result = 0;
    if (is_bind(wanted))
        result = add_bind(root, wanted, flags, arena);
    else if (is_tmpfs(wanted) && *memory_settings && !is_needed_by_server(wanted))
        result = add_memory(root, wanted, flags, (*memory_settings)++, arena);
    else if (is_tmpfs(wanted))
        result = add_tmpfs(root, wanted, flags, (const char *)data.data, arena);
    if (result != 0)
        err_set_errno(err, "mounting %s on %s", wanted->source ? wanted->source : wanted->type, wanted->destination);
    buf_free(&data);
    return result;
}

/* The root file system becomes a mount of its own, whose attributes are changed for nobody else. */
static int mount_root(const char *rootfs, struct err *err)
{
    int place = open(VOLUMES_PLACE, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int root = place < 0 ? -1 : bind_mount(rootfs, place, true, WITHOUT);
    close_place(place);
    return root < 0 ? err_set_errno(err, "%s", rootfs) : root;
}

int volumes_mount(const struct spec *spec, const char *rootfs, const char **memory_settings, struct arena *arena,
                  struct err *err)
{
    struct mount_attr read_only = {.attr_set = MOUNT_ATTR_RDONLY};
    int result = 0, root = mount_root(rootfs, err);
    if (root < 0)
        return -1;
    close_place(make_place(root, "/tmp", true, arena)); /* what programs expect, and small images lack */
    for (const struct spec_mount *wanted = spec->mounts; wanted->destination && result == 0; wanted++)
        result = add(root, wanted, &memory_settings, arena, err);
    if (result == 0 && spec->root_readonly && mount_setattr(root, "", AT_EMPTY_PATH, &read_only, sizeof read_only) != 0)
        result = err_set_errno(err, "%s: cannot be made read-only", rootfs);
    close(root);
    return result;
}
