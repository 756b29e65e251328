/* fuse_contents.c: contents of files, between the server, the cache and the program. See fuse_client.h.
 *
 * What was read stays in the cache and goes with the attributes that the node had then. It is believed for as long as
 * they are; when they have been asked for again and are others, or could be the same though the file has changed, it is
 * not looked at any more. A change by the program goes to the server at once, and nothing is kept across it. */
#include "fs/fuse_client.h"
#include "mm/page.h"

/* --- straight between the server and the program's memory --- */

/* The physical memory of the next bytes of a list of slices. */
struct gathered {
    struct virtq_slice slices[VIRTIO_FS_SLICES_MAX - 2];
    unsigned count;
    size_t size;
};

/* A piece that lies in one page. Memory of the program may not have been touched before, and is not mapped then. */
static bool gather_piece(struct gathered *gathered, const char *bytes, size_t size)
{
    (void)*(volatile const char *)bytes;
    uint64_t address = page_phys(bytes);
    struct virtq_slice *last = gathered->count ? &gathered->slices[gathered->count - 1] : NULL;
    if (last && last->address + last->size == address)
        last->size += (uint32_t)size;
    else if (gathered->count == sizeof gathered->slices / sizeof *gathered->slices)
        return false;
    else
        gathered->slices[gathered->count++] = (struct virtq_slice){address, (uint32_t)size};
    gathered->size += size;
    return true;
}

/* Gathers up to `limit` bytes of the slices, without the first `skip`. */
static void gather(struct gathered *gathered, const struct host_slice *slices, size_t count, size_t skip, size_t limit)
{
    gathered->count = 0;
    gathered->size = 0;
    for (size_t i = 0; i < count; i++) {
        size_t begin = skip < slices[i].size ? skip : slices[i].size;
        skip -= begin;
        const char *bytes = (const char *)slices[i].data + begin;
        for (size_t rest = slices[i].size - begin; rest > 0 && gathered->size < limit;) {
            size_t in_page = PAGE_SIZE - ((uintptr_t)bytes & (PAGE_SIZE - 1));
            size_t size = rest < in_page ? rest : in_page;
            size = size < limit - gathered->size ? size : limit - gathered->size;
            if (!gather_piece(gathered, bytes, size))
                return;
            bytes += size;
            rest -= size;
        }
    }
}

static uint32_t request_read(struct vfs_file *file, uint64_t offset, const struct virtq_slice *slices, unsigned count,
                             size_t size, size_t *came)
{
    struct fuse *fuse = fuse_of(file->node);
    struct fuse_read_in in = {.handle = file->handle, .offset = offset, .size = (uint32_t)size};
    fuse_begin(fuse, FUSE_READ, fuse_node_of(file->node)->id);
    fuse_put(fuse, &in, sizeof in);
    return fuse_send_contents(fuse, slices, 0, count, NULL, 0, came);
}

/* What is behind the first *done bytes of the slices; `offset` is where those began. */
static uint32_t read_directly(struct vfs_file *file, const struct host_slice *slices, size_t count, uint64_t offset,
                              size_t *done)
{
    struct gathered gathered;
    for (;;) {
        size_t came;
        gather(&gathered, slices, count, *done, FUSE_TRANSFER_MAX);
        if (gathered.size == 0)
            return WASI_SUCCESS;
        uint32_t error = request_read(file, offset + *done, gathered.slices, gathered.count, gathered.size, &came);
        if (error)
            return error;
        *done += came;
        if (came < gathered.size)
            return WASI_SUCCESS; /* the end of the file */
    }
}

uint32_t fuse_contents_write(struct vfs_file *file, const struct host_slice *slices, size_t count, uint64_t offset,
                             size_t *done)
{
    struct fuse *fuse = fuse_of(file->node);
    struct gathered gathered;
    *done = 0;
    fuse_contents_changed(fuse_node_of(file->node));
    for (;;) {
        gather(&gathered, slices, count, *done, fuse->transfer_max);
        if (gathered.size == 0)
            return WASI_SUCCESS;
        struct fuse_write_in in = {.handle = file->handle, .offset = offset + *done, .size = (uint32_t)gathered.size};
        struct fuse_write_out out;
        size_t none;
        fuse_begin(fuse, FUSE_WRITE, fuse_node_of(file->node)->id);
        fuse_put(fuse, &in, sizeof in);
        uint32_t error = fuse_send_contents(fuse, gathered.slices, gathered.count, 0, &out, sizeof out, &none);
        if (error)
            return error;
        if (out.size == 0 || out.size > gathered.size)
            return WASI_EIO;
        *done += out.size;
    }
}

/* --- by the cache --- */

enum {
    LOAD_MOST = FUSE_TRANSFER_MAX / PAGE_SIZE, /* pages of one request */
    READ_AHEAD_FIRST = 8,
    READ_AHEAD_MOST = 32,
};

static uint64_t page_count(uint64_t bytes)
{
    return bytes / PAGE_SIZE + (bytes % PAGE_SIZE != 0);
}

/* How many pages from `number` on to ask for: what is wanted, and a reader who goes on is given more and more in
 * advance. */
static uint64_t choose_count(struct fuse_node *node, uint64_t number, uint64_t wanted)
{
    uint64_t left = page_count(node->attr.size) - number;
    if (number != node->next_read)
        node->read_ahead = 0;
    else
        node->read_ahead = node->read_ahead ? 2 * node->read_ahead : READ_AHEAD_FIRST;
    if (node->read_ahead > READ_AHEAD_MOST)
        node->read_ahead = READ_AHEAD_MOST;
    uint64_t count = wanted > node->read_ahead ? wanted : node->read_ahead;
    count = count < left ? count : left;
    return count < LOAD_MOST ? count : LOAD_MOST;
}

/* Reads pages that are not in the cache, up to the next one that is. Without an error they need not be there: there was
 * no memory, or the file has become shorter. */
static uint32_t load(struct vfs_file *file, uint64_t number, uint64_t count)
{
    struct fuse *fuse = fuse_of(file->node);
    struct fuse_node *node = fuse_node_of(file->node);
    struct cached_page *pages[LOAD_MOST];
    struct virtq_slice slices[LOAD_MOST];
    unsigned made = 0;
    size_t came = 0;
    if (!node->contents)
        node->contents = ++fuse->last_owner;
    for (; made < count && !page_cache_find(&fuse->pages, node->contents, number + made); made++) {
        struct cached_page *page = page_cache_add(&fuse->pages, node->contents, number + made);
        if (!page)
            break;
        page_cache_set_state(&fuse->pages, page, PAGE_BUSY);
        pages[made] = page;
        slices[made] = (struct virtq_slice){page_phys(page->bytes), PAGE_SIZE};
    }
    if (made == 0)
        return WASI_SUCCESS;
    uint64_t begin = number * PAGE_SIZE, size = made * PAGE_SIZE, left = node->attr.size - begin;
    uint32_t error = request_read(file, begin, slices, made, size, &came);
    bool whole = !error && came >= (size < left ? size : left);
    for (unsigned i = 0; i < made; i++) {
        page_cache_set_state(&fuse->pages, pages[i], PAGE_CLEAN);
        if (!whole)
            page_cache_drop(&fuse->pages, pages[i]);
    }
    node->next_read = number + made;
    if (!whole)
        node->attr_until = 0;
    return error;
}

/* The page that has the byte at `offset`, with `wanted` bytes from there on. NULL without an error: see load. */
static uint32_t get_page(struct vfs_file *file, uint64_t offset, uint64_t wanted, struct cached_page **page)
{
    struct fuse *fuse = fuse_of(file->node);
    struct fuse_node *node = fuse_node_of(file->node);
    uint64_t number = offset / PAGE_SIZE;
    *page = page_cache_find(&fuse->pages, node->contents, number);
    if (*page)
        return WASI_SUCCESS;
    uint64_t count = choose_count(node, number, page_count(offset % PAGE_SIZE + wanted));
    uint32_t error = load(file, number, count);
    *page = error ? NULL : page_cache_find(&fuse->pages, node->contents, number);
    return error;
}

/* Fills one slice; *whole: all of it. `wanted` bytes are wanted from `offset` on, in other slices too. */
static uint32_t read_slice(struct vfs_file *file, struct host_slice slice, uint64_t offset, uint64_t wanted,
                           size_t *done, bool *whole)
{
    char *bytes = slice.data;
    for (size_t size = slice.size < wanted ? slice.size : wanted; size > 0;) {
        size_t skip = offset % PAGE_SIZE, part = size < PAGE_SIZE - skip ? size : PAGE_SIZE - skip;
        struct cached_page *page;
        uint32_t error = get_page(file, offset, wanted, &page);
        *whole = page != NULL;
        if (!page)
            return error;
        __builtin_memcpy(bytes, page->bytes + skip, part);
        bytes += part;
        offset += part;
        size -= part;
        wanted -= part;
        *done += part;
    }
    return WASI_SUCCESS;
}

uint32_t fuse_contents_read(struct vfs_file *file, const struct host_slice *slices, size_t count, uint64_t offset,
                            size_t *done)
{
    struct fuse_node *node = fuse_node_of(file->node);
    *done = 0;
    /* Nothing is gained by keeping a file that is written to and read in turns. */
    if (node->is_direct || node->was_written) {
        node->was_written = false;
        return read_directly(file, slices, count, offset, done);
    }
    uint32_t error = fuse_check_attr(node);
    uint64_t left = offset < node->attr.size ? node->attr.size - offset : 0, all = host_slices_size(slices, count);
    uint64_t wanted = all < left ? all : left;
    bool whole = true;
    for (size_t i = 0; i < count && !error && whole; i++)
        error = read_slice(file, slices[i], offset + *done, wanted - *done, done, &whole);
    return error || whole ? error : read_directly(file, slices, count, offset, done);
}
