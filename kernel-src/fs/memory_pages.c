/* memory_pages.c: the contents of files (memory.h).
 *
 * A table of up to four levels with 512 entries each leads to the pages; what was never written has none, and reads as
 * the tree has it or as zeroes. So a file can be longer than memory. */
#include "fs/memory.h"
#include "mm/page.h"

enum { FANOUT = PAGE_SIZE / sizeof(void *), FANOUT_BITS = 9, HEIGHT_MAX = 4 };

#define SIZE_LIMIT (PAGE_SIZE << (FANOUT_BITS * HEIGHT_MAX)) /* 256 TiB */

/* How many pages a table of that height spans. */
static uint64_t span(uint32_t height)
{
    return 1ull << (FANOUT_BITS * height);
}

/* The page with that number; NULL where there is none. */
static uint8_t *find_page(const struct memory_pages *pages, uint64_t number)
{
    void *at = pages->root;
    if (number >= span(pages->height))
        return NULL;
    for (uint32_t height = pages->height; at && height > 0; height--)
        at = ((void **)at)[number / span(height - 1) % FANOUT];
    return at;
}

static void **table_new(struct heap *heap)
{
    void **table = heap_pages_alloc(heap, 1);
    if (table)
        __builtin_memset(table, 0, PAGE_SIZE);
    return table;
}

/* The place for the page with that number, with all tables on the way to it. NULL: no memory. */
static void **make_place(struct heap *heap, struct memory_pages *pages, uint64_t number)
{
    while (number >= span(pages->height)) {
        void **table = pages->root ? table_new(heap) : NULL;
        if (pages->root && !table)
            return NULL;
        if (table)
            table[0] = pages->root;
        pages->root = table;
        pages->height++;
    }
    void **place = &pages->root;
    for (uint32_t height = pages->height; height > 0; height--) {
        if (!*place && !(*place = table_new(heap)))
            return NULL;
        place = &((void **)*place)[number / span(height - 1) % FANOUT];
    }
    return place;
}

/* --- the tree's part --- */

/* What pages that are not there read as. */
static uint32_t fill(const struct memory_node *file, uint64_t offset, uint8_t *bytes, size_t size)
{
    uint64_t left = offset < file->pages.tree_size ? file->pages.tree_size - offset : 0;
    size_t part = left < size ? left : size;
    if (part > 0 && !tree_read(&memory_fs(file)->tree, file->tree_number, offset, bytes, part))
        return WASI_EIO;
    __builtin_memset(bytes + part, 0, size - part);
    return WASI_SUCCESS;
}

/* The page at `offset`, to write to: `whole` says that all of it will be. */
static uint32_t page_to_write(struct memory_node *file, uint64_t offset, bool whole, uint8_t **page)
{
    struct heap *heap = &memory_fs(file)->heap;
    void **place = make_place(heap, &file->pages, offset / PAGE_SIZE);
    if (!place)
        return WASI_ENOSPC;
    if (!*place) {
        void *made = heap_pages_alloc(heap, 1);
        uint32_t error = made ? WASI_SUCCESS : WASI_ENOSPC;
        if (made && !whole)
            error = fill(file, offset - offset % PAGE_SIZE, made, PAGE_SIZE);
        if (error && made)
            heap_pages_free(heap, made, 1);
        if (error)
            return error;
        *place = made;
    }
    *page = *place;
    return WASI_SUCCESS;
}

/* --- reading and writing --- */

static size_t part_of_page(uint64_t offset, size_t size)
{
    size_t room = PAGE_SIZE - offset % PAGE_SIZE;
    return size < room ? size : room;
}

static uint32_t read_range(const struct memory_node *file, uint8_t *bytes, size_t size, uint64_t offset)
{
    uint32_t error = WASI_SUCCESS;
    while (size > 0 && !error) {
        size_t part = part_of_page(offset, size);
        const uint8_t *page = find_page(&file->pages, offset / PAGE_SIZE);
        if (page) {
            __builtin_memcpy(bytes, page + offset % PAGE_SIZE, part);
        } else {
            if (!file->pages.root)
                part = size; /* no page at all */
            error = fill(file, offset, bytes, part);
        }
        bytes += part;
        offset += part;
        size -= part;
    }
    return error;
}

uint32_t pages_read(struct memory_node *file, const struct host_slice *slices, size_t count, uint64_t offset,
                    size_t *done)
{
    *done = 0;
    for (size_t i = 0; i < count && offset < file->pages.size; i++) {
        uint64_t left = file->pages.size - offset;
        size_t size = slices[i].size < left ? slices[i].size : left;
        uint32_t error = read_range(file, slices[i].data, size, offset);
        if (error)
            return error;
        offset += size;
        *done += size;
    }
    return WASI_SUCCESS;
}

static uint32_t write_range(struct memory_node *file, const uint8_t *bytes, size_t size, uint64_t offset, size_t *done)
{
    while (size > 0) {
        size_t part = part_of_page(offset, size);
        uint8_t *page;
        uint32_t error = page_to_write(file, offset, part == PAGE_SIZE, &page);
        if (error)
            return error;
        __builtin_memcpy(page + offset % PAGE_SIZE, bytes, part);
        bytes += part;
        offset += part;
        size -= part;
        *done += part;
        if (offset > file->pages.size)
            file->pages.size = offset;
    }
    return WASI_SUCCESS;
}

uint32_t pages_write(struct memory_node *file, const struct host_slice *slices, size_t count, uint64_t offset,
                     size_t *done)
{
    *done = 0;
    for (size_t i = 0; i < count; i++) {
        if (offset + *done >= SIZE_LIMIT || slices[i].size > SIZE_LIMIT - offset - *done)
            return WASI_EFBIG;
        uint32_t error = write_range(file, slices[i].data, slices[i].size, offset + *done, done);
        if (error)
            return error;
    }
    return WASI_SUCCESS;
}

/* --- sizes --- */

/* Frees the pages from `first` on below a place that leads to a table of that height, and tables that become empty. */
static void free_from(struct heap *heap, void **place, uint32_t height, uint64_t first)
{
    void **table = *place;
    if (!table)
        return;
    if (height > 0) {
        uint64_t below = span(height - 1);
        for (uint64_t i = first / below; i < FANOUT; i++)
            free_from(heap, &table[i], height - 1, i == first / below ? first % below : 0);
    }
    if (first == 0) {
        heap_pages_free(heap, table, 1);
        *place = NULL;
    }
}

uint32_t pages_set_size(struct memory_node *file, uint64_t size)
{
    struct memory_pages *pages = &file->pages;
    if (size > SIZE_LIMIT)
        return WASI_EFBIG;
    if (size < pages->size) {
        uint64_t first = (size + PAGE_SIZE - 1) / PAGE_SIZE;
        uint8_t *last = find_page(pages, size / PAGE_SIZE);
        if (first < span(pages->height))
            free_from(&memory_fs(file)->heap, &pages->root, pages->height, first);
        if (last && size % PAGE_SIZE)
            __builtin_memset(last + size % PAGE_SIZE, 0, PAGE_SIZE - size % PAGE_SIZE);
        if (size < pages->tree_size)
            pages->tree_size = size;
    }
    pages->size = size;
    return WASI_SUCCESS;
}

/* Whether there is memory for all of these pages that the file has not, and for the tables on the way to them. */
static bool has_room(const struct memory_node *file, uint64_t first, uint64_t end)
{
    const struct heap *heap = &memory_fs(file)->heap;
    uint64_t wanted = 0;
    if (end - first > heap->limit)
        return false;
    for (uint64_t number = first; number < end; number++)
        wanted += find_page(&file->pages, number) == NULL;
    wanted += wanted ? wanted / FANOUT + 2 * HEIGHT_MAX : 0;
    return wanted <= heap->limit - heap->pages && wanted + heap->keep <= page_free_count();
}

uint32_t pages_allocate(struct memory_node *file, uint64_t offset, uint64_t size)
{
    if (size > SIZE_LIMIT || offset > SIZE_LIMIT - size)
        return WASI_EFBIG;
    if (!has_room(file, offset / PAGE_SIZE, (offset + size + PAGE_SIZE - 1) / PAGE_SIZE))
        return WASI_ENOSPC; /* a part of it would be kept from others */
    for (uint64_t at = offset - offset % PAGE_SIZE; at < offset + size; at += PAGE_SIZE) {
        uint8_t *page;
        uint32_t error = page_to_write(file, at, false, &page);
        if (error)
            return error;
    }
    if (offset + size > file->pages.size)
        file->pages.size = offset + size;
    return WASI_SUCCESS;
}

void pages_fini(struct memory_node *file)
{
    free_from(&memory_fs(file)->heap, &file->pages.root, file->pages.height, 0);
}
