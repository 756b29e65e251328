/* block.h: a disk, whatever it is connected by: sectors between it and memory.
 *
 * Transfers are queued, as many at a time as its driver takes, and block_finish waits for all of them. They may be
 * carried out in any order until then. A transfer that fails is told by the next block_finish. A device that breaks the
 * rules, is gone, or does nothing for a minute fails all that it was given, and does nothing any more. */
#ifndef DEV_BLOCK_H
#define DEV_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    BLOCK_SECTOR = 512,     /* bytes; the unit of every position, whatever the disk's own blocks are */
    BLOCK_SLICES_MAX = 64,  /* of one transfer, where the disk does not say less */
    BLOCK_SERIAL_SIZE = 63, /* characters */
};

/* A piece of physical memory, within one page. */
struct block_slice {
    uint64_t address;
    uint32_t size;
};

struct block_device {
    uint64_t sectors;    /* how many it has */
    uint32_t block_size; /* of its own, 512 to 4096 bytes: transfers begin and end with a block */
    unsigned slices_max; /* of one transfer, for the caller to keep to */
    bool read_only;
    bool flushes; /* it has a cache that needs to be told */

    /* block.c's and the driver's */
    const struct block_driver *driver;
    void *state;               /* the device, or what it is connected to */
    uint64_t place;            /* which one it is, in the driver's own way of counting */
    struct block_device *next; /* in use */
    unsigned in_flight;        /* transfers */
    bool failed;               /* one of those since the last block_finish did */
};

/* Starts those of the machine's disks that are not in use, one after the other, until `accepts` takes one, which is the
 * caller's then, and stays where it is until block_stop. False if there is none. */
bool block_find(struct block_device *disk, bool (*accepts)(struct block_device *disk, const void *context),
                const void *context);

/* Lets the disk go, which has nothing in flight. */
void block_stop(struct block_device *disk);

/* The serial number that the disk says it has, without spaces around it, and a zero. False if it does not say. */
bool block_serial(struct block_device *disk, char serial[BLOCK_SERIAL_SIZE + 1]);

/* Queue a transfer of whole blocks, waiting for room if there is none. All slices but the last end with their page, and
 * all but the first begin with it. The memory is the device's until block_finish. Sectors that the disk does not have,
 * and writing to one that is read-only, are a failure. */
void block_read(struct block_device *disk, uint64_t sector, const struct block_slice *slices, unsigned count);
void block_write(struct block_device *disk, uint64_t sector, const struct block_slice *slices, unsigned count);

/* Waits for all transfers. False if one of them failed. */
bool block_finish(struct block_device *disk);

/* Waits for all transfers, and until what has been written survives a power cut. False if either failed. */
bool block_flush(struct block_device *disk);

#endif
