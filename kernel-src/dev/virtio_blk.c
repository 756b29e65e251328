/* virtio_blk.c: virtio block devices (virtio 1.2, section 5.2), each a disk of its own. */
#include "dev/block_driver.h"
#include "dev/virtio.h"
#include "mm/page.h"

enum { F_SIZE_MAX = 1, F_SEG_MAX = 2, F_RO = 5, F_FLUSH = 9 }; /* 5.2.3 */
#define BIT(number) (1ull << (number))
#define WANTED      (BIT(F_SIZE_MAX) | BIT(F_SEG_MAX) | BIT(F_RO) | BIT(F_FLUSH))

enum { CONFIG_CAPACITY = 0, CONFIG_SIZE_MAX = 8, CONFIG_SEG_MAX = 12 };      /* 5.2.4 */
enum { T_IN = 0, T_OUT = 1, T_FLUSH = 4, T_GET_ID = 8 };                     /* 5.2.6 */
enum { S_OK = 0, S_NONE = 0xff /* ours: the device has written nothing */ }; /* 5.2.6 */
enum { ID_SIZE = 20 };                                                       /* 5.2.6: and no zero at its end */

/* Section 5.2.6, what the device reads first. */
struct virtio_blk_header {
    uint32_t type;
    uint32_t reserved;
    uint64_t sector;
};
_Static_assert(sizeof(struct virtio_blk_header) == 16, "virtio 1.2, section 5.2.6");

struct virtio_blk_request {
    struct virtio_blk_header header;
    struct virtio_blk_request *next; /* that is free */
    uint8_t status;
};

enum { RING = 256 /* descriptors */, REQUESTS = 64 };

struct virtio_blk {
    struct virtio_device device;
    struct virtq queue;
    struct virtio_blk_request *free_requests;
    struct virtio_blk_request requests[REQUESTS];
    char ring[] __attribute__((aligned(16)));
};

static size_t memory_pages(void)
{
    return (sizeof(struct virtio_blk) + virtq_bytes(RING) + PAGE_SIZE - 1) / PAGE_SIZE;
}

static struct virtio_blk *state_of(const struct block_device *disk)
{
    return disk->state;
}

/* --- bringing it up --- */

static uint32_t read_config(struct virtio_blk *blk, unsigned offset)
{
    return blk->device.transport->read_config(&blk->device, offset, 4);
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static bool read_properties(struct block_device *disk)
{
    struct virtio_blk *blk = state_of(disk);
    struct virtio_device *device = &blk->device;
    disk->sectors = read_config(blk, CONFIG_CAPACITY) | (uint64_t)read_config(blk, CONFIG_CAPACITY + 4) << 32;
    disk->block_size = BLOCK_SECTOR;
    disk->read_only = virtio_has_feature(device, F_RO);
    disk->flushes = virtio_has_feature(device, F_FLUSH);
    /* 5.2.5.1: without these features a driver may still use several segments, and ones of any size. */
    unsigned segments = virtio_has_feature(device, F_SEG_MAX) ? read_config(blk, CONFIG_SEG_MAX) : BLOCK_SLICES_MAX;
    uint32_t segment_size = virtio_has_feature(device, F_SIZE_MAX) ? read_config(blk, CONFIG_SIZE_MAX) : UINT32_MAX;
    unsigned fitting = blk->queue.size > 2 ? blk->queue.size - 2u : 0; /* beside header and status */
    disk->slices_max = least(least(segments, fitting), BLOCK_SLICES_MAX);
    return disk->slices_max > 0 && segment_size >= PAGE_SIZE;
}

static bool bring_up(struct block_device *disk)
{
    struct virtio_blk *blk = state_of(disk);
    for (unsigned i = 0; i < REQUESTS; i++) {
        blk->requests[i].next = blk->free_requests;
        blk->free_requests = &blk->requests[i];
    }
    return virtio_negotiate(&blk->device, WANTED) && virtio_add_queue(&blk->device, 0, &blk->queue, blk->ring, RING) &&
           read_properties(disk) && virtio_start(&blk->device);
}

static bool virtio_blk_find(struct block_device *disk, bool (*accepts)(struct block_device *disk, const void *context),
                            const void *context)
{
    struct virtio_blk *blk = pages_alloc(memory_pages());
    if (!blk)
        return false;
    for (unsigned index = 0;; index++) {
        __builtin_memset(blk, 0, memory_pages() * PAGE_SIZE);
        if (!virtio_find_next(VIRTIO_ID_BLOCK, index, &blk->device))
            break;
        if (block_is_used(&virtio_blk_driver, index))
            continue;
        *disk = (struct block_device){.driver = &virtio_blk_driver, .state = blk, .place = index};
        if (bring_up(disk) && accepts(disk, context))
            return true;
        virtio_fail(&blk->device);
    }
    pages_free(blk, memory_pages());
    return false;
}

static void virtio_blk_stop(struct block_device *disk)
{
    virtio_fail(&state_of(disk)->device);
    pages_free(disk->state, memory_pages());
}

/* --- requests --- */

/* After a reset the device has nothing of ours. */
static void give_up(struct block_device *disk)
{
    virtio_give_up(&state_of(disk)->device, &state_of(disk)->queue);
    while (disk->in_flight > 0)
        block_end(disk, false);
}

static void virtio_blk_wait(struct block_device *disk)
{
    struct virtio_blk *blk = state_of(disk);
    struct virtio_blk_request *request;
    if (!virtio_expect(&blk->device, 0, &blk->queue)) {
        give_up(disk);
        return;
    }
    while ((request = virtq_take(&blk->queue, NULL)) != NULL) {
        block_end(disk, __atomic_load_n(&request->status, __ATOMIC_RELAXED) == S_OK);
        request->next = blk->free_requests;
        blk->free_requests = request;
    }
    if (blk->queue.broken)
        give_up(disk);
}

/* Queues header, `count` slices and status. */
static void queue_request(struct block_device *disk, uint32_t type, uint64_t sector, const struct block_slice *slices,
                          unsigned count)
{
    struct virtio_blk *blk = state_of(disk);
    struct virtq_slice all[BLOCK_SLICES_MAX + 2];
    while (!blk->queue.broken && (!blk->free_requests || blk->queue.free_count < count + 2u))
        virtio_blk_wait(disk);
    disk->in_flight++;
    if (blk->queue.broken) {
        block_end(disk, false);
        return;
    }
    struct virtio_blk_request *request = blk->free_requests;
    blk->free_requests = request->next;
    request->header = (struct virtio_blk_header){.type = type, .sector = sector};
    request->status = S_NONE;
    all[0] = (struct virtq_slice){page_phys(&request->header), sizeof request->header};
    for (unsigned i = 0; i < count; i++)
        all[i + 1] = (struct virtq_slice){slices[i].address, slices[i].size};
    all[count + 1] = (struct virtq_slice){page_phys(&request->status), 1};
    bool writes_memory = type == T_IN || type == T_GET_ID;
    virtq_add(&blk->queue, all, 1 + (writes_memory ? 0 : count), 1 + (writes_memory ? count : 0), request);
}

static void virtio_blk_submit(struct block_device *disk, enum block_operation operation, uint64_t sector,
                              const struct block_slice *slices, unsigned count)
{
    static const uint32_t types[] = {[BLOCK_READ] = T_IN, [BLOCK_WRITE] = T_OUT, [BLOCK_FLUSH] = T_FLUSH};
    queue_request(disk, types[operation], sector, slices, count);
}

static bool virtio_blk_serial(struct block_device *disk, char serial[BLOCK_SERIAL_SIZE + 1])
{
    char *page = page_alloc();
    if (!page)
        return false;
    __builtin_memset(page, 0, ID_SIZE);
    struct block_slice slice = {page_phys(page), ID_SIZE};
    queue_request(disk, T_GET_ID, 0, &slice, 1);
    bool good = block_finish(disk);
    __builtin_memcpy(serial, page, ID_SIZE);
    page_free(page);
    return good;
}

const struct block_driver virtio_blk_driver = {
    .find = virtio_blk_find,
    .stop = virtio_blk_stop,
    .serial = virtio_blk_serial,
    .submit = virtio_blk_submit,
    .wait = virtio_blk_wait,
};
