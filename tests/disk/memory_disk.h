/* memory_disk.h: a disk that is memory of this process, as the only one that block.h finds, and what else ext4 needs of
 * the kernel beside pages, a heap and a monotonic clock. Who includes this defines how bytes are carried: block_read,
 * block_write, block_flush. */
#ifndef MEMORY_DISK_H
#define MEMORY_DISK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/x86_64/time.h"
#include "check.h"
#include "dev/block.h"
#include "dev/entropy.h"
#include "ext4/ext4.h"
#include "mm/heap.h"

struct heap ext4_heap;

uint8_t *disk_bytes;
size_t disk_size;
static bool disk_failed; /* something, since block_finish */

uint64_t time_wall(void)
{
    return 1700000000000000000u + time_now();
}

void entropy_read(void *bytes, size_t size)
{
    memset(bytes, 0x5a, size);
}

bool block_find(struct block_device *disk, bool (*accepts)(struct block_device *disk, const void *context),
                const void *context)
{
    *disk = (struct block_device){
        .sectors = disk_size / BLOCK_SECTOR, .block_size = BLOCK_SECTOR, .slices_max = 16, .flushes = true};
    return accepts(disk, context);
}

void block_stop(struct block_device *disk)
{
    (void)disk;
}

bool block_serial(struct block_device *disk, char serial[BLOCK_SERIAL_SIZE + 1])
{
    (void)disk;
    strcpy(serial, "disk0");
    return true;
}

bool block_finish(struct block_device *disk)
{
    (void)disk;
    bool good = !disk_failed;
    disk_failed = false;
    return good;
}

/* Makes room for a disk as large as the image; returns the image's bytes, which are the caller's. */
static uint8_t *disk_make(const char *image)
{
    FILE *file = image ? fopen(image, "rb") : NULL;
    CHECK(file && fseek(file, 0, SEEK_END) == 0);
    disk_size = (size_t)ftell(file);
    rewind(file);
    free(disk_bytes);
    disk_bytes = malloc(disk_size);
    uint8_t *bytes = malloc(disk_size);
    CHECK(fread(bytes, 1, disk_size, file) == disk_size);
    fclose(file);
    return bytes;
}

#endif
