/* The tree is collected whole, without the contents, then numbered folder by folder, and written: nodes and text. */
#include "link/tree.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mewz/tree.h>

#define LOADED_MAX (256ul << 20) /* it lies within the gigabyte that a kernel has for its image */

struct entry {
    const char *name;
    const char *host;   /* file: its path here */
    const char *target; /* link */
    uint8_t type;
    uint16_t flags;
    struct entry **children; /* folder */
    size_t child_count, child_capacity;
};

struct maker {
    struct file_tree *tree;
    struct arena *arena;  /* the tree's */
    struct entry **nodes; /* by number */
    size_t node_count, node_capacity;
    struct err *err;
};

/* --- collecting --- */

static struct entry *make_entry(struct maker *maker, const char *name, uint8_t type)
{
    struct entry *entry = arena_alloc(maker->arena, sizeof *entry);
    entry->name = arena_copy_string(maker->arena, name, strlen(name));
    entry->type = type;
    return entry;
}

static struct entry *find_child(const struct entry *folder, const char *name)
{
    for (size_t i = 0; i < folder->child_count; i++)
        if (strcmp(folder->children[i]->name, name) == 0)
            return folder->children[i];
    return NULL;
}

static void add_child(struct maker *maker, struct entry *folder, struct entry *child)
{
    if (folder->child_count == folder->child_capacity) {
        size_t capacity = folder->child_capacity ? 2 * folder->child_capacity : 8;
        struct entry **children = arena_array(maker->arena, capacity, sizeof *children);
        if (folder->child_count)
            memcpy(children, folder->children, folder->child_count * sizeof *children);
        folder->children = children;
        folder->child_capacity = capacity;
    }
    folder->children[folder->child_count++] = child;
}

/* The entry of that name and type: a new one, or a folder that is there, or one in place of what is there. `merges`
 * says that something may be there. */
static struct entry *place_child(struct maker *maker, struct entry *folder, const char *name, uint8_t type, bool merges)
{
    struct entry *entry = merges ? find_child(folder, name) : NULL;
    if (entry && entry->type == type)
        return entry;
    if (entry)
        *entry = *make_entry(maker, name, type);
    else
        add_child(maker, folder, entry = make_entry(maker, name, type));
    return entry;
}

static int collect_folder(struct maker *maker, struct entry *folder, const char *path, bool merges);

static int collect_link(struct maker *maker, struct entry *entry, const char *path)
{
    char target[PATH_MAX];
    ssize_t size = readlink(path, target, sizeof target);
    if (size < 0)
        return err_set_errno(maker->err, "--dir: %s", path);
    entry->target = arena_copy_string(maker->arena, target, (size_t)size);
    return 0;
}

static int collect(struct maker *maker, struct entry *folder, const char *path, const char *name, bool merges)
{
    struct stat stat;
    if (lstat(path, &stat) != 0)
        return err_set_errno(maker->err, "--dir: %s", path);
    if (S_ISDIR(stat.st_mode))
        return collect_folder(maker, place_child(maker, folder, name, MEWZ_TREE_FOLDER, merges), path, merges);
    if (S_ISLNK(stat.st_mode))
        return collect_link(maker, place_child(maker, folder, name, MEWZ_TREE_LINK, merges), path);
    if (!S_ISREG(stat.st_mode))
        return err_set(maker->err, "--dir: %s is neither a file nor a folder nor a symbolic link", path);
    place_child(maker, folder, name, MEWZ_TREE_FILE, merges)->host = path;
    return 0;
}

static int collect_folder(struct maker *maker, struct entry *folder, const char *path, bool merges)
{
    DIR *dir = opendir(path);
    if (!dir)
        return err_set_errno(maker->err, "--dir: %s", path);
    merges &= folder->child_count > 0;
    int result = 0;
    const struct dirent *item;
    while (errno = 0, result == 0 && (item = readdir(dir)))
        if (strcmp(item->d_name, ".") != 0 && strcmp(item->d_name, "..") != 0)
            result =
                collect(maker, folder, arena_printf(maker->arena, "%s/%s", path, item->d_name), item->d_name, merges);
    if (errno != 0) /* a folder that ends early would be an image that lacks files */
        result = err_set_errno(maker->err, "--dir: %s", path);
    closedir(dir);
    return result;
}

/* The folder at a path of the program's, made where it is not there. */
static struct entry *make_path(struct maker *maker, struct entry *root, const char *path)
{
    struct entry *folder = root;
    char *copy = arena_copy_string(maker->arena, path, strlen(path)), *rest = NULL;
    for (const char *name = strtok_r(copy, "/", &rest); name; name = strtok_r(NULL, "/", &rest))
        folder = place_child(maker, folder, name, MEWZ_TREE_FOLDER, true);
    return folder;
}

static int collect_all(struct maker *maker, const struct tree_folder *folders, size_t count, struct entry *root)
{
    for (size_t i = 0; i < count; i++) {
        struct entry *folder = make_path(maker, root, folders[i].guest);
        if (collect_folder(maker, folder, folders[i].host, true) != 0)
            return -1;
        if (folders[i].read_only)
            folder->flags |= MEWZ_TREE_READ_ONLY;
    }
    for (size_t i = 0; i < count; i++)
        if (strspn(folders[i].guest, "/") == strlen(folders[i].guest))
            return 0;
    make_path(maker, root, "/tmp");
    return 0;
}

/* --- numbering --- */

static int by_name(const void *a, const void *b)
{
    return strcmp((*(struct entry *const *)a)->name, (*(struct entry *const *)b)->name);
}

static void add_node(struct maker *maker, struct entry *entry)
{
    if (maker->node_count == maker->node_capacity) {
        size_t capacity = maker->node_capacity ? 2 * maker->node_capacity : 64;
        struct entry **nodes = arena_array(maker->arena, capacity, sizeof *nodes);
        if (maker->node_count)
            memcpy(nodes, maker->nodes, maker->node_count * sizeof *nodes);
        maker->nodes = nodes;
        maker->node_capacity = capacity;
    }
    maker->nodes[maker->node_count++] = entry;
}

/* Breadth first: a folder's children lie together, and behind it. Writes each node's name, and what it is but for a
 * file's content. */
static void number(struct maker *maker, struct entry *root, struct buf *nodes, struct buf *text)
{
    add_node(maker, root);
    for (size_t i = 0; i < maker->node_count; i++) {
        struct entry *entry = maker->nodes[i];
        struct mewz_tree_node node = {
            .name = (uint32_t)text->size,
            .name_size = (uint8_t)strlen(entry->name),
            .type = entry->type,
            .flags = entry->flags,
        };
        buf_append(text, entry->name, strlen(entry->name));
        if (entry->type == MEWZ_TREE_FOLDER) {
            if (entry->child_count)
                qsort(entry->children, entry->child_count, sizeof *entry->children, by_name);
            node.start = maker->node_count;
            node.size = entry->child_count;
            for (size_t j = 0; j < entry->child_count; j++)
                add_node(maker, entry->children[j]);
        } else if (entry->type == MEWZ_TREE_LINK) {
            node.start = text->size;
            node.size = strlen(entry->target);
            buf_append(text, entry->target, strlen(entry->target));
        }
        buf_append(nodes, &node, sizeof node);
    }
}

/* --- the whole --- */

static void write_header(const struct maker *maker, uint64_t text_size)
{
    struct buf *out = &maker->tree->bytes;
    struct mewz_tree header = {
        .magic = MEWZ_TREE_MAGIC,
        .version = MEWZ_TREE_VERSION,
        .node_count = (uint32_t)maker->node_count,
        .text_size = text_size,
    };
    memcpy(out->data, &header, sizeof header);
}

static int write_tree(struct maker *maker, struct entry *root)
{
    struct buf nodes = {0}, text = {0};
    struct buf *out = &maker->tree->bytes;
    number(maker, root, &nodes, &text);
    buf_extend(out, sizeof(struct mewz_tree));
    buf_append(out, nodes.data, nodes.size);
    if (text.size)
        buf_append(out, text.data, text.size);
    write_header(maker, text.size);
    buf_free(&nodes);
    buf_free(&text);
    if (out->size > LOADED_MAX)
        return err_set(maker->err, "--dir: too many files: their names take more than %lu MiB", LOADED_MAX >> 20);
    const char **hosts = arena_array(maker->arena, maker->node_count, sizeof *hosts);
    for (size_t i = 0; i < maker->node_count; i++)
        hosts[i] = maker->nodes[i]->host;
    return tree_place_contents(maker->tree, hosts, maker->node_count, maker->err);
}

int tree_encode(const struct tree_folder *folders, size_t count, struct file_tree *tree, struct err *err)
{
    *tree = (struct file_tree){0};
    struct maker maker = {.tree = tree, .arena = &tree->arena, .err = err};
    struct entry *root = make_entry(&maker, "", MEWZ_TREE_FOLDER);
    int result = collect_all(&maker, folders, count, root);
    return result == 0 ? write_tree(&maker, root) : -1;
}

void tree_free(struct file_tree *tree)
{
    buf_free(&tree->bytes);
    arena_free(&tree->arena);
}
