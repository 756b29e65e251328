/* memory.c: libFuzzer's target for the file system in memory: whatever a program does, with much memory or little; and
 * once all of it is removed again, nothing is left on the heap. */
#include "fs/memory.h"

#include "kernel.h"
#include "operations.h"

static void remove_all(struct vfs_node *root, const char *folder)
{
    static const char *const names[] = {"a", "b", "link"};
    for (unsigned i = 0; i < 3; i++) {
        char path[VFS_PATH_MAX];
        struct vfs_name name = {path, (size_t)snprintf(path, sizeof path, "%s%s", folder, names[i])};
        if (vfs_remove_file(root, name) != WASI_EISDIR)
            continue;
        strcpy(path + name.size, "/");
        remove_all(root, path);
        CHECK(vfs_remove_folder(root, name) == WASI_SUCCESS);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    struct memory_fs fs = {0};
    input_set(bytes, size);
    struct vfs_node *root = memory_fs_init(&fs, 1u << input_byte() % 10, NULL);
    if (root) {
        size_t objects = fs.heap.objects;
        use_files(root);
        remove_all(root, "");
        CHECK(fs.heap.objects <= objects + 1); /* the root's table of names stays */
    }
    kernel_reset();
    return 0;
}
