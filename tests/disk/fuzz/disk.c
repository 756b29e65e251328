/* disk.c: libFuzzer's target for disks: a good file system of which the input changes some bytes, in a program that
 * does whatever it likes. FUZZ_DISK names the image, which best has no checksums. */
#include "kernel.h"

#include "dev/block.h"
#include "dev/entropy.h"
#include "ext4/ext4.h"
#include "mm/heap.h"
#include "operations.h"

/* --- what the file system needs of the kernel, beside pages --- */

struct heap ext4_heap;

uint64_t time_wall(void)
{
    return 1700000000000000000u + time_now();
}

void entropy_read(void *bytes, size_t size)
{
    memset(bytes, 0x5a, size);
}

/* --- the library's memory, all of which one mount has --- */

struct block {
    struct block *next, *previous;
    size_t size;
    char bytes[] __attribute__((aligned(16)));
};

static struct block blocks = {&blocks, &blocks, 0};

void *library_malloc(size_t size);
void *library_calloc(size_t count, size_t size);
void *library_realloc(void *memory, size_t size);
void library_free(void *memory);

static struct block *block_of(void *memory)
{
    return (struct block *)(void *)((char *)memory - sizeof(struct block));
}

void *library_malloc(size_t size)
{
    struct block *block = size < 1 << 26 ? malloc(sizeof *block + size) : NULL;
    if (!block)
        return NULL;
    *block = (struct block){blocks.next, &blocks, size};
    blocks.next->previous = block;
    blocks.next = block;
    return block->bytes;
}

void *library_calloc(size_t count, size_t size)
{
    size_t bytes;
    void *memory = __builtin_mul_overflow(count, size, &bytes) ? NULL : library_malloc(bytes);
    return memory ? memset(memory, 0, bytes) : NULL;
}

void library_free(void *memory)
{
    if (!memory)
        return;
    struct block *block = block_of(memory);
    block->next->previous = block->previous;
    block->previous->next = block->next;
    free(block);
}

void *library_realloc(void *memory, size_t size)
{
    void *moved = library_malloc(size);
    if (!moved || !memory)
        return moved;
    size_t old = block_of(memory)->size;
    memcpy(moved, memory, old < size ? old : size);
    library_free(memory);
    return moved;
}

/* --- the disk --- */

static uint8_t *good_disk, *disk;
static size_t disk_size;
static bool failed;

bool block_find(struct block_device *blk, bool (*accepts)(struct block_device *blk, const void *context),
                const void *context)
{
    *blk = (struct block_device){
        .sectors = disk_size / BLOCK_SECTOR, .block_size = BLOCK_SECTOR, .slices_max = 16, .flushes = true};
    return accepts(blk, context);
}

void block_stop(struct block_device *blk)
{
    (void)blk;
}

bool block_serial(struct block_device *blk, char serial[BLOCK_SERIAL_SIZE + 1])
{
    (void)blk;
    strcpy(serial, "disk0");
    return true;
}

/* As the driver does with what lies behind the end. */
static void carry(uint64_t sector, const struct block_slice *slices, unsigned count, bool writes)
{
    for (unsigned i = 0; i < count; i++) {
        if (sector > disk_size / BLOCK_SECTOR || slices[i].size > disk_size - sector * BLOCK_SECTOR) {
            failed = true;
            return;
        }
        uint8_t *place = disk + sector * BLOCK_SECTOR;
        if (writes)
            memcpy(place, (void *)slices[i].address, slices[i].size);
        else
            memcpy((void *)slices[i].address, place, slices[i].size);
        sector += slices[i].size / BLOCK_SECTOR;
    }
}

void block_read(struct block_device *blk, uint64_t sector, const struct block_slice *slices, unsigned count)
{
    (void)blk;
    carry(sector, slices, count, false);
}

void block_write(struct block_device *blk, uint64_t sector, const struct block_slice *slices, unsigned count)
{
    (void)blk;
    carry(sector, slices, count, true);
}

bool block_finish(struct block_device *blk)
{
    (void)blk;
    bool good = !failed;
    failed = false;
    return good;
}

bool block_flush(struct block_device *blk)
{
    return block_finish(blk);
}

/* --- inputs --- */

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void restart(const uint8_t *bytes)
{
    while (blocks.next != &blocks)
        library_free(blocks.next->bytes);
    kernel_reset();
    ext4_heap = (struct heap){.limit = PAGES_MAX / 2};
    failed = false;
    memcpy(disk, bytes, disk_size);
}

static struct vfs_node *mount_disk(void)
{
    struct vfs_node *root;
    const char *problem = NULL;
    if (ext4_mount("disk0", false, &root, &problem))
        return root;
    require(problem != NULL);
    return NULL;
}

/* The good disk has a journal to replay: it is as it was when the power went, with a few files. */
int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    static const uint8_t load[] = {3, 3, 0, 0, 3, 3, 2, 0, 3, 3, 7, 1, 0, 0, 0, 1, 5, 3, 1, 0, 1, 1, 255, 255, 1, 1};
    const char *path = getenv("FUZZ_DISK");
    FILE *file = path ? fopen(path, "rb") : NULL;
    (void)count, (void)arguments;
    require(file && fseek(file, 0, SEEK_END) == 0);
    disk_size = (size_t)ftell(file);
    rewind(file);
    good_disk = malloc(disk_size);
    disk = malloc(disk_size);
    require(fread(good_disk, 1, disk_size, file) == disk_size);
    fclose(file);
    restart(good_disk);
    input_set(load, sizeof load);
    struct vfs_node *root = mount_disk();
    require(root != NULL);
    use_files(root);
    require(root->vfs->ops->sync(root, false) == WASI_SUCCESS);
    memcpy(good_disk, disk, disk_size);
    vfs_put(root);
    ext4_unmount_all();
    return 0;
}

/* Bytes at the start of a block matter most; what is changed lies in one of the disk's first blocks, mostly. */
static void change_disk(void)
{
    for (unsigned changes = input_byte() % 16; changes > 0; changes--) {
        size_t block = input_byte() | (input_byte() & 7) << 8, offset = input_byte() | (input_byte() & 15) << 8;
        disk[(block * 4096 + offset) % disk_size] = input_byte();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    restart(good_disk);
    input_set(bytes, size);
    change_disk();
    struct vfs_node *root = mount_disk();
    if (root) {
        use_files(root);
        vfs_put(root);
        ext4_unmount_all();
    }
    return 0;
}
