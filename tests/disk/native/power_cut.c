/* The power goes at random points of a write load. Arguments: an image, a folder for images, the number of points, and
 * how many of these images to leave there for e2fsck: before our mount (N.crashed) and after it (N.mounted).
 *
 * The load never changes a file in place that is to be found again: each file is written, perhaps appended to, moved,
 * linked or removed. What was there at a sync, and was not touched since, has to be there after the power cut, byte
 * by byte. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "ext4/ext4.h"
#include "world.h"

enum { FILES = 40, FOLDERS = 4, SYNCS_MAX = 4000 };

static uint64_t state = 88172645463325252u;

static uint64_t random_number(void) /* xorshift64 */
{
    state ^= state << 13;
    state ^= state >> 7;
    return state ^= state << 17;
}

/* --- what ought to be there --- */

struct file {
    bool exists;
    uint32_t version; /* what its bytes derive from */
    size_t size;
    unsigned folder;
};

struct model {
    struct file files[FILES];
};

static struct model model;
static struct {
    struct model model;
    size_t log_size; /* when the sync had returned */
} syncs[SYNCS_MAX];
static size_t sync_count;

/* When a file was changed last, by the size of the log before that. */
static size_t *touched[FILES];
static size_t touch_count[FILES];

static void touch(unsigned number)
{
    touched[number] = realloc(touched[number], (touch_count[number] + 1) * sizeof *touched[number]);
    touched[number][touch_count[number]++] = disk_log_size();
}

static bool was_touched(unsigned number, size_t from, size_t to)
{
    for (size_t i = 0; i < touch_count[number]; i++)
        if (touched[number][i] >= from && touched[number][i] < to)
            return true;
    return false;
}

static char byte_at(uint32_t version, size_t position)
{
    return (char)(version * 2654435761u + position * 40503u + (position >> 12) * 97u);
}

static const char *path_of(unsigned number, const struct file *file)
{
    static char path[2][64];
    static unsigned turn;
    char *to = path[turn++ % 2];
    snprintf(to, sizeof path[0], "folder%u/file-%u", file->folder, number);
    return to;
}

/* --- the load --- */

static struct vfs_node *root;

static struct vfs_name name_of(const char *text)
{
    return (struct vfs_name){text, strlen(text)};
}

/* Writes bytes [from, to) of a file. False: the disk is full. */
static bool write_file(unsigned number, size_t from, size_t to)
{
    struct file *file = &model.files[number];
    struct vfs_file open;
    struct host_open how = {.access = HOST_WRITE, .create = true};
    uint32_t error = vfs_open(root, name_of(path_of(number, file)), &how, &open);
    CHECK(error == 0 || error == WASI_ENOSPC);
    if (error)
        return false;
    char *bytes = malloc(to - from + 1);
    for (size_t i = from; i < to; i++)
        bytes[i - from] = byte_at(file->version, i);
    struct host_slice slice = {bytes, to - from};
    size_t done;
    error = open.node->vfs->ops->write(&open, &slice, 1, from, &done);
    free(bytes);
    CHECK(error == 0 || error == WASI_ENOSPC);
    vfs_close(&open);
    return !error;
}

static void remove_file(unsigned number)
{
    touch(number);
    uint32_t error = vfs_remove_file(root, name_of(path_of(number, &model.files[number])));
    CHECK(error == 0 || error == WASI_ENOENT);
    model.files[number].exists = false;
}

static void make_file(unsigned number)
{
    static uint32_t version;
    touch(number);
    size_t size = random_number() % 4 ? random_number() % 20000 : random_number() % 400000;
    model.files[number] = (struct file){true, ++version, size, (unsigned)(random_number() % FOLDERS)};
    if (!write_file(number, 0, size))
        remove_file(number);
}

static void append_file(unsigned number)
{
    struct file *file = &model.files[number];
    touch(number);
    size_t size = file->size + random_number() % 30000;
    if (write_file(number, file->size, size))
        file->size = size;
    else
        remove_file(number);
}

static void move_file(unsigned number)
{
    struct file *file = &model.files[number];
    touch(number);
    const char *old = path_of(number, file);
    struct file moved = *file;
    moved.folder = (file->folder + 1) % FOLDERS;
    uint32_t error = vfs_rename(root, name_of(old), root, name_of(path_of(number, &moved)));
    CHECK(error == 0 || error == WASI_ENOSPC);
    if (!error)
        *file = moved;
}

static void cut_file(unsigned number)
{
    struct file *file = &model.files[number];
    struct vfs_file open;
    struct host_open how = {.access = HOST_WRITE};
    touch(number);
    CHECK(vfs_open(root, name_of(path_of(number, file)), &how, &open) == 0);
    file->size = file->size ? random_number() % file->size : 0;
    CHECK(open.node->vfs->ops->set_size(&open, file->size) == 0);
    vfs_close(&open);
}

static void sync_all(void)
{
    CHECK(root->vfs->ops->sync(root, false) == 0 && sync_count < SYNCS_MAX);
    syncs[sync_count].model = model;
    syncs[sync_count++].log_size = disk_log_size();
}

static void step(void)
{
    unsigned number = (unsigned)(random_number() % FILES);
    unsigned kind = (unsigned)(random_number() % 16);
    if (kind < 2)
        sync_all();
    else if (!model.files[number].exists)
        make_file(number);
    else if (kind < 6)
        remove_file(number);
    else if (kind < 9)
        append_file(number);
    else if (kind < 12)
        move_file(number);
    else if (kind < 14)
        cut_file(number);
}

/* --- after the power cut --- */

static void check_file(unsigned number, const struct file *file)
{
    struct vfs_file open;
    struct host_open how = {.access = HOST_READ};
    uint32_t error = vfs_open(root, name_of(path_of(number, file)), &how, &open);
    if (!file->exists) {
        CHECK(error == WASI_ENOENT);
        return;
    }
    CHECK(error == 0);
    char *bytes = malloc(file->size + 2);
    struct host_slice slice = {bytes, file->size + 1};
    size_t done;
    CHECK(open.node->vfs->ops->read(&open, &slice, 1, 0, &done) == 0 && done == file->size);
    for (size_t i = 0; i < done; i++)
        CHECK(bytes[i] == byte_at(file->version, i));
    free(bytes);
    vfs_close(&open);
}

/* Reads everything there is: it must make sense, whatever it is. */
static bool count_entry(void *context, const struct host_dirent *entry)
{
    (void)entry;
    ++*(unsigned *)context;
    return true;
}

static void check_folders(void)
{
    for (unsigned i = 0; i < FOLDERS; i++) {
        char path[16];
        struct vfs_file open;
        struct host_open how = {.access = HOST_READ, .folder = true};
        unsigned count = 0;
        snprintf(path, sizeof path, "folder%u", i);
        CHECK(vfs_open(root, name_of(path), &how, &open) == 0);
        CHECK(open.node->vfs->ops->readdir(&open, 0, count_entry, &count) == 0 && count >= 2);
        vfs_close(&open);
    }
}

/* The last sync that had returned before `cut` of the log. */
static size_t last_sync(size_t cut)
{
    size_t last = sync_count;
    while (last > 0 && syncs[last - 1].log_size >= cut)
        last--;
    CHECK(last > 0);
    return last - 1;
}

static void check_point(size_t cut)
{
    size_t last = last_sync(cut);
    unsigned checked = 0;
    check_folders();
    for (unsigned i = 0; i < FILES; i++)
        if (!was_touched(i, syncs[last].log_size, cut + 1)) {
            check_file(i, &syncs[last].model.files[i]);
            checked++;
        }
    CHECK(checked > 0);
}

static void save(const char *folder, size_t number, const char *ending, const uint8_t *bytes)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%zu.%s", folder, number, ending);
    disk_save(path, bytes);
}

int main(int argc, char **argv)
{
    CHECK(argc == 5);
    size_t points = strtoull(argv[3], NULL, 10), kept = strtoull(argv[4], NULL, 10);
    disk_load(argv[1]);
    root = world_mount(false);
    CHECK(root);
    for (unsigned i = 0; i < FOLDERS; i++) {
        char path[16];
        snprintf(path, sizeof path, "folder%u", i);
        CHECK(vfs_create_folder(root, name_of(path)) == 0);
    }
    sync_all();
    while (disk_log_size() < 12000)
        step();

    vfs_put(root);
    ext4_unmount_all();
    size_t end = disk_log_size(), first = syncs[0].log_size;
    uint8_t *bytes = malloc(disk_size);
    struct disk_log *log = disk_take_log();
    for (size_t point = 0; point < points; point++) {
        size_t cut = first + 1 + random_number() % (end - first);
        if (point % 2) /* just before the end of a flush, where most is at stake */
            cut = disk_flush_point(log, random_number());
        if (cut <= first)
            cut = first + 1;
        disk_cut(log, cut, bytes, random_number);
        if (point < kept)
            save(argv[2], point, "crashed", bytes);
        disk_restart(bytes);
        root = world_mount(false);
        CHECK(root);
        check_point(cut);
        vfs_put(root);
        ext4_unmount_all();
        if (point < kept)
            save(argv[2], point, "mounted", disk_bytes);
    }
    printf("%zu points of %zu writes, %zu syncs\n", points, end, sync_count);
    free(bytes);
    disk_free_log(log);
    return 0;
}
