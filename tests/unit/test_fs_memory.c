/* The file system in memory where memory is short. */
#include "fs/memory.h"
#include "pages.h"

enum { LIMIT = 64 };

uint64_t host_clock_now(enum host_clock clock)
{
    return clock;
}

static struct vfs_file make_file(struct vfs_node *root, const char *name)
{
    struct host_open how = {.access = HOST_READ | HOST_WRITE, .create = true};
    struct vfs_file file;
    CHECK(vfs_open(root, (struct vfs_name){name, strlen(name)}, &how, &file) == 0);
    return file;
}

static uint32_t allocate(struct vfs_file *file, uint64_t pages)
{
    return file->node->vfs->ops->allocate(file, 0, pages * PAGE_SIZE);
}

/* Storage that cannot be had is not taken in part: the rest is for others. */
static void test_allocate(void)
{
    static struct memory_fs fs;
    static char bytes[8 * PAGE_SIZE];
    struct vfs_node *root = memory_fs_init(&fs, LIMIT, NULL);
    struct vfs_file one = make_file(root, "one"), two = make_file(root, "two");
    struct host_slice slice = {bytes, sizeof bytes};
    struct wasi_filestat stat;
    size_t done, pages;
    CHECK(allocate(&one, LIMIT / 2) == 0);
    pages = fs.heap.pages;
    CHECK(allocate(&two, LIMIT / 2) == WASI_ENOSPC && fs.heap.pages == pages);
    CHECK(vfs_stat(two.node, &stat) == 0 && stat.size == 0);
    CHECK(allocate(&one, LIMIT / 2) == 0 && fs.heap.pages == pages); /* which it has */
    CHECK(two.node->vfs->ops->write(&two, &slice, 1, 0, &done) == 0 && done == sizeof bytes);
    size_t limit = pages_limit;
    pages_limit = pages_in_use + 4;
    pages = fs.heap.pages;
    CHECK(allocate(&two, 16) == WASI_ENOSPC && fs.heap.pages == pages);
    pages_limit = limit;
    CHECK(allocate(&two, 16) == 0);
    vfs_close(&one);
    vfs_close(&two);
    CHECK(vfs_remove_file(root, (struct vfs_name){"one", 3}) == 0);
    CHECK(vfs_remove_file(root, (struct vfs_name){"two", 3}) == 0);
    pages_free_all();
}

int main(void)
{
    test_allocate();
    return 0;
}
