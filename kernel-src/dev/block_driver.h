/* block_driver.h: what a driver of disks gives to block.c. A device that many disks are connected to (virtio_scsi.c,
 * nvme.c) is started once, and stays. */
#ifndef DEV_BLOCK_DRIVER_H
#define DEV_BLOCK_DRIVER_H

#include "dev/block.h"

enum block_operation { BLOCK_READ, BLOCK_WRITE, BLOCK_FLUSH };

struct block_driver {
    /* Starts each disk of the driver's kind that is not in use (block_is_used), filling `disk` in, until `accepts`
     * takes it. False if none is left. */
    bool (*find)(struct block_device *disk, bool (*accepts)(struct block_device *disk, const void *context),
                 const void *context);
    void (*stop)(struct block_device *disk);

    /* Fills in what the disk says, spaces and all, which may take transfers. */
    bool (*serial)(struct block_device *disk, char serial[BLOCK_SERIAL_SIZE + 1]);

    /* Queues an operation that block.c has checked, as one more in flight; a BLOCK_FLUSH has no slices. */
    void (*submit)(struct block_device *disk, enum block_operation operation, uint64_t sector,
                   const struct block_slice *slices, unsigned count);

    /* Tells the device of what has been queued, and waits for at least one of the disk's operations to end, by
     * block_end; where none will, for all of them to fail. */
    void (*wait)(struct block_device *disk);
};

extern const struct block_driver virtio_blk_driver, virtio_scsi_driver, nvme_driver;

/* Whether a disk at that place has been found and not been let go. */
bool block_is_used(const struct block_driver *driver, uint64_t place);

/* Waits before an operation that has failed so many times is tried again: not at first, and longer each time. */
void block_pause(unsigned tries);

/* One of the disk's operations has ended. */
static inline void block_end(struct block_device *disk, bool good)
{
    disk->in_flight--;
    disk->failed |= !good;
}

#endif
