/* block.c: see block.h. What all disks share: which of them are in use, and what a transfer must be. */
#include "dev/block.h"

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/time.h"
#include "dev/block_driver.h"
#include "mm/page.h"

static const struct block_driver *const drivers[] = {&virtio_blk_driver, &virtio_scsi_driver, &nvme_driver};

static struct block_device *in_use;

bool block_find(struct block_device *disk, bool (*accepts)(struct block_device *disk, const void *context),
                const void *context)
{
    for (size_t i = 0; i < sizeof drivers / sizeof *drivers; i++) {
        if (!drivers[i]->find(disk, accepts, context))
            continue;
        disk->next = in_use;
        in_use = disk;
        return true;
    }
    return false;
}

bool block_is_used(const struct block_driver *driver, uint64_t place)
{
    const struct block_device *disk = in_use;
    while (disk && (disk->driver != driver || disk->place != place))
        disk = disk->next;
    return disk != NULL;
}

void block_stop(struct block_device *disk)
{
    struct block_device **at = &in_use;
    while (*at != disk)
        at = &(*at)->next;
    *at = disk->next;
    disk->driver->stop(disk);
    *disk = (struct block_device){0};
}

bool block_serial(struct block_device *disk, char serial[BLOCK_SERIAL_SIZE + 1])
{
    size_t begin = 0, end = 0;
    __builtin_memset(serial, 0, BLOCK_SERIAL_SIZE + 1);
    if (!disk->driver->serial(disk, serial))
        return false;
    serial[BLOCK_SERIAL_SIZE] = 0;
    while (serial[begin] == ' ')
        begin++;
    for (size_t i = begin; serial[i]; i++)
        if (serial[i] != ' ')
            end = i + 1;
    for (size_t i = begin; i < end; i++)
        serial[i - begin] = serial[i];
    serial[end > begin ? end - begin : 0] = 0;
    return true;
}

/* --- transfers --- */

/* Whether slices lie in their pages as they should; *bytes is how many they have. */
static bool are_slices(const struct block_slice *slices, unsigned count, uint64_t *bytes)
{
    *bytes = 0;
    for (unsigned i = 0; i < count; i++) {
        uint64_t begin = slices[i].address % PAGE_SIZE, end = begin + slices[i].size;
        if ((i > 0 && begin != 0) || (i + 1 < count ? end != PAGE_SIZE : end > PAGE_SIZE || end == begin))
            return false;
        *bytes += slices[i].size;
    }
    return true;
}

static void start_transfer(struct block_device *disk, enum block_operation operation, uint64_t sector,
                           const struct block_slice *slices, unsigned count)
{
    uint64_t bytes;
    bool possible = count > 0 && count <= disk->slices_max && are_slices(slices, count, &bytes) &&
                    sector <= disk->sectors && bytes / BLOCK_SECTOR <= disk->sectors - sector &&
                    sector % (disk->block_size / BLOCK_SECTOR) == 0 && bytes % disk->block_size == 0;
    if (possible)
        disk->driver->submit(disk, operation, sector, slices, count);
    else
        disk->failed = true;
}

void block_read(struct block_device *disk, uint64_t sector, const struct block_slice *slices, unsigned count)
{
    start_transfer(disk, BLOCK_READ, sector, slices, count);
}

void block_write(struct block_device *disk, uint64_t sector, const struct block_slice *slices, unsigned count)
{
    if (disk->read_only)
        disk->failed = true;
    else
        start_transfer(disk, BLOCK_WRITE, sector, slices, count);
}

void block_pause(unsigned tries)
{
    enum { MILLISECOND = 1000000 };
    if (tries < 2)
        return;
    uint64_t end = time_now() + ((uint64_t)MILLISECOND << tries);
    bool enabled = interrupts_save();
    while (time_now() < end)
        time_wait(end);
    interrupts_restore(enabled);
}

bool block_finish(struct block_device *disk)
{
    while (disk->in_flight > 0)
        disk->driver->wait(disk);
    bool good = !disk->failed;
    disk->failed = false;
    return good;
}

bool block_flush(struct block_device *disk)
{
    /* A flush covers the writes that ended before it (virtio 1.2, 5.2.6.1; so it is with SCSI and NVMe). */
    if (!block_finish(disk))
        return false;
    if (!disk->flushes)
        return true;
    disk->driver->submit(disk, BLOCK_FLUSH, 0, NULL, 0);
    return block_finish(disk);
}
