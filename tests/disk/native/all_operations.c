/* Every operation of the file system, once with its ordinary result, and the errors. Arguments: an image, the one to
 * leave, for e2fsck to look at, and `many`, where the image has inodes enough for that. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "ext4/ext4.h"
#include "world.h"

static struct vfs_node *root;

static struct vfs_name name_of(const char *text)
{
    return (struct vfs_name){text, strlen(text)};
}

static struct vfs_file open_file(const char *path, bool create)
{
    struct vfs_file file;
    struct host_open how = {.access = HOST_READ | HOST_WRITE, .create = create};
    CHECK(vfs_open(root, name_of(path), &how, &file) == 0);
    return file;
}

static void write_at(struct vfs_file *file, const void *bytes, size_t size, uint64_t offset)
{
    struct host_slice slice = {(void *)(uintptr_t)bytes, size};
    size_t done;
    CHECK(file->node->vfs->ops->write(file, &slice, 1, offset, &done) == 0 && done == size);
}

static size_t read_at(struct vfs_file *file, void *bytes, size_t size, uint64_t offset)
{
    struct host_slice slices[2] = {{bytes, size / 3}, {(char *)bytes + size / 3, size - size / 3}};
    size_t done;
    CHECK(file->node->vfs->ops->read(file, slices, 2, offset, &done) == 0);
    return done;
}

static struct wasi_filestat stat_of(const char *path)
{
    struct wasi_filestat stat;
    struct vfs_node *node;
    CHECK(vfs_find(root, name_of(path), false, &node) == 0 && vfs_stat(node, &stat) == 0);
    vfs_put(node);
    return stat;
}

static uint32_t find_error(const char *path)
{
    struct vfs_node *node;
    uint32_t error = vfs_find(root, name_of(path), false, &node);
    if (!error)
        vfs_put(node);
    return error;
}

static void test_contents(void)
{
    struct vfs_file file = open_file("file", true);
    char *bytes = malloc(1 << 20), *back = malloc(1 << 20);
    for (size_t i = 0; i < 1 << 20; i++)
        bytes[i] = (char)(i * 7 + i / 4096);
    write_at(&file, bytes, 1 << 20, 0);
    CHECK(read_at(&file, back, 1 << 20, 0) == 1 << 20 && memcmp(bytes, back, 1 << 20) == 0);
    write_at(&file, "xyz", 3, 5000);
    write_at(&file, "end", 3, (1 << 20) + 10000); /* a hole between */
    CHECK(read_at(&file, back, 20, 4995) == 20 && memcmp(back + 5, "xyz", 3) == 0 && back[8] == bytes[5003]);
    CHECK(read_at(&file, back, 30000, 1 << 20) == 10003 && back[0] == 0 && back[9999] == 0 && back[10000] == 'e');
    CHECK(stat_of("file").size == (1 << 20) + 10003 && stat_of("file").link_count == 1);
    CHECK(file.node->vfs->ops->set_size(&file, 5001) == 0);
    CHECK(file.node->vfs->ops->set_size(&file, 9000) == 0);
    CHECK(read_at(&file, back, 9000, 0) == 9000 && back[5000] == 'x' && back[5001] == 0 && back[8999] == 0);
    CHECK(file.node->vfs->ops->allocate(&file, 0, 1 << 18) == 0 && stat_of("file").size == 1 << 18);
    CHECK(read_at(&file, back, 1 << 18, 0) == 1 << 18 && back[5000] == 'x' && back[100000] == 0);
    write_at(&file, "in", 2, 100000);
    CHECK(read_at(&file, back, 10, 99998) == 10 && memcmp(back, "\0\0in\0", 5) == 0);
    write_at(&file, "far", 3, 5ull << 30);
    CHECK(stat_of("file").size == (5ull << 30) + 3 && read_at(&file, back, 10, 5ull << 30) == 3 && back[0] == 'f');
    CHECK(read_at(&file, back, 10, 3ull << 30) == 10 && back[0] == 0);
    vfs_close(&file);
    free(bytes);
    free(back);
}

static void test_names(void)
{
    char path[300], long_target[3000];
    CHECK(vfs_create_folder(root, name_of("folder")) == 0 && stat_of("folder").link_count == 2);
    CHECK(vfs_create_folder(root, name_of("folder")) == WASI_EEXIST);
    for (int i = 0; i < 500; i++) {
        snprintf(path, sizeof path, "folder/%0*d", 1 + i % 200, i);
        struct vfs_file file = open_file(path, true);
        vfs_close(&file);
    }
    CHECK(find_error("folder/0123") == WASI_SUCCESS || find_error("folder/123") == WASI_ENOENT);
    CHECK(vfs_remove_folder(root, name_of("folder")) == WASI_ENOTEMPTY);
    for (int i = 0; i < 500; i += 2) {
        snprintf(path, sizeof path, "folder/%0*d", 1 + i % 200, i);
        CHECK(vfs_remove_file(root, name_of(path)) == 0 && find_error(path) == WASI_ENOENT);
    }
    memset(long_target, 'x', sizeof long_target);
    CHECK(vfs_symlink(root, name_of("short"), name_of("folder/1")) == 0);
    CHECK(vfs_symlink(root, name_of("long"), (struct vfs_name){long_target, sizeof long_target}) == 0);
    char back[4096];
    size_t size;
    CHECK(vfs_readlink(root, name_of("short"), back, sizeof back, &size) == 0 && size == 8);
    CHECK(vfs_readlink(root, name_of("long"), back, sizeof back, &size) == 0 && size == sizeof long_target);
    CHECK(memcmp(back, long_target, size) == 0);
    CHECK(vfs_link(root, name_of("file"), false, root, name_of("folder/again")) == 0);
    CHECK(stat_of("file").link_count == 2 && stat_of("file").inode == stat_of("folder/again").inode);
}

static void test_moves(void)
{
    CHECK(vfs_create_folder(root, name_of("a")) == 0 && vfs_create_folder(root, name_of("a/b")) == 0);
    CHECK(vfs_create_folder(root, name_of("c")) == 0 && stat_of("a").link_count == 3);
    CHECK(vfs_rename(root, name_of("a"), root, name_of("a/b/x")) == WASI_EINVAL);
    CHECK(vfs_rename(root, name_of("a/b"), root, name_of("c")) == 0);
    CHECK(stat_of("a").link_count == 2 && find_error("a/b") == WASI_ENOENT && stat_of("c/..").inode == 2);
    CHECK(vfs_rename(root, name_of("c"), root, name_of("a/d")) == 0 && stat_of("a").link_count == 3);
    CHECK(stat_of("a/d/..").inode == stat_of("a").inode);
    struct vfs_file file = open_file("one", true), other = open_file("two", true);
    write_at(&file, "one", 3, 0);
    write_at(&other, "two", 3, 0);
    CHECK(vfs_rename(root, name_of("one"), root, name_of("two")) == 0 && find_error("one") == WASI_ENOENT);
    char back[4];
    CHECK(read_at(&other, back, 4, 0) == 3 && memcmp(back, "two", 3) == 0); /* replaced, but open */
    vfs_close(&other);
    CHECK(vfs_rename(root, name_of("two"), root, name_of("a")) == WASI_EISDIR);
    CHECK(vfs_rename(root, name_of("a"), root, name_of("two")) == WASI_ENOTDIR);
    CHECK(vfs_remove_file(root, name_of("two")) == 0 && read_at(&file, back, 4, 0) == 3);
    vfs_close(&file);
    CHECK(vfs_remove_folder(root, name_of("a/d")) == 0 && stat_of("a").link_count == 2);
}

/* Within a step of the clock that times go by, a file that is overwritten is not changed in its inode: one write. */
static void test_synced_overwrites(void)
{
    struct vfs_file file = open_file("log", true);
    unsigned alone = 0;
    uint64_t look = world_look;
    world_look = 100000;
    write_at(&file, "0123456789", 10, 0);
    uint64_t before = stat_of("log").modify_time;
    for (unsigned i = 0; i < 100; i++) {
        size_t written = disk_log_size();
        write_at(&file, "0123456789", 10, 0);
        CHECK(file.node->vfs->ops->sync(file.node, false) == 0 && disk_log_size() > written);
        alone += disk_log_size() == written + 1;
    }
    CHECK(alone > 50 && stat_of("log").modify_time > before + 10000000);
    world_look = look;
    vfs_close(&file);
    CHECK(vfs_remove_file(root, name_of("log")) == 0);
}

/* Within such a step everything else in an inode is kept all the same: e2fsck counts the links. */
static void test_links_at_once(void)
{
    uint64_t look = world_look;
    world_look = 1000;
    struct vfs_file file = open_file("linked", true);
    for (unsigned i = 0; i < 4; i++) {
        CHECK(vfs_link(root, name_of("linked"), false, root, name_of("again")) == 0);
        CHECK(file.node->vfs->ops->sync(file.node, false) == 0);
        CHECK(vfs_remove_file(root, name_of("again")) == 0);
        CHECK(file.node->vfs->ops->sync(file.node, false) == 0);
    }
    CHECK(stat_of("linked").link_count == 1);
    vfs_close(&file);
    world_look = look;
}

static void test_full(void)
{
    struct vfs_file file = open_file("big", true);
    static char bytes[65536];
    struct host_slice slice = {bytes, sizeof bytes};
    uint64_t offset = 0;
    size_t done;
    uint32_t error;
    memset(bytes, 'b', sizeof bytes);
    do {
        error = file.node->vfs->ops->write(&file, &slice, 1, offset, &done);
        offset += done;
    } while (!error);
    CHECK(error == WASI_ENOSPC && offset > disk_size / 2);
    CHECK(file.node->vfs->ops->sync(file.node, false) == 0);
    CHECK(vfs_create_folder(root, name_of("none")) == WASI_ENOSPC && find_error("none") == WASI_ENOENT);
    vfs_close(&file);
    CHECK(vfs_remove_file(root, name_of("big")) == 0);
    CHECK(vfs_create_folder(root, name_of("none")) == 0 && vfs_remove_folder(root, name_of("none")) == 0);
}

/* A folder that Linux has given an index: its times go on, too. */
static void test_index(void)
{
    if (find_error("indexed") == WASI_ENOENT)
        return;
    struct wasi_filestat before = stat_of("indexed");
    struct vfs_file file = open_file("indexed/new", true);
    vfs_close(&file);
    CHECK(find_error("indexed/new") == 0);
    CHECK(stat_of("indexed").modify_time != before.modify_time && stat_of("indexed").size == before.size);
}

static void mount_again(void)
{
    vfs_put(root);
    ext4_unmount_all();
    root = world_mount(false);
    CHECK(root);
}

/* However slow the machine is, a change is not committed before it is whole. */
static void test_slow_changes(void)
{
    char long_target[3000];
    uint64_t look = world_look;
    memset(long_target, 'x', sizeof long_target);
    CHECK(root->vfs->ops->sync(root, false) == 0);
    size_t written = disk_log_size();
    world_look = 3000000000;
    CHECK(vfs_symlink(root, name_of("slow"), (struct vfs_name){long_target, sizeof long_target}) == 0);
    CHECK(disk_log_size() == written);
    CHECK(root->vfs->ops->sync(root, false) == 0 && disk_log_size() > written);
    CHECK(vfs_create_folder(root, name_of("slowly")) == 0);
    CHECK(vfs_rename(root, name_of("slowly"), root, name_of("folder/slowly")) == 0);
    CHECK(stat_of("slow").size == sizeof long_target);
    world_look = look;
}

/* A read that fails anywhere in a change: e2fsck finds nothing of it, for nothing is written after one that was half
 * done. */
static void test_read_errors(void)
{
    enum { OPERATIONS = 5, READS = 12 };
    char long_target[3000], path[20];
    memset(long_target, 'x', sizeof long_target);
    for (unsigned i = 0; i < OPERATIONS * READS; i++) {
        struct vfs_file file;
        struct host_open how = {.access = HOST_WRITE, .create = true};
        unsigned operation = i % OPERATIONS;
        snprintf(path, sizeof path, "error%u", i);
        mount_again();
        world_take_memory(64);
        disk_fail(true, false, i / OPERATIONS);
        if (operation == 0 && vfs_open(root, name_of(path), &how, &file) == 0)
            vfs_close(&file);
        if (operation == 1)
            vfs_create_folder(root, name_of(path));
        if (operation == 2)
            vfs_symlink(root, name_of(path), (struct vfs_name){long_target, sizeof long_target});
        if (operation == 3)
            vfs_rename(root, name_of("folder/1"), root, name_of("moved"));
        if (operation == 4)
            vfs_rename(root, name_of("moved"), root, name_of("folder/1"));
        disk_mend();
        world_give_memory();
    }
    mount_again();
}

/* The program has taken nearly all memory: a block goes as soon as another one is looked at. */
static void test_short_memory(void)
{
    char path[16];
    struct vfs_node *folder;
    CHECK(vfs_create_folder(root, name_of("tight")) == 0);
    for (char name = 'a'; name <= 'p'; name++) {
        snprintf(path, sizeof path, "tight/%c", name);
        struct vfs_file file = open_file(path, true);
        vfs_close(&file);
    }
    mount_again();
    CHECK(vfs_find(root, name_of("tight"), false, &folder) == 0);
    for (char name = 'a'; name <= 'h'; name++) { /* so that the library does not remember the folder's inode */
        snprintf(path, sizeof path, "tight/%c", name);
        CHECK(find_error(path) == 0);
    }
    world_take_memory(8);
    CHECK(vfs_remove_file(folder, name_of("p")) == 0);
    vfs_put(folder);
    CHECK(find_error("tight/p") == WASI_ENOENT && find_error("tight/o") == 0 && find_error("tight/a") == 0);
    world_give_memory();
}

/* Many open files whose inodes are changed, and lie in as many blocks: more than the journal could take at once. */
static void test_many_inodes(void)
{
    enum { FILES = 1100, INODES_PER_BLOCK = 16 };
    struct vfs_file files[FILES];
    char path[20];
    uint64_t look = world_look;
    CHECK(vfs_create_folder(root, name_of("many")) == 0);
    for (unsigned i = 0; i < FILES * INODES_PER_BLOCK; i++) {
        snprintf(path, sizeof path, "many/%u", i);
        struct vfs_file file = open_file(path, true);
        if (i % INODES_PER_BLOCK != 0) {
            vfs_close(&file);
            continue;
        }
        write_at(&file, "x", 1, 0);
        files[i / INODES_PER_BLOCK] = file;
    }
    CHECK(root->vfs->ops->sync(root, false) == 0);
    world_look = 1000; /* so that time commits nothing */
    for (unsigned i = 0; i < FILES; i++)
        write_at(&files[i], "y", 1, 0); /* nothing but the inode is new */
    CHECK(root->vfs->ops->sync(root, false) == 0);
    world_look = look;
    for (unsigned i = 0; i < FILES; i++)
        vfs_close(&files[i]);
}

/* What was freed a moment ago can be had at once. */
static void test_allocate_again(void)
{
    static const uint64_t sizes[] = {16 << 20, 20 << 20};
    for (unsigned i = 0; i < 2; i++) {
        struct vfs_file file = open_file("reserved", true);
        CHECK(file.node->vfs->ops->allocate(&file, 0, sizes[i]) == 0 && stat_of("reserved").size == sizes[i]);
        vfs_close(&file);
        CHECK(vfs_remove_file(root, name_of("reserved")) == 0);
    }
}

static void test_times(void)
{
    struct vfs_node *node;
    CHECK(vfs_find(root, name_of("file"), false, &node) == 0);
    struct host_times times = {true, true, 1000000001u, 5000000000123456789u}; /* in 2128 */
    CHECK(vfs_set_times(node, &times) == 0);
    vfs_put(node);
    CHECK(stat_of("file").access_time == 1000000001u && stat_of("file").modify_time == 5000000000123456789u);
}

/* What Linux has put there, with attributes in blocks of their own: they go with the last who has them. */
static void test_attributes(void)
{
    static const char *const names[] = {"attributes/file", "attributes/link", "attributes/device"};
    if (find_error("attributes") == WASI_ENOENT)
        return;
    for (unsigned i = 0; i < 3; i++)
        CHECK(vfs_remove_file(root, name_of(names[i])) == 0);
    CHECK(vfs_remove_folder(root, name_of("attributes")) == 0);
}

int main(int argc, char **argv)
{
    CHECK(argc >= 3);
    disk_load(argv[1]);
    root = world_mount(false);
    CHECK(root);
    test_attributes();
    test_index();
    test_contents();
    test_names();
    test_moves();
    test_times();
    test_synced_overwrites();
    test_links_at_once();
    test_slow_changes();
    test_read_errors();
    test_short_memory();
    if (argc > 3)
        test_many_inodes();
    test_allocate_again();
    test_full();
    vfs_put(root);
    ext4_unmount_all();
    disk_save(argv[2], disk_bytes);
    root = world_mount(false);
    CHECK(root && stat_of("file").size == (5ull << 30) + 3 && stat_of("file").modify_time == 5000000000123456789u);
    vfs_put(root);
    ext4_unmount_all();
    return 0;
}
