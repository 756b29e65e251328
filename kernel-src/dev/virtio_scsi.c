/* virtio_scsi.c: SCSI disks behind a virtio SCSI host device (virtio 1.2, section 5.6).
 *
 * A host device has targets, and each of them logical units, which are the disks; they share one queue of requests. The
 * queues for management and for events stay unused: what does not answer is reset with all that it has, and disks
 * that come later are not looked for. */
#include "dev/block_driver.h"
#include "dev/scsi.h"
#include "dev/virtio.h"
#include "mm/page.h"

enum { QUEUE_REQUESTS = 2 }; /* 5.6.2: the first of them */
enum { CONFIG_SEG_MAX = 4, CONFIG_MAX_SECTORS = 8, CONFIG_CMD_PER_LUN = 12, CONFIG_MAX_TARGET = 30 }; /* 5.6.4 */
enum { SENSE_SIZE = 96, CDB_SIZE = 32 }; /* 5.6.4: as they are after a reset */
enum { S_OK = 0, S_RESET = 4, S_BUSY = 5, S_NONE = 0xff /* ours: nothing written */ }; /* 5.6.6.1 */

/* Section 5.6.6.1, what the device reads before the data. */
struct virtio_scsi_command {
    uint8_t lun[8];
    uint64_t id;
    uint8_t task_attribute, priority, crn;
    uint8_t cdb[CDB_SIZE];
} __attribute__((packed));
_Static_assert(sizeof(struct virtio_scsi_command) == 51, "virtio 1.2, section 5.6.6.1");

/* The same, what it writes before the data. */
struct virtio_scsi_response {
    uint32_t sense_size;
    uint32_t residual;
    uint16_t status_qualifier;
    uint8_t status;
    uint8_t response;
    uint8_t sense[SENSE_SIZE];
} __attribute__((packed));
_Static_assert(sizeof(struct virtio_scsi_response) == 108, "virtio 1.2, section 5.6.6.1");

enum { RING = 256 /* descriptors */, REQUESTS = 32, SLICES = 32, TRIES = 8 };

struct virtio_scsi_request {
    struct virtio_scsi_command command;
    struct virtio_scsi_response response;
    struct block_device *disk;        /* NULL while it is free */
    struct virtio_scsi_request *next; /* that is free */
    bool is_read;                     /* the device writes the data */
    bool is_exact;                    /* and all of it */
    uint8_t tries;
    uint8_t slice_count;
    struct block_slice slices[SLICES];
};

struct virtio_scsi {
    struct virtio_device device;
    struct virtq queue;
    unsigned slices_max;
    unsigned disk_requests; /* that one disk may have */
    unsigned last_target;
    struct virtio_scsi_request *free_requests;
    struct virtio_scsi_request requests[REQUESTS];
    char ring[] __attribute__((aligned(16)));
};

/* A disk's place is host, target and unit, 16 bits each. */
static uint64_t make_place(unsigned host, unsigned target, unsigned lun)
{
    return (uint64_t)host << 32 | (uint64_t)target << 16 | lun;
}

static struct virtio_scsi *state_of(const struct block_device *disk)
{
    return disk->state;
}

/* --- requests --- */

/* After a reset the device has nothing of ours. */
static void give_up(struct virtio_scsi *host)
{
    virtio_give_up(&host->device, &host->queue);
    for (unsigned i = 0; i < REQUESTS; i++) {
        if (host->requests[i].disk)
            block_end(host->requests[i].disk, false);
        host->requests[i].disk = NULL;
    }
}

/* 5.6.6.1: command, data to the device, response, data from it. */
static void send(struct virtio_scsi *host, struct virtio_scsi_request *request)
{
    struct virtq_slice all[SLICES + 2];
    unsigned count = request->slice_count, response = request->is_read ? 1 : count + 1;
    all[0] = (struct virtq_slice){page_phys(&request->command), sizeof request->command};
    all[response] = (struct virtq_slice){page_phys(&request->response), sizeof request->response};
    for (unsigned i = 0; i < count; i++)
        all[i + (request->is_read ? 2 : 1)] = (struct virtq_slice){request->slices[i].address, request->slices[i].size};
    request->response = (struct virtio_scsi_response){.response = S_NONE};
    virtq_add(&host->queue, all, response, count + 2 - response, request);
}

static enum scsi_result result_of(const struct virtio_scsi_request *request)
{
    const struct virtio_scsi_response response = request->response; /* which the device could change */
    if (response.response == S_RESET || response.response == S_BUSY)
        return SCSI_TRY_AGAIN;
    if (response.response != S_OK)
        return SCSI_FAILED;
    size_t sense_size = response.sense_size < SENSE_SIZE ? response.sense_size : SENSE_SIZE;
    enum scsi_result result = scsi_result(response.status, response.sense, sense_size);
    return result == SCSI_DONE && request->is_exact && response.residual != 0 ? SCSI_FAILED : result;
}

/* A request has come back: it has ended, or is sent again, for which there is room. */
static void take_back(struct virtio_scsi *host, struct virtio_scsi_request *request)
{
    enum scsi_result result = result_of(request);
    if (result == SCSI_TRY_AGAIN && ++request->tries < TRIES) {
        block_pause(request->tries);
        send(host, request);
        return;
    }
    block_end(request->disk, result == SCSI_DONE);
    request->disk = NULL;
    request->next = host->free_requests;
    host->free_requests = request;
}

static void wait_for_requests(struct virtio_scsi *host)
{
    struct virtio_scsi_request *request;
    bool works = virtio_expect(&host->device, QUEUE_REQUESTS, &host->queue);
    while (works && (request = virtq_take(&host->queue, NULL)) != NULL)
        take_back(host, request);
    if (!works || host->queue.broken)
        give_up(host);
}

static void virtio_scsi_wait(struct block_device *disk)
{
    for (unsigned before = disk->in_flight; disk->in_flight == before;)
        wait_for_requests(state_of(disk));
}

static bool has_room(const struct virtio_scsi *host, const struct block_device *disk, unsigned slices)
{
    return host->free_requests && host->queue.free_count >= slices + 2 && disk->in_flight < host->disk_requests;
}

/* A request to the disk, for the caller to add the command and send it, once there is room. NULL where the host has
 * been given up, and then that is a failure. */
static struct virtio_scsi_request *make_request(struct block_device *disk, const struct block_slice *slices,
                                                unsigned count)
{
    struct virtio_scsi *host = state_of(disk);
    while (!host->queue.broken && !has_room(host, disk, count))
        wait_for_requests(host);
    if (host->queue.broken) {
        disk->failed = true;
        return NULL;
    }
    struct virtio_scsi_request *request = host->free_requests;
    host->free_requests = request->next;
    *request = (struct virtio_scsi_request){.disk = disk, .slice_count = (uint8_t)count};
    for (unsigned i = 0; i < count; i++)
        request->slices[i] = slices[i];
    /* 5.6.6.1: 1, the target, and the unit by flat addressing. */
    uint16_t lun = (uint16_t)disk->place;
    request->command.lun[0] = 1;
    request->command.lun[1] = (uint8_t)(disk->place >> 16);
    request->command.lun[2] = (uint8_t)(0x40 | lun >> 8);
    request->command.lun[3] = (uint8_t)lun;
    disk->in_flight++;
    return request;
}

static void virtio_scsi_submit(struct block_device *disk, enum block_operation operation, uint64_t sector,
                               const struct block_slice *slices, unsigned count)
{
    struct virtio_scsi_request *request = make_request(disk, slices, count);
    if (!request)
        return;
    uint64_t bytes = 0;
    for (unsigned i = 0; i < count; i++)
        bytes += slices[i].size;
    if (operation == BLOCK_FLUSH)
        scsi_synchronize_cache(request->command.cdb);
    else
        scsi_transfer(request->command.cdb, operation == BLOCK_WRITE, sector / (disk->block_size / BLOCK_SECTOR),
                      (uint32_t)(bytes / disk->block_size));
    request->is_read = operation == BLOCK_READ;
    request->is_exact = true;
    send(state_of(disk), request);
}

/* --- what a disk is --- */

/* Has the disk answer a command in a page. False if it fails. */
static bool ask(struct block_device *disk, const uint8_t *command, uint8_t *page)
{
    struct block_slice slice = {page_phys(page), PAGE_SIZE};
    __builtin_memset(page, 0, PAGE_SIZE);
    struct virtio_scsi_request *request = make_request(disk, &slice, 1);
    if (request) {
        __builtin_memcpy(request->command.cdb, command, SCSI_COMMAND_SIZE);
        request->is_read = true;
        send(state_of(disk), request);
    }
    return block_finish(disk);
}

static bool virtio_scsi_serial(struct block_device *disk, char serial[BLOCK_SERIAL_SIZE + 1])
{
    enum { SIZE = 255 };
    uint8_t command[SCSI_COMMAND_SIZE], *page = page_alloc();
    if (!page)
        return false;
    scsi_inquiry_serial(command, SIZE);
    bool good = ask(disk, command, page) && scsi_serial(page, SIZE, serial, BLOCK_SERIAL_SIZE + 1);
    page_free(page);
    return good;
}

/* Fills in what the disk says of itself. False if it is none, or none that we can use. */
static bool read_properties(struct block_device *disk, uint8_t *page)
{
    uint8_t command[SCSI_COMMAND_SIZE];
    struct scsi_capacity capacity;
    scsi_inquiry(command, SCSI_INQUIRY_SIZE);
    if (!ask(disk, command, page) || !scsi_is_disk(page))
        return false;
    scsi_read_capacity(command, SCSI_CAPACITY_SIZE);
    if (!ask(disk, command, page) || !scsi_capacity(page, &capacity))
        return false;
    scsi_mode_sense_caching(command, SCSI_CACHING_SIZE);
    disk->flushes = true; /* where it does not say */
    if (ask(disk, command, page))
        scsi_caching(page, &disk->read_only, &disk->flushes);
    disk->block_size = capacity.block_size;
    disk->sectors = capacity.blocks * (capacity.block_size / BLOCK_SECTOR);
    disk->slices_max = state_of(disk)->slices_max;
    return true;
}

/* --- finding them --- */

enum { HOSTS_MAX = 8 };
static struct virtio_scsi *hosts[HOSTS_MAX];

static size_t memory_pages(void)
{
    return (sizeof(struct virtio_scsi) + virtq_bytes(RING) + PAGE_SIZE - 1) / PAGE_SIZE;
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

static bool bring_up(struct virtio_scsi *host)
{
    struct virtio_device *device = &host->device;
    uint32_t (*read_config)(struct virtio_device *, unsigned, unsigned) = device->transport->read_config;
    if (!virtio_negotiate(device, 0) || !virtio_add_queue(device, QUEUE_REQUESTS, &host->queue, host->ring, RING))
        return false;
    for (unsigned i = 0; i < REQUESTS; i++) {
        host->requests[i].next = host->free_requests;
        host->free_requests = &host->requests[i];
    }
    unsigned fitting = host->queue.size > 2 ? host->queue.size - 2u : 0; /* beside command and response */
    unsigned slices = least(read_config(device, CONFIG_SEG_MAX, 4),
                            read_config(device, CONFIG_MAX_SECTORS, 4) / (PAGE_SIZE / BLOCK_SECTOR));
    host->slices_max = least(least(slices, fitting), SLICES);
    host->disk_requests = read_config(device, CONFIG_CMD_PER_LUN, 4);
    host->last_target = read_config(device, CONFIG_MAX_TARGET, 2);
    return host->slices_max > 0 && host->disk_requests > 0 && virtio_start(device);
}

/* The machine's host device with that number, started. False if there is none; one that cannot be used is NULL. */
static bool get_host(unsigned index, struct virtio_scsi **host)
{
    *host = hosts[index];
    if (*host)
        return true;
    struct virtio_scsi *found = pages_alloc(memory_pages());
    if (!found)
        return false;
    __builtin_memset(found, 0, memory_pages() * PAGE_SIZE);
    bool exists = virtio_find_next(VIRTIO_ID_SCSI, index, &found->device);
    if (exists && bring_up(found)) {
        *host = hosts[index] = found;
        return true;
    }
    if (exists)
        virtio_fail(&found->device);
    pages_free(found, memory_pages());
    return exists;
}

/* The same as virtio_scsi_find's, for the units of one target. `pages` are two for answers. */
static bool find_unit(struct block_device *disk, struct virtio_scsi *host, uint64_t target,
                      bool (*accepts)(struct block_device *disk, const void *context), const void *context,
                      uint8_t *pages)
{
    uint8_t command[SCSI_COMMAND_SIZE];
    uint16_t lun;
    *disk = (struct block_device){.driver = &virtio_scsi_driver, .state = host, .place = target};
    scsi_report_luns(command, PAGE_SIZE);
    if (!ask(disk, command, pages))
        return false;
    for (unsigned i = 0; scsi_lun(pages, PAGE_SIZE, i, &lun); i++) {
        if (block_is_used(&virtio_scsi_driver, target | lun))
            continue;
        *disk = (struct block_device){.driver = &virtio_scsi_driver, .state = host, .place = target | lun};
        if (read_properties(disk, pages + PAGE_SIZE) && accepts(disk, context))
            return true;
    }
    return false;
}

static bool virtio_scsi_find(struct block_device *disk, bool (*accepts)(struct block_device *disk, const void *context),
                             const void *context)
{
    struct virtio_scsi *host;
    bool found = false;
    uint8_t *pages = pages_alloc(2);
    if (!pages)
        return false;
    for (unsigned i = 0; i < HOSTS_MAX && !found && get_host(i, &host); i++)
        for (unsigned target = 0; host && target <= host->last_target && target <= UINT8_MAX && !found; target++)
            found = find_unit(disk, host, make_place(i, target, 0), accepts, context, pages);
    pages_free(pages, 2);
    return found;
}

static void virtio_scsi_stop(struct block_device *disk)
{
    (void)disk; /* the host device stays */
}

const struct block_driver virtio_scsi_driver = {
    .find = virtio_scsi_find,
    .stop = virtio_scsi_stop,
    .serial = virtio_scsi_serial,
    .submit = virtio_scsi_submit,
    .wait = virtio_scsi_wait,
};
