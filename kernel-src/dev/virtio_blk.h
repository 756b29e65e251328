/* virtio_blk.h: a disk (virtio 1.2, section 5.2): sectors between it and memory.
 *
 * Transfers are queued, as many at a time as the ring takes, and virtio_blk_finish waits for all of them. They may be
 * carried out in any order until then. A transfer that fails is told by the next virtio_blk_finish, and so is a device
 * that breaks the rules; from then on such a device does nothing. */
#ifndef DEV_VIRTIO_BLK_H
#define DEV_VIRTIO_BLK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dev/virtio.h"

enum {
    VIRTIO_BLK_SECTOR = 512,    /* bytes; the unit of every position, whatever the disk's own sectors are */
    VIRTIO_BLK_RING = 256,      /* descriptors */
    VIRTIO_BLK_REQUESTS = 64,   /* transfers on their way */
    VIRTIO_BLK_SLICES_MAX = 64, /* of one transfer, where the device does not say less */
    VIRTIO_BLK_SERIAL_SIZE = 20,
};

struct virtio_blk_request;

struct virtio_blk {
    struct virtio_device device;
    struct virtq queue;
    unsigned index;          /* among the machine's disks */
    uint64_t sectors;        /* how many it has */
    unsigned slices_max;     /* of one transfer, for the caller to keep to */
    uint32_t slice_size_max; /* bytes of one slice, likewise */
    bool read_only;
    bool flushes; /* it has a cache that needs to be told */
    bool failed;  /* one of the transfers since the last virtio_blk_finish did */
    struct virtio_blk_request *requests;
    struct virtio_blk_request *free_requests;
    void *memory; /* of the queue and the requests */
};

/* Starts those of the machine's disks that are not in use, one after the other, until `accepts` takes one, which is the
 * caller's then. False if there is none. */
bool virtio_blk_find(struct virtio_blk *disk, bool (*accepts)(struct virtio_blk *disk, const void *context),
                     const void *context);

/* Lets the device go: it touches no memory after that. */
void virtio_blk_stop(struct virtio_blk *disk);

/* What the device says it is, up to 20 characters and a zero. False if it does not say. */
bool virtio_blk_serial(struct virtio_blk *disk, char serial[VIRTIO_BLK_SERIAL_SIZE + 1]);

/* Queue a transfer of whole sectors, waiting for room if there is none. The memory is the device's until
 * virtio_blk_finish. Sectors that the disk does not have, and writing to one that is read-only, are a failure. */
void virtio_blk_read(struct virtio_blk *disk, uint64_t sector, const struct virtq_slice *slices, unsigned count);
void virtio_blk_write(struct virtio_blk *disk, uint64_t sector, const struct virtq_slice *slices, unsigned count);

/* Waits for all transfers. False if one of them failed. */
bool virtio_blk_finish(struct virtio_blk *disk);

/* Waits for all transfers, and until what has been written survives a power cut. False if either failed. */
bool virtio_blk_flush(struct virtio_blk *disk);

#endif
