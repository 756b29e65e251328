/* disk.c: libFuzzer's target for disks: a good file system of which the input changes some bytes, in a program that
 * does whatever it likes. FUZZ_DISK names the image, which best has no checksums. */
#include "kernel.h"

#include "../memory_disk.h"
#include "operations.h"

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

/* As the driver does with what lies behind the end. */
static void carry(uint64_t sector, const struct block_slice *slices, unsigned count, bool writes)
{
    for (unsigned i = 0; i < count; i++) {
        if (sector > disk_size / BLOCK_SECTOR || slices[i].size > disk_size - sector * BLOCK_SECTOR) {
            disk_failed = true;
            return;
        }
        uint8_t *place = disk_bytes + sector * BLOCK_SECTOR;
        if (writes)
            memcpy(place, (void *)slices[i].address, slices[i].size);
        else
            memcpy((void *)slices[i].address, place, slices[i].size);
        sector += slices[i].size / BLOCK_SECTOR;
    }
}

void block_read(struct block_device *disk, uint64_t sector, const struct block_slice *slices, unsigned count)
{
    (void)disk;
    carry(sector, slices, count, false);
}

void block_write(struct block_device *disk, uint64_t sector, const struct block_slice *slices, unsigned count)
{
    (void)disk;
    carry(sector, slices, count, true);
}

bool block_flush(struct block_device *disk)
{
    return block_finish(disk);
}

/* --- inputs --- */

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static uint8_t *good_disk;

static void restart(void)
{
    ext4_heap = (struct heap){.limit = PAGES_LIMIT / 2};
    disk_failed = false;
    memcpy(disk_bytes, good_disk, disk_size);
}

/* A mounted file system stays for the life of a kernel, which ends here. */
static void end(struct vfs_node *root)
{
    if (root) {
        vfs_put(root);
        ext4_unmount_all();
    }
    while (blocks.next != &blocks)
        library_free(blocks.next->bytes);
    kernel_reset();
}

static struct vfs_node *mount_disk(void)
{
    struct vfs_node *root;
    const char *problem = NULL;
    if (ext4_mount("disk0", false, &root, &problem))
        return root;
    CHECK(problem != NULL);
    return NULL;
}

/* The good disk has a journal to replay: it is as it was when the power went, with a few files. */
int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    static const uint8_t load[] = {3, 3, 0, 0, 3, 3, 2, 0, 3, 3, 7, 1, 0, 0, 0, 1, 5, 3, 1, 0, 1, 1, 255, 255, 1, 1};
    (void)count, (void)arguments;
    good_disk = disk_make(getenv("FUZZ_DISK"));
    restart();
    input_set(load, sizeof load);
    struct vfs_node *root = mount_disk();
    CHECK(root != NULL);
    use_files(root);
    CHECK(root->vfs->ops->sync(root, false) == WASI_SUCCESS);
    memcpy(good_disk, disk_bytes, disk_size);
    end(root);
    return 0;
}

/* Bytes at the start of a block matter most; what is changed lies in one of the disk's first blocks, mostly. */
static void change_disk(void)
{
    for (unsigned changes = input_byte() % 16; changes > 0; changes--) {
        size_t block = input_byte() | (input_byte() & 7) << 8, offset = input_byte() | (input_byte() & 15) << 8;
        disk_bytes[(block * 4096 + offset) % disk_size] = input_byte();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    restart();
    input_set(bytes, size);
    change_disk();
    struct vfs_node *root = mount_disk();
    if (root)
        use_files(root);
    end(root);
    return 0;
}
