/* The contents of a tree's files: each once, in the order of the nodes, in the tree itself or behind the kernel in its
 * file. They are read twice: to know which are equal and how much there is, and to be copied. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/elf.h"
#include "base/file.h"
#include "link/tree.h"

#include <mewz/tree.h>

static uint64_t round_up(uint64_t size)
{
    return (size + MEWZ_TREE_PAGE - 1) & ~(uint64_t)(MEWZ_TREE_PAGE - 1);
}

/* --- placing --- */

/* Contents by hash, with open addressing. */
struct table {
    struct tree_content **places;
    size_t capacity; /* a power of two */
};

static struct tree_content **find_place(const struct table *table, const struct sha256_text *hash)
{
    char beginning[9] = {0};
    memcpy(beginning, hash->digits, 8);
    size_t at = strtoul(beginning, NULL, 16);
    struct tree_content **place;
    do {
        place = &table->places[at++ & (table->capacity - 1)];
    } while (*place && strcmp((*place)->hash.digits, hash->digits) != 0);
    return place;
}

static int read_content(struct file_tree *tree, const char *host, struct tree_content **content, struct err *err)
{
    struct file file;
    struct stat before;
    if (stat(host, &before) != 0)
        return err_set_errno(err, "%s", host);
    if (file_read(&file, host, err) != 0)
        return -1;
    *content = arena_alloc(&tree->arena, sizeof **content);
    **content = (struct tree_content){
        .host = host, .size = file.size, .changed = before.st_ctim, .hash = sha256_text(file.data, file.size)};
    file_close(&file);
    return 0;
}

/* Collects the contents, counted from 0, and whose each node's is. Returns their size; -1 for a failure. */
static int64_t collect(struct file_tree *tree, const char *const *hosts, size_t count, struct tree_content **of_node,
                       struct err *err)
{
    struct table table = {.capacity = 16};
    struct tree_content **last = &tree->contents;
    uint64_t end = 0;
    while (table.capacity < 2 * count)
        table.capacity *= 2;
    table.places = arena_array(&tree->arena, table.capacity, sizeof *table.places);
    for (size_t i = 0; i < count; i++) {
        struct tree_content *content;
        if (!hosts[i])
            continue;
        if (read_content(tree, hosts[i], &content, err) != 0)
            return -1;
        struct tree_content **place = find_place(&table, &content->hash);
        if (!*place) {
            *place = *last = content;
            last = &content->next;
            content->start = end;
            end += round_up(content->size);
        }
        of_node[i] = *place;
    }
    return (int64_t)end;
}

/* Writes where the contents are into the nodes. */
static void finish_nodes(struct file_tree *tree, struct tree_content *const *of_node, size_t count, uint64_t base)
{
    for (struct tree_content *content = tree->contents; content; content = content->next)
        content->start += base;
    for (size_t i = 0; i < count; i++) {
        struct mewz_tree_node node;
        uint8_t *bytes = tree->bytes.data + sizeof(struct mewz_tree) + i * sizeof node;
        if (!of_node[i])
            continue;
        memcpy(&node, bytes, sizeof node);
        node.start = of_node[i]->start;
        node.size = of_node[i]->size;
        memcpy(bytes, &node, sizeof node);
    }
}

static int say_changed(const struct tree_content *content, struct err *err)
{
    return err_set(err, "--dir: %s: changed while it was read", content->host);
}

/* A second look at a file that must be what it was at the first; whether it still is, close_content says. */
static int open_content(const struct tree_content *content, struct file *file, struct err *err)
{
    if (file_read(file, content->host, err) != 0)
        return -1;
    if (file->size == content->size)
        return 0;
    file_close(file);
    return say_changed(content, err);
}

/* By the time of its last change, which also a program that sets times cannot turn back. */
static int close_content(const struct tree_content *content, struct file *file, struct err *err)
{
    struct stat after;
    file_close(file);
    if (stat(content->host, &after) != 0)
        return err_set_errno(err, "%s", content->host);
    bool same = after.st_ctim.tv_sec == content->changed.tv_sec && after.st_ctim.tv_nsec == content->changed.tv_nsec;
    return same ? 0 : say_changed(content, err);
}

/* Copies the contents behind nodes and names. */
static int append_to_tree(struct file_tree *tree, uint64_t size, struct err *err)
{
    uint64_t end = round_up(tree->bytes.size) + size;
    if (size > 0)
        buf_extend(&tree->bytes, end - tree->bytes.size);
    for (const struct tree_content *content = tree->contents; content; content = content->next) {
        struct file file;
        if (open_content(content, &file, err) != 0)
            return -1;
        if (content->size)
            memcpy(tree->bytes.data + content->start, file.data, content->size);
        if (close_content(content, &file, err) != 0)
            return -1;
    }
    return 0;
}

/* Says of everything that the tree has, names and contents, which tree it is. */
static void finish_header(struct file_tree *tree)
{
    struct buf all = {0};
    struct mewz_tree header;
    buf_append(&all, tree->bytes.data, tree->bytes.size);
    for (const struct tree_content *content = tree->contents; content; content = content->next)
        buf_append(&all, &content->hash, sizeof content->hash);
    struct sha256_text hash = sha256_text(all.data, all.size);
    buf_free(&all);
    memcpy(&header, tree->bytes.data, sizeof header);
    header.size = tree->bytes.size;
    header.files_size = tree->files_size;
    memcpy(header.identity, hash.digits, sizeof header.identity);
    memcpy(tree->bytes.data, &header, sizeof header);
}

int tree_place_contents(struct file_tree *tree, const char *const *hosts, size_t count, struct err *err)
{
    struct tree_content **of_node = arena_array(&tree->arena, count, sizeof *of_node);
    int64_t size = collect(tree, hosts, count, of_node, err);
    if (size < 0)
        return -1;
    bool is_loaded = size <= MEWZ_TREE_LOADED_MAX;
    if (!is_loaded)
        tree->files_size = MEWZ_TREE_PAGE + (uint64_t)size;
    finish_nodes(tree, of_node, count, is_loaded ? round_up(tree->bytes.size) : MEWZ_TREE_PAGE);
    if (is_loaded && append_to_tree(tree, (uint64_t)size, err) != 0)
        return -1;
    finish_header(tree);
    return 0;
}

/* --- the section --- */

struct mewz_files tree_files_header(const struct file_tree *tree)
{
    struct mewz_tree header;
    struct mewz_files files = {.magic = MEWZ_FILES_MAGIC, .size = tree->files_size};
    memcpy(&header, tree->bytes.data, sizeof header);
    memcpy(files.identity, header.identity, sizeof files.identity);
    return files;
}

/* Where in the file the section's header is. */
static bool find_section_header(const struct elf *kernel, uint64_t *position)
{
    struct elf_section section;
    for (unsigned i = 0; i < kernel->section_count; i++) {
        section = elf_section(kernel, i);
        *position = kernel->header.e_shoff + i * sizeof section.header;
        if (strcmp(section.name, MEWZ_FILES_SECTION) == 0)
            return true;
    }
    return false;
}

static int write_contents(const struct file_tree *tree, int fd, uint64_t start, struct err *err)
{
    struct mewz_files header = tree_files_header(tree);
    if (file_write_sparse(fd, start, &header, sizeof header) != 0)
        return err_set_errno(err, "--dir");
    for (const struct tree_content *content = tree->contents; content; content = content->next) {
        struct file file;
        if (open_content(content, &file, err) != 0)
            return -1;
        if (file_write_sparse(fd, start + content->start, file.data, content->size) != 0)
            err_set_errno(err, "--dir: %s", content->host); /* the first error is what is told */
        if (close_content(content, &file, err) != 0 || err->set)
            return -1;
    }
    return ftruncate(fd, (off_t)(start + tree->files_size)) == 0 ? 0 : err_set_errno(err, "--dir");
}

static int append(const struct file_tree *tree, const char *path, uint64_t start, uint64_t header_position,
                  Elf64_Shdr header, struct err *err)
{
    header.sh_offset = start;
    header.sh_size = tree->files_size;
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, "%s", path);
    int result = write_contents(tree, fd, start, err);
    if (result == 0 && pwrite(fd, &header, sizeof header, (off_t)header_position) != sizeof header)
        result = err_set_errno(err, "%s", path);
    if (close(fd) != 0 && result == 0)
        result = err_set_errno(err, "%s", path);
    return result;
}

int tree_append_files(const struct file_tree *tree, const char *path, struct err *err)
{
    struct file file;
    struct elf kernel;
    struct elf_symbol symbol;
    struct elf_section section;
    uint64_t position;
    if (tree->files_size == 0)
        return 0;
    if (file_read(&file, path, err) != 0)
        return -1;
    int result = elf_open(&kernel, path, file.data, file.size, err);
    bool is_wanted = result == 0 && elf_find_symbol(&kernel, "mewz_tree_start", &symbol) &&
                     find_section_header(&kernel, &position) && elf_find_section(&kernel, MEWZ_FILES_SECTION, &section);
    uint64_t start = round_up(file.size);
    file_close(&file);
    return is_wanted ? append(tree, path, start, position, section.header, err) : result;
}
