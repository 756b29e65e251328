#include "world.h"

#define PAGES_LIMIT 4096
#include "pages.h"

#include "../memory_disk.h"

/* --- the rest of what the file system needs of the kernel: a heap on which the sanitizer sees each object --- */

void *heap_alloc(struct heap *heap, size_t size)
{
    (void)heap;
    return malloc(size);
}

void *heap_alloc_zeroed(struct heap *heap, size_t count, size_t size)
{
    (void)heap;
    return calloc(count, size);
}

void heap_free(struct heap *heap, void *memory)
{
    (void)heap;
    free(memory);
}

void *heap_pages_alloc(struct heap *heap, size_t count)
{
    (void)heap;
    return aligned_alloc(PAGE_SIZE, count * PAGE_SIZE);
}

void heap_pages_free(struct heap *heap, void *pages, size_t count)
{
    (void)heap;
    (void)count;
    free(pages);
}

static uint64_t now = 1;
uint64_t world_look = 1000000;

uint64_t time_now(void)
{
    return now += world_look;
}

/* --- the disk --- */

struct entry {
    uint64_t position;
    size_t size;
    uint8_t *bytes;
};

struct disk_log {
    struct entry *entries;
    size_t count, room;
    size_t *flushes, flush_count; /* how many entries there were when each one ended */
    uint8_t *initial;
};

static struct disk_log *disk_log;
static bool reads_fail, writes_fail;
static size_t fail_after;

static bool fails(bool kind)
{
    if (!kind)
        return false;
    if (fail_after > 0) {
        fail_after--;
        return false;
    }
    disk_failed = true;
    return true;
}

void block_read(struct block_device *disk, uint64_t sector, const struct block_slice *slices, unsigned count)
{
    CHECK(count <= disk->slices_max);
    uint64_t at = sector * BLOCK_SECTOR;
    for (unsigned i = 0; i < count && !fails(reads_fail); i++, at += slices[i - 1].size) {
        if (at + slices[i].size > disk_size) {
            disk_failed = true;
            return;
        }
        memcpy((void *)slices[i].address, disk_bytes + at, slices[i].size);
    }
}

static void record(uint64_t position, const void *bytes, size_t size)
{
    struct disk_log *log = disk_log;
    if (log->count == log->room) {
        log->room = log->room ? 2 * log->room : 1024;
        log->entries = realloc(log->entries, log->room * sizeof *log->entries);
    }
    log->entries[log->count++] = (struct entry){position, size, memcpy(malloc(size), bytes, size)};
}

void block_write(struct block_device *disk, uint64_t sector, const struct block_slice *slices, unsigned count)
{
    CHECK(count <= disk->slices_max);
    uint64_t at = sector * BLOCK_SECTOR;
    for (unsigned i = 0; i < count && !fails(writes_fail); i++, at += slices[i - 1].size) {
        CHECK(at + slices[i].size <= disk_size);
        record(at, (void *)slices[i].address, slices[i].size);
        memcpy(disk_bytes + at, (void *)slices[i].address, slices[i].size);
    }
}

bool block_flush(struct block_device *disk)
{
    if (!block_finish(disk))
        return false;
    struct disk_log *log = disk_log;
    log->flushes = realloc(log->flushes, (log->flush_count + 1) * sizeof *log->flushes);
    log->flushes[log->flush_count++] = log->count;
    return true;
}

size_t disk_log_size(void)
{
    return disk_log->count;
}

void disk_fail(bool reads, bool writes, size_t after)
{
    reads_fail = reads;
    writes_fail = writes;
    fail_after = after;
}

void disk_mend(void)
{
    reads_fail = writes_fail = disk_failed = false;
}

void disk_free_log(struct disk_log *log)
{
    for (size_t i = 0; log && i < log->count; i++)
        free(log->entries[i].bytes);
    if (log) {
        free(log->entries);
        free(log->flushes);
        free(log->initial);
    }
    free(log);
}

struct disk_log *disk_take_log(void)
{
    struct disk_log *log = disk_log;
    disk_log = calloc(1, sizeof *disk_log);
    disk_log->initial = memcpy(malloc(disk_size), disk_bytes, disk_size);
    return log;
}

void disk_restart(const uint8_t *bytes)
{
    pages_free_all();
    memcpy(disk_bytes, bytes, disk_size);
    disk_free_log(disk_take_log());
}

void disk_load(const char *path)
{
    uint8_t *bytes = disk_make(path);
    disk_restart(bytes);
    free(bytes);
}

void disk_save(const char *path, const uint8_t *bytes)
{
    FILE *file = fopen(path, "wb");
    CHECK(file && fwrite(bytes, 1, disk_size, file) == disk_size && fclose(file) == 0);
}

size_t disk_flush_point(const struct disk_log *log, uint64_t random)
{
    return log->flushes[random % log->flush_count];
}

/* Writes that a flush covers are there, if it had ended. Of the others each sector may be or not. */
void disk_cut(const struct disk_log *log, size_t count, uint8_t *bytes, uint64_t (*random_number)(void))
{
    size_t covered = 0;
    memcpy(bytes, log->initial, disk_size);
    CHECK(count <= log->count);
    for (size_t i = 0; i < log->flush_count && log->flushes[i] < count; i++)
        covered = log->flushes[i];
    for (size_t i = 0; i < count; i++) {
        uint64_t luck = i < covered ? 0 : random_number() % 3; /* all of it, nothing, or sector by sector */
        for (size_t at = 0; luck != 1 && at < log->entries[i].size; at += BLOCK_SECTOR)
            if (luck == 0 || random_number() % 2)
                memcpy(bytes + log->entries[i].position + at, log->entries[i].bytes + at, BLOCK_SECTOR);
    }
}

/* --- the whole --- */

void world_take_memory(size_t left)
{
    page_reclaim(SIZE_MAX);
    pages_limit = pages_in_use + left;
}

void world_give_memory(void)
{
    pages_limit = PAGES_LIMIT;
}

struct vfs_node *world_mount(bool read_only)
{
    struct vfs_node *root;
    const char *problem;
    if (ext4_mount("disk0", read_only, &root, &problem))
        return root;
    printf("not mounted: %s\n", problem);
    return NULL;
}
