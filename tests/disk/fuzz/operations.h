/* operations.h: what a program may do with files, as the input has it: any operation of the VFS on any of a few names,
 * so that they meet. */
#ifndef FUZZ_OPERATIONS_H
#define FUZZ_OPERATIONS_H

#include "check.h"
#include "fs/vfs.h"
#include "input.h"

enum { OPEN_FILES = 4 };

static struct vfs_file open_files[OPEN_FILES]; /* without a node: closed */

static struct vfs_name input_path(void)
{
    static const char *const paths[] = {"a",   "b",      "a/b", "a/../b", ".",    "a/a/b/",
                                        "b/.", "a/link", "..",  "b/b",    "link", "link/a"};
    const char *path = paths[input_byte() % (sizeof paths / sizeof *paths)];
    return (struct vfs_name){path, strlen(path)};
}

static bool check_entry(void *context, const struct host_dirent *entry)
{
    unsigned *left = context;
    CHECK(entry->size > 0 && entry->size <= VFS_NAME_MAX && !memchr(entry->name, '/', entry->size) &&
          !memchr(entry->name, 0, entry->size));
    return --*left > 0;
}

static void open_file(struct vfs_node *root, struct vfs_file *file)
{
    uint8_t how = input_byte();
    struct host_open options = {
        .access = HOST_READ | (how & 1 ? HOST_WRITE : 0),
        .follow = how & 2,
        .create = how & 4,
        .exclusive = how & 8,
        .truncate = (how & 17) == 17,
        .folder = (how & 36) == 32,
    };
    struct vfs_file opened;
    if (vfs_open(root, input_path(), &options, &opened) != WASI_SUCCESS)
        return;
    if (file->node)
        vfs_close(file);
    *file = opened;
}

/* Any size, but memory for at most so much. */
static void transfer(struct vfs_file *file, bool writes)
{
    static char contents[3][9000] __attribute__((aligned(4096)));
    struct host_slice slices[] = {{contents[0], input_byte() * 32u}, {contents[1], input_byte()}, {contents[2], 5}};
    uint64_t offset = input_byte() % 4 ? input_byte() * 500u : input_number();
    size_t done = 0, all = slices[0].size + slices[1].size + slices[2].size;
    if (vfs_is_folder(file->node))
        return; /* which the layer above has seen */
    const struct vfs_ops *ops = file->node->vfs->ops;
    (writes ? ops->write : ops->read)(file, slices, 3, offset, &done);
    CHECK(done <= all);
}

static void use_open_file(struct vfs_file *file)
{
    const struct vfs_ops *ops = file->node->vfs->ops;
    unsigned entries = 1 + input_byte();
    struct wasi_filestat stat;
    switch (input_byte() % 7) {
    case 0:
        transfer(file, false);
        break;
    case 1:
        transfer(file, true);
        break;
    case 2:
        vfs_stat(file->node, &stat);
        break;
    case 3:
        if (vfs_is_folder(file->node))
            ops->readdir(file, input_number(), check_entry, &entries);
        break;
    case 4:
        if (!vfs_is_folder(file->node))
            ops->set_size(file, input_byte() % 2 ? input_number() : input_byte());
        break;
    case 5:
        if (!vfs_is_folder(file->node) && ops->allocate)
            ops->allocate(file, input_byte(), input_byte() % 2 ? input_number() >> 1 : 100);
        break;
    default:
        ops->sync(file->node, input_byte() & 1);
    }
}

static void use_path(struct vfs_node *root)
{
    struct host_times times = {.set_modify = true, .modify = 1};
    struct wasi_filestat stat;
    struct vfs_node *node;
    char target[64];
    size_t size = 0;
    struct vfs_name path = input_path();
    switch (input_byte() % 8) {
    case 0:
        vfs_create_folder(root, path);
        break;
    case 1:
        vfs_symlink(root, path, input_path());
        break;
    case 2:
        if (vfs_readlink(root, path, target, sizeof target, &size) == WASI_SUCCESS)
            CHECK(size <= sizeof target);
        break;
    case 3:
        vfs_remove_file(root, path);
        break;
    case 4:
        vfs_remove_folder(root, path);
        break;
    case 5:
        vfs_link(root, path, input_byte() & 1, root, input_path());
        break;
    case 6:
        vfs_rename(root, path, root, input_path());
        break;
    default:
        if (vfs_find(root, path, input_byte() & 1, &node) != WASI_SUCCESS)
            break;
        vfs_stat(node, &stat);
        vfs_set_times(node, &times);
        vfs_put(node);
    }
}

/* Operations until the input ends; then no file is open. */
static void use_files(struct vfs_node *root)
{
    while (input.left > 0) {
        struct vfs_file *file = &open_files[input_byte() % OPEN_FILES];
        switch (input_byte() % 4) {
        case 0:
            open_file(root, file);
            break;
        case 1:
            if (file->node)
                use_open_file(file);
            break;
        case 2:
            if (input_byte() % 4 == 0 && file->node)
                vfs_close(file), file->node = NULL;
            break;
        default:
            use_path(root);
        }
    }
    for (unsigned i = 0; i < OPEN_FILES; i++) {
        if (open_files[i].node)
            vfs_close(&open_files[i]);
        open_files[i].node = NULL;
    }
}

#endif
