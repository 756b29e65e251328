/* disk_kernel.h: what a driver of disks needs of the kernel, for one that runs in a unit test with block.c. The test
 * defines what happens while the processor idles: idle. */
#ifndef DISK_KERNEL_H
#define DISK_KERNEL_H

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "no_interrupts.h"

#include "arch/x86_64/time.h"
#include "dev/block.c"
#include "dev/block_driver.h"

static int allocated;

void *pages_alloc(size_t count)
{
    allocated++;
    return memset(aligned_alloc(PAGE_SIZE, count * PAGE_SIZE), 0xa5, count * PAGE_SIZE);
}

void pages_free(void *pages, size_t count)
{
    (void)count;
    allocated--;
    free(pages);
}

void *page_alloc(void)
{
    return pages_alloc(1);
}

void page_free(void *page)
{
    pages_free(page, 1);
}

uint64_t page_phys(const void *address)
{
    return (uint64_t)address;
}

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

static char buffers[4][PAGE_SIZE] __attribute__((aligned(4096)));

static inline struct block_slice slice(unsigned page, uint32_t size)
{
    return (struct block_slice){(uint64_t)buffers[page], size};
}

#endif
