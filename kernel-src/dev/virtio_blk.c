/* virtio_blk.c: see virtio_blk.h. Section numbers are those of virtio 1.2. */
#include "dev/virtio_blk.h"

#include "arch/x86_64/time.h"
#include "mm/page.h"

enum { F_SIZE_MAX = 1, F_SEG_MAX = 2, F_RO = 5, F_FLUSH = 9 }; /* 5.2.3 */
#define BIT(number) (1ull << (number))
#define WANTED      (BIT(F_SIZE_MAX) | BIT(F_SEG_MAX) | BIT(F_RO) | BIT(F_FLUSH))

enum { CONFIG_CAPACITY = 0, CONFIG_SIZE_MAX = 8, CONFIG_SEG_MAX = 12 };      /* 5.2.4 */
enum { T_IN = 0, T_OUT = 1, T_FLUSH = 4, T_GET_ID = 8 };                     /* 5.2.6 */
enum { S_OK = 0, S_NONE = 0xff /* ours: the device has written nothing */ }; /* 5.2.6 */

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

static uint64_t in_use; /* disks by index */

static bool add_queue(struct virtio_blk *disk)
{
    size_t ring = virtq_bytes(VIRTIO_BLK_RING);
    size_t bytes = ring + VIRTIO_BLK_REQUESTS * sizeof(struct virtio_blk_request);
    size_t pages = (bytes + PAGE_SIZE - 1) / PAGE_SIZE;
    disk->memory = pages_alloc(pages);
    if (!disk->memory)
        return false;
    __builtin_memset(disk->memory, 0, pages * PAGE_SIZE);
    disk->requests = (void *)((char *)disk->memory + ring);
    for (unsigned i = 0; i < VIRTIO_BLK_REQUESTS; i++) {
        disk->requests[i].next = disk->free_requests;
        disk->free_requests = &disk->requests[i];
    }
    return virtio_add_queue(&disk->device, 0, &disk->queue, disk->memory, VIRTIO_BLK_RING);
}

static uint32_t read_config(struct virtio_blk *disk, unsigned offset)
{
    return disk->device.transport->read_config(&disk->device, offset, 4);
}

static bool read_properties(struct virtio_blk *disk)
{
    struct virtio_device *device = &disk->device;
    disk->sectors = read_config(disk, CONFIG_CAPACITY) | (uint64_t)read_config(disk, CONFIG_CAPACITY + 4) << 32;
    disk->read_only = virtio_has_feature(device, F_RO);
    disk->flushes = virtio_has_feature(device, F_FLUSH);
    /* 5.2.5.1: without these features a driver may still use several segments, and ones of any size. */
    disk->slices_max =
        virtio_has_feature(device, F_SEG_MAX) ? read_config(disk, CONFIG_SEG_MAX) : VIRTIO_BLK_SLICES_MAX;
    disk->slice_size_max = virtio_has_feature(device, F_SIZE_MAX) ? read_config(disk, CONFIG_SIZE_MAX) : UINT32_MAX;
    unsigned fitting = disk->queue.size > 2 ? disk->queue.size - 2u : 0; /* beside header and status */
    if (disk->slices_max > fitting)
        disk->slices_max = fitting;
    if (disk->slices_max > VIRTIO_BLK_SLICES_MAX)
        disk->slices_max = VIRTIO_BLK_SLICES_MAX;
    return disk->slices_max > 0 && disk->slice_size_max >= PAGE_SIZE;
}

void virtio_blk_stop(struct virtio_blk *disk)
{
    size_t bytes = virtq_bytes(VIRTIO_BLK_RING) + VIRTIO_BLK_REQUESTS * sizeof(struct virtio_blk_request);
    virtio_fail(&disk->device);
    in_use &= ~BIT(disk->index);
    if (disk->memory)
        pages_free(disk->memory, (bytes + PAGE_SIZE - 1) / PAGE_SIZE);
    *disk = (struct virtio_blk){0};
}

static bool bring_up(struct virtio_blk *disk)
{
    return virtio_negotiate(&disk->device, WANTED) && add_queue(disk) && read_properties(disk) &&
           virtio_start(&disk->device);
}

bool virtio_blk_find(struct virtio_blk *disk, bool (*accepts)(struct virtio_blk *disk, const void *context),
                     const void *context)
{
    enum { INDEX_MAX = 63 };
    for (unsigned index = 0; index <= INDEX_MAX; index++) {
        *disk = (struct virtio_blk){.index = index};
        if (!virtio_find_next(VIRTIO_ID_BLOCK, index, &disk->device))
            return false;
        if (in_use & BIT(index))
            continue;
        in_use |= BIT(index);
        if (bring_up(disk) && accepts(disk, context))
            return true;
        virtio_blk_stop(disk);
    }
    return false;
}

/* --- requests --- */

/* Takes back what the device is done with. A queue that broke has lost what was in flight: after the
 * reset the device does not write there any more. */
static void take_back(struct virtio_blk *disk)
{
    struct virtio_blk_request *request;
    while ((request = virtq_take(&disk->queue, NULL)) != NULL) {
        if (__atomic_load_n(&request->status, __ATOMIC_RELAXED) != S_OK)
            disk->failed = true;
        request->next = disk->free_requests;
        disk->free_requests = request;
    }
    if (disk->queue.broken) {
        disk->failed = true;
        virtio_fail(&disk->device);
    }
}

static void wait_for_one(struct virtio_blk *disk)
{
    struct virtq *queue = &disk->queue;
    virtio_kick(&disk->device, 0, queue);
    virtio_wait(&disk->device, &queue, 1, TIME_NEVER);
    take_back(disk);
}

/* Queues header, `count` slices and status. */
static void submit(struct virtio_blk *disk, uint32_t type, uint64_t sector, const struct virtq_slice *slices,
                   unsigned count)
{
    struct virtq_slice all[VIRTIO_BLK_SLICES_MAX + 2];
    if (count > disk->slices_max)
        disk->failed = true;
    while (!disk->queue.broken && (!disk->free_requests || disk->queue.free_count < count + 2u))
        wait_for_one(disk);
    if (disk->queue.broken || count > disk->slices_max)
        return;
    struct virtio_blk_request *request = disk->free_requests;
    disk->free_requests = request->next;
    request->header = (struct virtio_blk_header){.type = type, .sector = sector};
    request->status = S_NONE;
    all[0] = (struct virtq_slice){page_phys(&request->header), sizeof request->header};
    for (unsigned i = 0; i < count; i++)
        all[i + 1] = slices[i];
    all[count + 1] = (struct virtq_slice){page_phys(&request->status), 1};
    bool writes_memory = type == T_IN || type == T_GET_ID;
    virtq_add(&disk->queue, all, 1 + (writes_memory ? 0 : count), 1 + (writes_memory ? count : 0), request);
}

/* Whether the disk has all sectors of a transfer. */
static bool is_within(const struct virtio_blk *disk, uint64_t sector, const struct virtq_slice *slices, unsigned count)
{
    uint64_t bytes = 0;
    for (unsigned i = 0; i < count; i++)
        bytes += slices[i].size;
    return sector <= disk->sectors && bytes / VIRTIO_BLK_SECTOR <= disk->sectors - sector;
}

void virtio_blk_read(struct virtio_blk *disk, uint64_t sector, const struct virtq_slice *slices, unsigned count)
{
    if (is_within(disk, sector, slices, count))
        submit(disk, T_IN, sector, slices, count);
    else
        disk->failed = true;
}

void virtio_blk_write(struct virtio_blk *disk, uint64_t sector, const struct virtq_slice *slices, unsigned count)
{
    if (!disk->read_only && is_within(disk, sector, slices, count))
        submit(disk, T_OUT, sector, slices, count);
    else
        disk->failed = true;
}

bool virtio_blk_finish(struct virtio_blk *disk)
{
    while (!disk->queue.broken && disk->queue.in_flight > 0)
        wait_for_one(disk);
    bool good = !disk->failed && !disk->queue.broken;
    disk->failed = false;
    return good;
}

bool virtio_blk_flush(struct virtio_blk *disk)
{
    /* 5.2.6.1: a flush covers the writes that were completed before it. */
    if (!virtio_blk_finish(disk))
        return false;
    if (!disk->flushes)
        return true;
    submit(disk, T_FLUSH, 0, NULL, 0);
    return virtio_blk_finish(disk);
}

bool virtio_blk_serial(struct virtio_blk *disk, char serial[VIRTIO_BLK_SERIAL_SIZE + 1])
{
    char *page = page_alloc(); /* never one that crosses a page */
    if (!page)
        return false;
    __builtin_memset(page, 0, VIRTIO_BLK_SERIAL_SIZE);
    struct virtq_slice slice = {page_phys(page), VIRTIO_BLK_SERIAL_SIZE};
    submit(disk, T_GET_ID, 0, &slice, 1);
    bool good = virtio_blk_finish(disk);
    __builtin_memcpy(serial, page, VIRTIO_BLK_SERIAL_SIZE);
    serial[VIRTIO_BLK_SERIAL_SIZE] = 0;
    page_free(page);
    return good;
}
