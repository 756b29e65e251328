/* The two hosts of files against each other: the file system in memory over a tree of files in the image, and a folder
 * of Linux with the same files. A long row of
 * operations, chosen at random among few names so that they meet, is done on both; errors, contents, and at the end all
 * that is there must be the same. Linux is the oracle of what POSIX says. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hosts/mewz/mounts.h"
#include "link/tree.h"
#include "pages.h"
#include "rt/message.h"
#include "wasi/host_file.h"

/* clang-format off */
#define OPERATIONS(F)                                                                                                  \
    F(file, preopen)                                                                                                   \
    F(file, open)                                                                                                      \
    F(file, close)                                                                                                     \
    F(file, read)                                                                                                      \
    F(file, write)                                                                                                     \
    F(file, stat) F(file, set_size) F(file, set_times) F(file, allocate) F(file, sync) F(file, readdir) F(path, stat)  \
        F(path, set_times) F(path, create_folder) F(path, remove_folder) F(path, remove_file) F(path, symlink)         \
            F(path, readlink) F(path, link) F(path, rename)
/* clang-format on */

#define DECLARE(kind, name) __typeof__(host_##kind##_##name) linux_##kind##_##name;
OPERATIONS(DECLARE)

struct host {
#define MEMBER(kind, name) __typeof__(host_##kind##_##name) *kind##_##name;
    OPERATIONS(MEMBER)
    struct host_file *root;
    struct host_file *open[8];
    uint64_t offset[8];
};

static struct host memory = {
#define MINE(kind, name) .kind##_##name = host_##kind##_##name,
    OPERATIONS(MINE)};
static struct host linux_host = {
#define ITS(kind, name) .kind##_##name = linux_##kind##_##name,
    OPERATIONS(ITS)};

#define host_file_preopen       linux_file_preopen
#define host_file_open          linux_file_open
#define host_file_close         linux_file_close
#define host_file_read          linux_file_read
#define host_file_write         linux_file_write
#define host_file_stat          linux_file_stat
#define host_file_set_size      linux_file_set_size
#define host_file_set_times     linux_file_set_times
#define host_file_allocate      linux_file_allocate
#define host_file_sync          linux_file_sync
#define host_file_readdir       linux_file_readdir
#define host_path_stat          linux_path_stat
#define host_path_set_times     linux_path_set_times
#define host_path_create_folder linux_path_create_folder
#define host_path_remove_folder linux_path_remove_folder
#define host_path_remove_file   linux_path_remove_file
#define host_path_symlink       linux_path_symlink
#define host_path_readlink      linux_path_readlink
#define host_path_link          linux_path_link
#define host_path_rename        linux_path_rename
#include "hosts/linux/error.c"
#include "hosts/linux/file.c"

/* --- what the hosts need --- */

static char folder[] = "/tmp/test-fs-XXXXXX";

struct mewz_program mewz_program = {.name = "test"};

bool folder_get(uint32_t index, struct folder *given)
{
    *given = (struct folder){.path = folder, .name = "/"};
    return index == 0;
}

const char *host_setting(const char *name, uint32_t index)
{
    (void)name;
    (void)index;
    return NULL;
}

uint64_t host_clock_now(enum host_clock clock)
{
    return clock == HOST_CLOCK_REALTIME ? 1000 : 1;
}

void message_write(const char *format, ...)
{
    fprintf(stderr, "%s\n", format);
}

/* Nothing is mounted here. */
struct vfs_node *mounts_add(struct vfs_node *at)
{
    return at;
}

_Noreturn void host_exit(int code)
{
    exit(code);
}

/* --- chance --- */

static uint64_t seed = 1;

static uint32_t chance(uint32_t limit)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed % limit);
}

/* A path of up to four components. */
static struct host_path any_path(char *text)
{
    static const char *const parts[] = {"a", "b", "c", "d", "a", "b", "..", ".", "link", "loop"};
    static const char *const ends[] = {"", "", "", "", "", "", "/", "//", "/.", "/.."};
    size_t size = 0;
    uint32_t count = 1 + chance(4);
    if (chance(50) == 0)
        text[size++] = '/';
    for (uint32_t i = 0; i < count; i++)
        size += (size_t)sprintf(text + size, "%s%s", i ? "/" : "", parts[chance(sizeof parts / sizeof *parts)]);
    size += (size_t)sprintf(text + size, "%s", ends[chance(sizeof ends / sizeof *ends)]);
    return (struct host_path){text, size};
}

/* --- one operation on both --- */

static char step[1024]; /* what is being done, for the message */

static void same(uint32_t mine, uint32_t its)
{
    if (mine == its)
        return;
    fprintf(stderr, "%s: in memory error %u, on Linux %u\n", step, mine, its);
    exit(1);
}

/* Where two paths are wrong, it is each system's own which of them it says so of. */
static void same_of_two(uint32_t mine, uint32_t its)
{
    if (!mine || !its)
        same(mine, its);
}

static void check_stat(const struct wasi_filestat *mine, const struct wasi_filestat *its)
{
    CHECK(mine->filetype == its->filetype);
    if (mine->filetype == WASI_FILETYPE_DIRECTORY)
        return; /* sizes and links of folders are each system's own */
    CHECK(mine->link_count == its->link_count && mine->size == its->size);
}

static void do_open(struct host_path path)
{
    struct host_open how = {
        .access = 1 + chance(3),
        .follow = chance(2),
        .create = chance(2),
        .exclusive = chance(4) == 0,
        .truncate = chance(4) == 0,
        .folder = chance(4) == 0,
    };
    uint32_t slot = chance(8);
    struct host_file *mine = NULL, *its = NULL;
    how.folder &= !how.create;
    sprintf(step + strlen(step), " access %u follow %d create %d exclusive %d truncate %d folder %d", how.access,
            how.follow, how.create, how.exclusive, how.truncate, how.folder);
    if (how.truncate && !(how.access & HOST_WRITE))
        how.access |= HOST_WRITE; /* Linux leaves open what that means */
    uint32_t error = memory.file_open(memory.root, path, &how, &mine);
    uint32_t its_error = linux_host.file_open(linux_host.root, path, &how, &its);
    if (error && its_error == WASI_EISDIR && how.create)
        return; /* a link's target with a slash at its end: Linux sees the slash first */
    same(error, its_error);
    if (error)
        return;
    if (memory.open[slot]) {
        memory.file_close(memory.open[slot]);
        linux_host.file_close(linux_host.open[slot]);
    }
    memory.open[slot] = mine;
    linux_host.open[slot] = its;
    memory.offset[slot] = linux_host.offset[slot] = 0;
}

static struct host_path second(char *text)
{
    struct host_path path = any_path(text);
    sprintf(step + strlen(step), " %.*s", (int)path.size, path.text);
    return path;
}

static void do_path(void)
{
    enum { OPEN, STAT, CREATE, RMDIR, UNLINK, SYMLINK, READLINK, LINK, RENAME, TIMES, COUNT };
    static const char *const names[] = {"open",    "stat",     "mkdir", "rmdir",  "unlink",
                                        "symlink", "readlink", "link",  "rename", "times"};
    char text[64], other[64];
    struct host_path path = any_path(text), to;
    struct wasi_filestat mine = {0}, its = {0};
    char my_target[100], its_target[100];
    size_t my_size = 0, its_size = 0;
    bool follow = chance(2);
    uint32_t operation = chance(COUNT), error;
    sprintf(step, "%s follow %d %.*s", names[operation], follow, (int)path.size, path.text);
    struct host_file *a = memory.root, *b = linux_host.root;
    switch (operation) {
    case OPEN:
        do_open(path);
        break;
    case STAT:
        error = memory.path_stat(a, path, follow, &mine);
        same(error, linux_host.path_stat(b, path, follow, &its));
        if (!error)
            check_stat(&mine, &its);
        break;
    case CREATE:
        same(memory.path_create_folder(a, path), linux_host.path_create_folder(b, path));
        break;
    case RMDIR:
        same(memory.path_remove_folder(a, path), linux_host.path_remove_folder(b, path));
        break;
    case UNLINK:
        same(memory.path_remove_file(a, path), linux_host.path_remove_file(b, path));
        break;
    case SYMLINK:
        to = second(other);
        same(memory.path_symlink(a, path, to), linux_host.path_symlink(b, path, to));
        break;
    case READLINK:
        error = memory.path_readlink(a, path, my_target, sizeof my_target, &my_size);
        same(error, linux_host.path_readlink(b, path, its_target, sizeof its_target, &its_size));
        if (!error)
            CHECK(my_size == its_size && memcmp(my_target, its_target, my_size) == 0);
        break;
    case LINK:
        to = second(other);
        same_of_two(memory.path_link(a, path, follow, a, to), linux_host.path_link(b, path, follow, b, to));
        break;
    case RENAME:
        to = second(other);
        same_of_two(memory.path_rename(a, path, a, to), linux_host.path_rename(b, path, b, to));
        break;
    case TIMES: {
        struct host_times times = {.set_modify = true, .modify = 5000000000ull + chance(1000)};
        error = memory.path_set_times(a, path, follow, &times);
        same(error, linux_host.path_set_times(b, path, follow, &times));
        if (error || memory.path_stat(a, path, follow, &mine) || linux_host.path_stat(b, path, follow, &its))
            break;
        CHECK(mine.modify_time == times.modify && its.modify_time == times.modify);
        break;
    }
    }
}

static uint64_t any_offset(void)
{
    static const uint64_t ends[] = {0, 1, 4095, 4096, 8191, 8192, 100000, 1 << 21, 5ull << 30};
    return ends[chance(sizeof ends / sizeof *ends)] + chance(3);
}

static void do_transfer(uint32_t slot, bool writes)
{
    static char mine[20000], its[20000];
    size_t size = 1 + (chance(2) ? chance(100) : chance(sizeof mine - 1)), my_done = 0, its_done = 0;
    struct host_slice my_slices[] = {{mine, size / 2}, {mine + size / 2, size - size / 2}};
    struct host_slice its_slices[] = {{its, size / 2}, {its + size / 2, size - size / 2}};
    if (chance(2))
        memory.offset[slot] = linux_host.offset[slot] = any_offset();
    unsigned how = chance(3) ? 0 : HOST_APPEND;
    memset(mine, (int)chance(256), sizeof mine);
    memcpy(its, mine, sizeof its);
    uint32_t error, its_error;
    if (writes) {
        error = memory.file_write(memory.open[slot], my_slices, 2, &memory.offset[slot], how, &my_done);
        its_error =
            linux_host.file_write(linux_host.open[slot], its_slices, 2, &linux_host.offset[slot], how, &its_done);
    } else {
        error = memory.file_read(memory.open[slot], my_slices, 2, &memory.offset[slot], &my_done);
        its_error = linux_host.file_read(linux_host.open[slot], its_slices, 2, &linux_host.offset[slot], &its_done);
    }
    if (its_error == WASI_EBADF) { /* opened for the other direction, which the WASI layer refuses by its rights */
        memory.offset[slot] = linux_host.offset[slot];
        return;
    }
    same(error, its_error);
    CHECK(my_done == its_done && memory.offset[slot] == linux_host.offset[slot]);
    CHECK(memcmp(mine, its, sizeof mine) == 0);
}

static bool can_write(uint32_t slot)
{
    size_t done;
    uint64_t offset = 0;
    return linux_host.file_write(linux_host.open[slot], NULL, 0, &offset, 0, &done) == WASI_SUCCESS;
}

static void do_file(void)
{
    uint32_t slot = chance(8), operation = chance(6);
    struct wasi_filestat mine = {0}, its = {0};
    if (!memory.open[slot])
        return;
    sprintf(step, "file operation %u", operation);
    uint64_t size = any_offset();
    switch (operation) {
    case 0:
        if (can_write(slot))
            do_transfer(slot, true);
        break;
    case 1:
        do_transfer(slot, false);
        break;
    case 2:
        same(memory.file_stat(memory.open[slot], &mine), linux_host.file_stat(linux_host.open[slot], &its));
        check_stat(&mine, &its);
        break;
    case 3:
        if (can_write(slot))
            same(memory.file_set_size(memory.open[slot], size), linux_host.file_set_size(linux_host.open[slot], size));
        break;
    case 4:
        if (can_write(slot) && size < 1 << 20)
            same(memory.file_allocate(memory.open[slot], size, size + 9),
                 linux_host.file_allocate(linux_host.open[slot], size, size + 9));
        break;
    default:
        memory.file_close(memory.open[slot]);
        linux_host.file_close(linux_host.open[slot]);
        memory.open[slot] = linux_host.open[slot] = NULL;
    }
}

/* --- all that is there --- */

struct names {
    char text[64][8];
    uint8_t types[64];
    uint64_t next[64];
    unsigned count;
};

static bool collect(void *context, const struct host_dirent *entry)
{
    struct names *names = context;
    CHECK(names->count < 64 && entry->size < 8);
    memcpy(names->text[names->count], entry->name, entry->size);
    names->text[names->count][entry->size] = 0;
    names->next[names->count] = entry->next;
    names->types[names->count++] = entry->type;
    return true;
}

static int find(const struct names *names, const char *text)
{
    for (unsigned i = 0; i < names->count; i++)
        if (strcmp(names->text[i], text) == 0)
            return (int)i;
    return -1;
}

/* From each cookie on the rest comes, in the same order. */
static void check_cookies(struct host *host, struct host_file *file, const struct names *all)
{
    for (unsigned i = 0; i < all->count; i++) {
        struct names rest = {0};
        CHECK(host->file_readdir(file, all->next[i], collect, &rest) == WASI_SUCCESS);
        CHECK(rest.count == all->count - i - 1);
        for (unsigned j = 0; j < rest.count; j++)
            CHECK(strcmp(rest.text[j], all->text[i + 1 + j]) == 0);
    }
}

/* By its size, and what is in it up to 110,000 bytes, but for a part. */
static void compare_file(const char *path)
{
    static const struct host_open how = {.access = HOST_READ};
    static char mine[20000], its[20000];
    static const uint64_t offsets[] = {0, 16000, 35000, 90000};
    struct host_path at = {path, strlen(path)};
    struct host_file *my_file, *its_file;
    struct wasi_filestat my_stat, its_stat;
    CHECK(memory.file_open(memory.root, at, &how, &my_file) == WASI_SUCCESS);
    CHECK(linux_host.file_open(linux_host.root, at, &how, &its_file) == WASI_SUCCESS);
    CHECK(memory.file_stat(my_file, &my_stat) == WASI_SUCCESS);
    CHECK(linux_host.file_stat(its_file, &its_stat) == WASI_SUCCESS);
    check_stat(&my_stat, &its_stat);
    for (unsigned i = 0; i < 4; i++) {
        uint64_t my_offset = offsets[i], its_offset = offsets[i];
        size_t my_done, its_done;
        CHECK(memory.file_read(my_file, &(struct host_slice){mine, sizeof mine}, 1, &my_offset, &my_done) == 0);
        CHECK(linux_host.file_read(its_file, &(struct host_slice){its, sizeof its}, 1, &its_offset, &its_done) == 0);
        CHECK(my_done == its_done && memcmp(mine, its, my_done) == 0);
    }
    memory.file_close(my_file);
    linux_host.file_close(its_file);
}

static void compare_folder(const char *path, unsigned depth)
{
    static const struct host_open how = {.access = HOST_READ, .folder = true};
    struct host_file *mine, *its;
    struct host_path at = {path, strlen(path)};
    struct names my_names = {0}, its_names = {0};
    uint32_t error = memory.file_open(memory.root, at, &how, &mine);
    sprintf(step, "comparing %s", path);
    same(error, linux_host.file_open(linux_host.root, at, &how, &its));
    CHECK(!error && depth < 400);
    CHECK(memory.file_readdir(mine, 0, collect, &my_names) == WASI_SUCCESS);
    CHECK(linux_host.file_readdir(its, 0, collect, &its_names) == WASI_SUCCESS);
    CHECK(my_names.count == its_names.count && my_names.count >= 2);
    check_cookies(&memory, mine, &my_names);
    for (unsigned i = 0; i < my_names.count; i++) {
        int other = find(&its_names, my_names.text[i]);
        CHECK(other >= 0 && my_names.types[i] == its_names.types[other]);
        char below[4096];
        snprintf(below, sizeof below, "%s/%s", path, my_names.text[i]);
        if (my_names.types[i] == WASI_FILETYPE_DIRECTORY && my_names.text[i][0] != '.')
            compare_folder(below, depth + 1);
        else if (my_names.types[i] == WASI_FILETYPE_REGULAR_FILE)
            compare_file(below);
    }
    memory.file_close(mine);
    linux_host.file_close(its);
}

/* What a file of the tree has after a change: the change, the rest of it, and zeroes where it had nothing. */
static void copy_on_write(void)
{
    static const struct host_open how = {.access = HOST_READ | HOST_WRITE};
    struct host *hosts[] = {&memory, &linux_host};
    struct host_path path = {"a/d", 3}, folder_path = {"b/d", 3};
    for (unsigned i = 0; i < 2; i++) {
        struct host *host = hosts[i];
        struct host_file *file;
        struct host_slice slice = {"written", 7};
        size_t done;
        uint64_t offset = 20001;
        CHECK(host->file_open(host->root, path, &how, &file) == WASI_SUCCESS);
        CHECK(host->file_write(file, &slice, 1, &offset, 0, &done) == WASI_SUCCESS && done == 7 && offset == 20008);
        CHECK(host->file_set_size(file, 41000) == WASI_SUCCESS && host->file_set_size(file, 90500) == WASI_SUCCESS);
        host->file_close(file);
        CHECK(host->path_remove_folder(host->root, folder_path) == WASI_SUCCESS);
        CHECK(host->path_create_folder(host->root, folder_path) == WASI_SUCCESS);
    }
    compare_folder(".", 0);
}

/* A file of a folder that is read-only on Linux gets no further name, neither there nor where it could be written to.
 */
static void read_only_links(void)
{
    struct host_file *sealed = file_of(syscall3(__NR_open, (long)folder, O_RDONLY | O_DIRECTORY, 0), true);
    struct host_path path = {"a/d", 3}, alias = {"alias", 5};
    for (int follow = 0; follow < 2; follow++) {
        CHECK(linux_path_link(sealed, path, follow, linux_host.root, alias) == WASI_EROFS);
        CHECK(linux_path_link(linux_host.root, path, follow, sealed, alias) == WASI_EROFS);
    }
    linux_file_close(sealed);
}

/* --- the beginning, and the end --- */

/* The image, which has room for a tree. */
__asm__(".bss; .balign 4096; .globl mewz_tree_start, mewz_tree_end; mewz_tree_start: .skip 1 << 20; mewz_tree_end:;"
        ".text");
extern char mewz_tree_start[], mewz_tree_end[];

static void make_tree(void)
{
    static const char script[] = "cd %s && mkdir -p a/b/c b/d c link/d && seq 9999 >a/d && seq 500 >a/b/a && "
                                 "ln -s ../a b/link && ln -s b/link/b loop && echo x >c/c && cp a/d c/b && ln -s c d";
    char command[sizeof script + sizeof folder];
    struct tree_folder folders[] = {{folder, "/", false}};
    struct file_tree tree;
    struct err err = {0};
    snprintf(command, sizeof command, script, folder);
    CHECK(system(command) == 0);
    CHECK(tree_encode(folders, 1, &tree, &err) == 0 && tree.bytes.size <= 1 << 20);
    memcpy(mewz_tree_start, tree.bytes.data, tree.bytes.size);
    tree_free(&tree);
}

static void remove_all(const char *path, unsigned depth)
{
    static const struct host_open how = {.access = HOST_READ, .folder = true};
    struct host_file *file;
    struct names names = {0};
    CHECK(memory.file_open(memory.root, (struct host_path){path, strlen(path)}, &how, &file) == WASI_SUCCESS);
    CHECK(memory.file_readdir(file, 0, collect, &names) == WASI_SUCCESS && depth < 400);
    memory.file_close(file);
    for (unsigned i = 2; i < names.count; i++) {
        char below[4096];
        struct host_path at = {below, (size_t)snprintf(below, sizeof below, "%s/%s", path, names.text[i])};
        bool is_folder = names.types[i] == WASI_FILETYPE_DIRECTORY;
        if (is_folder)
            remove_all(below, depth + 1);
        CHECK((is_folder ? memory.path_remove_folder : memory.path_remove_file)(memory.root, at) == WASI_SUCCESS);
    }
}

/* Nothing is left over when all is closed and removed. */
static void end(void)
{
    for (unsigned slot = 0; slot < 8; slot++)
        if (memory.open[slot])
            memory.file_close(memory.open[slot]);
    remove_all(".", 0);
    CHECK(pages_in_use < 100); /* with what the heap has spare */
}

static void begin(void)
{
    const char *name;
    CHECK(mkdtemp(folder));
    make_tree();
    CHECK(memory.file_preopen(0, &memory.root, &name) == WASI_SUCCESS && strcmp(name, "/") == 0);
    CHECK(memory.file_preopen(1, &memory.root, &name) == WASI_ENOENT);
    CHECK(linux_host.file_preopen(0, &linux_host.root, &name) == WASI_SUCCESS);
}

static void clean_up(void)
{
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    CHECK(system(command) == 0);
}

int main(void)
{
    begin();
    atexit(clean_up);
    copy_on_write();
    read_only_links();
    for (unsigned round = 0; round < 100000; round++) {
        if (chance(3))
            do_path();
        else
            do_file();
        if (round % 1000 == 0)
            compare_folder(".", 0);
    }
    compare_folder(".", 0);
    end();
    return 0;
}
