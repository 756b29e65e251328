/* The file system in memory over trees of files from hostile hands: whatever their bytes say, names, contents and links
 * can be asked for, and nothing outside of the tree is read. The tree's bytes are an exact block of the heap. */
#include <string.h>

#include "fs/memory.h"
#include "link/tree.h"
#include "pages.h"

uint64_t host_clock_now(enum host_clock clock)
{
    return clock;
}

/* A file system is for ever, and what it holds is lost here with it. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

static struct file_tree encoded;
static unsigned budget; /* of steps through one tree */

static void make_tree(void)
{
    char folder[] = "/tmp/test-tree-XXXXXX", command[300];
    CHECK(mkdtemp(folder));
    struct tree_folder folders[] = {{folder, "/data", false}, {folder, "/other", true}};
    struct err err = {0};
    snprintf(command, sizeof command,
             "cd %s && mkdir -p a/b c && seq 2000 >a/one && seq 10 >a/b/two && ln -s ../a c/link && touch c/empty",
             folder);
    CHECK(system(command) == 0);
    CHECK(tree_encode(folders, 2, &encoded, &err) == 0);
    snprintf(command, sizeof command, "rm -r %s", folder);
    CHECK(system(command) == 0);
}

struct list {
    char names[16][VFS_NAME_MAX + 1];
    size_t sizes[16];
    unsigned count;
};

static bool collect(void *context, const struct host_dirent *entry)
{
    struct list *list = context;
    CHECK(entry->size <= VFS_NAME_MAX);
    memcpy(list->names[list->count], entry->name, entry->size);
    list->sizes[list->count++] = entry->size;
    return list->count < 16;
}

static void use(struct vfs_node *base, struct vfs_name name, unsigned depth);

static void use_folder(struct vfs_file *file, unsigned depth)
{
    static struct list lists[8];
    struct list *list = &lists[depth];
    list->count = 0;
    file->node->vfs->ops->readdir(file, 2, collect, list);
    for (unsigned i = 0; i < list->count; i++)
        use(file->node, (struct vfs_name){list->names[i], list->sizes[i]}, depth + 1);
}

static void use(struct vfs_node *base, struct vfs_name name, unsigned depth)
{
    static char bytes[20000];
    static const struct host_open how = {.access = HOST_READ, .follow = true};
    struct host_slice slice = {bytes, sizeof bytes};
    struct vfs_file file;
    size_t size;
    if (depth == 8 || budget == 0)
        return;
    budget--;
    if (vfs_readlink(base, name, bytes, sizeof bytes, &size) == WASI_SUCCESS)
        CHECK(size <= sizeof bytes);
    if (vfs_open(base, name, &how, &file) != WASI_SUCCESS)
        return;
    if (vfs_is_folder(file.node)) {
        use_folder(&file, depth);
    } else {
        file.node->vfs->ops->read(&file, &slice, 1, 0, &size);
        CHECK(size <= sizeof bytes);
        file.node->vfs->ops->write(&file, &slice, 1, 5000, &size);
        file.node->vfs->ops->set_size(&file, 6000);
    }
    vfs_close(&file);
    vfs_rename(base, name, base, (struct vfs_name){"renamed", 7});
    vfs_remove_file(base, (struct vfs_name){"renamed", 7});
}

/* Contents that a tree says to be elsewhere are asked for where it says there are some. */
static uint64_t files_size;

static bool read_files(uint64_t position, void *bytes, size_t size)
{
    CHECK(position <= files_size && size <= files_size - position);
    memset(bytes, 'f', size);
    return position % 3 != 0; /* a drive that fails */
}

static void use_tree(const uint8_t *bytes, size_t size)
{
    struct memory_fs *fs = malloc(sizeof *fs);
    struct tree reader;
    struct vfs_node *root = NULL;
    budget = 200;
    if (tree_open(&reader, bytes, size)) {
        reader.read_files = read_files;
        files_size = reader.files_size;
        root = memory_fs_init(fs, 10000, &reader);
    }
    if (root)
        use(root, (struct vfs_name){".", 1}, 0);
    free(fs);
}

static void mutate(uint8_t *bytes, size_t size)
{
    static const uint8_t values[] = {0, 1, 2, 3, 4, 0x7f, 0x80, 0xff};
    size_t meta = size < 700 ? size : 700; /* where header, nodes and names are */
    for (int count = 1 + rand() % 6; count > 0; count--)
        bytes[(size_t)rand() % meta] = rand() % 2 ? values[rand() % 8] : (uint8_t)rand();
    struct mewz_tree header;
    memcpy(&header, encoded.bytes.data, sizeof header);
    header.size = size;
    if (rand() % 4 && size >= sizeof header) /* so that most trees are read further than the header */
        memcpy(bytes, &header, sizeof header);
}

int main(void)
{
    make_tree();
    use_tree(encoded.bytes.data, encoded.bytes.size);
    CHECK(budget < 185); /* of which it takes one a name */
    for (unsigned round = 0; round < 3000; round++) {
        size_t size = rand() % 8 ? encoded.bytes.size : 1 + (size_t)rand() % encoded.bytes.size;
        uint8_t *bytes = malloc(size);
        memcpy(bytes, encoded.bytes.data, size);
        mutate(bytes, size);
        use_tree(bytes, size);
        free(bytes);
    }
    tree_free(&encoded);
    return 0;
}
