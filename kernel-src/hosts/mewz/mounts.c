/* mounts.c: see mounts.h. */
#include "hosts/mewz/mounts.h"

#include "ext4/ext4.h"
#include "fs/fuse.h"
#include "fs/memory.h"
#include "mm/page.h"
#include "panic.h"
#include "wasi/host.h"

/* Only in kernels that were linked for them (sdk/link). */
#pragma weak ext4_mount
#pragma weak fuse_mount

enum { DEVICE_MAX = 63 };

/* A setting "DEVICE:/GUEST" or "DEVICE:/GUEST:ro". */
struct mount {
    char device[DEVICE_MAX + 1];
    struct vfs_name guest;
    bool read_only;
};

static bool parse(const char *text, struct mount *mount)
{
    size_t size = 0;
    while (size < DEVICE_MAX && text[size] && text[size] != ':')
        size++;
    if (text[size] != ':' || text[size + 1] != '/')
        return false;
    __builtin_memcpy(mount->device, text, size);
    mount->device[size] = 0;
    mount->guest = (struct vfs_name){text + size + 1, 0};
    const char *end = mount->guest.text;
    while (*end && *end != ':')
        end++;
    mount->guest.size = (size_t)(end - mount->guest.text);
    mount->read_only = end[0] == ':' && end[1] == 'r' && end[2] == 'o' && end[3] == 0;
    return *end == 0 || mount->read_only;
}

/* The folder at the guest's path, made with all above it where it is not there. */
static uint32_t make_folder(struct vfs_node *root, struct vfs_name path, struct vfs_node **folder)
{
    for (size_t size = 1; size <= path.size; size++) {
        if (size < path.size && path.text[size] != '/')
            continue;
        uint32_t error = vfs_create_folder(root, (struct vfs_name){path.text + 1, size - 1});
        if (error && error != WASI_EEXIST)
            return error;
    }
    return vfs_find(root, (struct vfs_name){path.text + 1, path.size - 1}, true, folder);
}

/* Puts a file system in its place; returns the root. */
static struct vfs_node *attach(struct vfs_node *root, const struct mount *mount, struct vfs_node *mounted)
{
    struct vfs_node *folder;
    if (mount->guest.size == 1) {
        vfs_mount(NULL, mounted);
        return mounted;
    }
    if (make_folder(root, mount->guest, &folder) != 0 || !vfs_is_folder(folder))
        panic("files", "%s cannot be mounted: there is no such folder, and it cannot be made", mount->guest.text);
    vfs_mount(folder, mounted);
    vfs_put(folder);
    return root;
}

static struct vfs_node *open_share(const struct mount *mount, const char **problem)
{
    *problem = "the kernel was linked without host folders (mewz-cc build --mount)";
    if (!fuse_mount)
        return NULL;
    *problem = "the machine does not share it";
    return fuse_mount(mount->device, mount->read_only);
}

static struct vfs_node *open_disk(const struct mount *mount, const char **problem)
{
    struct vfs_node *root;
    *problem = "the kernel was linked without disks (mewz-cc build --disk)";
    return ext4_mount && ext4_mount(mount->device, mount->read_only, &root, problem) ? root : NULL;
}

/* The device is a number of bytes: as many whole pages of contents, and some for what describes them. */
static struct vfs_node *open_memory(const struct mount *mount, const char **problem)
{
    enum { PAGES_BESIDE = 4 };
    uint64_t bytes = 0;
    const char *digit = mount->device;
    for (; *digit >= '0' && *digit <= '9' && bytes < UINT64_MAX / 100; digit++)
        bytes = bytes * 10 + (uint64_t)(*digit - '0');
    *problem = *digit ? "that is no number of bytes" : "there is not memory enough";
    size_t pages = (bytes + PAGE_SIZE - 1) / PAGE_SIZE, limit = bytes ? pages + pages / 64 : page_free_count() / 2;
    struct memory_fs *fs = *digit ? NULL : pages_alloc((sizeof *fs + PAGE_SIZE - 1) / PAGE_SIZE);
    struct vfs_node *root = fs ? memory_fs_init(fs, limit + PAGES_BESIDE, NULL) : NULL;
    if (root) {
        fs->heap.keep = MEMORY_KEEP;
        fs->vfs.read_only = mount->read_only;
    }
    return root;
}

/* In the order in which they are mounted. */
static const struct kind {
    const char *name;
    struct vfs_node *(*open)(const struct mount *mount, const char **problem);
} kinds[] = {{"disk", open_disk}, {"share", open_share}, {"memory", open_memory}};

static struct vfs_node *add(struct vfs_node *root, const struct kind *kind, const char *text)
{
    struct mount mount;
    const char *problem;
    if (!parse(text, &mount))
        panic("files", "the setting %s=%s is not DEVICE:/FOLDER or DEVICE:/FOLDER:ro", kind->name, text);
    struct vfs_node *mounted = kind->open(&mount, &problem);
    if (!mounted)
        panic("files", "%s \"%s\" cannot be mounted on %s: %s", kind->name, mount.device, mount.guest.text, problem);
    return attach(root, &mount, mounted);
}

struct vfs_node *mounts_add(struct vfs_node *root)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const char *text;
        for (uint32_t index = 0; (text = host_setting(kinds[i].name, index)) != NULL; index++)
            root = add(root, &kinds[i], text);
    }
    return root;
}
