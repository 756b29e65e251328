/* disk_kernel.h: what a driver of disks needs of the kernel, for one that runs in a unit test with block.c. The test
 * defines what happens while the processor idles, and how it finds its disks by number. */
#ifndef DISK_KERNEL_H
#define DISK_KERNEL_H

#include "no_interrupts.h"
#include "pages.h"

#include "arch/x86_64/time.h"
#include "dev/block.c"
#include "dev/block_driver.h"

static uint64_t now;

uint64_t time_now(void)
{
    return now;
}

/* Lets the device work. */
static void idle(void);

void time_wait(uint64_t deadline)
{
    idle();
    now = deadline > now && deadline != UINT64_MAX ? deadline : now;
}

/* A machine has one kind of disks here. */
static inline bool find_none(struct block_device *disk, bool (*accepts)(struct block_device *disk, const void *context),
                             const void *context)
{
    (void)disk, (void)accepts, (void)context;
    return false;
}

#define NO_DISKS {.find = find_none}

static bool find(struct block_device *disk, unsigned number);

static char buffers[4][PAGE_SIZE] __attribute__((aligned(4096)));

static inline struct block_slice slice(unsigned page, uint32_t size)
{
    return (struct block_slice){(uint64_t)buffers[page], size};
}

/* For a device that has begun to break the rules, or to do nothing, after disk 1 and another one of its were found: all
 * that it is asked fails, after `patience` nanoseconds. */
static inline void check_breaks(struct block_device *disk, struct block_device *other, uint64_t patience)
{
    struct block_slice one = slice(0, 512);
    now = 0;
    block_read(disk, 0, &one, 1);
    block_read(other, 0, &one, 1);
    CHECK(!block_finish(disk) && !block_finish(other));
    CHECK(now >= patience && now <= patience + 2000000000);
}

/* And so it goes on, though it does what it should again. */
static inline void check_stays_broken(struct block_device *disk, struct block_device *other)
{
    struct block_slice one = slice(0, 512);
    block_read(other, 0, &one, 1);
    CHECK(!block_finish(other) && !block_flush(disk));
    block_stop(disk);
    CHECK(!find(disk, 1));
    block_stop(other);
}

#endif
