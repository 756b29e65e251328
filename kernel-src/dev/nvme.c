/* nvme.c: NVMe disks (NVM Express 1.4, whose sections the numbers are): a controller's namespaces, which share one pair
 * of queues. */
#include "dev/block_driver.h"
#include "dev/nvme_controller.h"
#include "dev/pci.h"

enum { CLASS_NVME = 0x010802 }; /* mass storage, non-volatile memory, NVM Express (2.1.5) */
enum { TRIES = 8, NAMESPACES_MAX = 1024, CONTROLLERS_MAX = 8 };

/* A disk's place is controller and namespace, 32 bits each. */
static uint32_t namespace_of(const struct block_device *disk)
{
    return (uint32_t)disk->place;
}

static struct nvme *state_of(const struct block_device *disk)
{
    return disk->state;
}

/* --- requests --- */

static void take_back(struct nvme *nvme, struct nvme_request *request, uint16_t status)
{
    if (status != 0 && !(status & NVME_STATUS_DO_NOT_RETRY) && ++request->tries < TRIES) {
        block_pause(request->tries);
        nvme_put(&nvme->io, &request->command);
        return;
    }
    block_end(request->disk, status == 0);
    request->disk = NULL;
    request->next = nvme->free_requests;
    nvme->free_requests = request;
}

static void wait_for_requests(struct nvme *nvme)
{
    uint16_t id, status;
    bool works = nvme_expect(nvme, &nvme->io);
    while (works && nvme_take(&nvme->io, &id, &status)) {
        works = id < NVME_REQUESTS && nvme->requests[id].disk;
        if (works)
            take_back(nvme, &nvme->requests[id], status);
    }
    if (!works)
        nvme_give_up(nvme);
}

static void nvme_wait(struct block_device *disk)
{
    for (unsigned before = disk->in_flight; disk->in_flight == before;)
        wait_for_requests(state_of(disk));
}

/* 4.3: the first page, and the second one or a list of all others. */
static void set_pages(struct nvme_command *command, uint64_t *list, const struct block_slice *slices, unsigned count)
{
    command->pages[0] = count > 0 ? slices[0].address : 0;
    command->pages[1] = count == 2 ? slices[1].address : count > 2 ? page_phys(list) : 0;
    for (unsigned i = 1; count > 2 && i < count; i++)
        list[i - 1] = slices[i].address;
}

static void nvme_submit(struct block_device *disk, enum block_operation operation, uint64_t sector,
                        const struct block_slice *slices, unsigned count)
{
    static const uint8_t opcodes[] = {[BLOCK_READ] = NVME_READ, [BLOCK_WRITE] = NVME_WRITE, [BLOCK_FLUSH] = NVME_FLUSH};
    struct nvme *nvme = state_of(disk);
    while (!nvme->broken && !nvme->free_requests)
        wait_for_requests(nvme);
    disk->failed |= nvme->broken;
    if (nvme->broken)
        return;
    struct nvme_request *request = nvme->free_requests;
    uint16_t id = (uint16_t)(request - nvme->requests);
    nvme->free_requests = request->next;
    *request = (struct nvme_request){.disk = disk};
    request->command = (struct nvme_command){opcodes[operation], 0, id, .namespace = namespace_of(disk)};
    set_pages(&request->command, nvme->page_lists[id], slices, count);
    uint64_t block = sector / (disk->block_size / BLOCK_SECTOR), bytes = 0;
    for (unsigned i = 0; i < count; i++)
        bytes += slices[i].size;
    if (operation != BLOCK_FLUSH) { /* 6.9, 6.15; the number of blocks counts from 0 */
        request->command.words[0] = (uint32_t)block;
        request->command.words[1] = (uint32_t)(block >> 32);
        request->command.words[2] = (uint32_t)(bytes / disk->block_size - 1);
    }
    disk->in_flight++;
    nvme_put(&nvme->io, &request->command);
}

/* --- finding disks --- */

static struct nvme *controllers[CONTROLLERS_MAX];

struct search {
    unsigned skip; /* controllers */
    pci_address function;
};

static bool is_controller(pci_address function, void *context)
{
    struct search *search = context;
    if (pci_read(function, PCI_REVISION, 4) >> 8 != CLASS_NVME || pci_bar(function, 0) == 0)
        return false;
    search->function = function;
    return search->skip-- == 0;
}

/* The machine's controller with that number, started. False if there is none; one that cannot be used is NULL. */
static bool get_controller(unsigned index, struct nvme **nvme)
{
    struct search search = {.skip = index};
    if (!controllers[index] && pci_visit(is_controller, &search))
        controllers[index] = nvme_start(search.function);
    else if (!controllers[index])
        return false;
    *nvme = controllers[index];
    return true;
}

/* Fills in what a namespace says of itself. False if it is not there, or none that we can use. */
static bool read_namespace(struct block_device *disk)
{
    enum { SMALLEST = 9, LARGEST = 12 };
    struct nvme *nvme = state_of(disk);
    const uint8_t *answer = nvme->answer;
    if (!nvme_identify(nvme, NVME_IDENTIFY_NAMESPACE, namespace_of(disk)))
        return false;
    unsigned number = (answer[NVME_NAMESPACE_FORMAT] & 0xfu) | (answer[NVME_NAMESPACE_FORMAT] >> 5 & 3u) << 4;
    const uint8_t *format = answer + NVME_NAMESPACE_FORMATS + number * 4;
    uint64_t blocks;
    __builtin_memcpy(&blocks, answer + NVME_NAMESPACE_SIZE, sizeof blocks);
    bool has_metadata = format[0] || format[1] || answer[NVME_NAMESPACE_PROTECTION] & 7;
    if (blocks == 0 || blocks > UINT64_MAX >> LARGEST || has_metadata || format[2] < SMALLEST || format[2] > LARGEST)
        return false;
    disk->block_size = 1u << format[2];
    disk->sectors = blocks << (format[2] - SMALLEST);
    disk->slices_max = nvme->slices_max;
    disk->read_only = answer[NVME_NAMESPACE_ATTRIBUTES] & 1;
    disk->flushes = nvme->flushes;
    return true;
}

static bool find_namespace(struct block_device *disk, struct nvme *nvme, uint64_t place,
                           bool (*accepts)(struct block_device *disk, const void *context), const void *context)
{
    for (uint32_t number = 1; number <= nvme->namespaces && number <= NAMESPACES_MAX && !nvme->broken; number++) {
        if (block_is_used(&nvme_driver, place | number))
            continue;
        *disk = (struct block_device){.driver = &nvme_driver, .state = nvme, .place = place | number};
        if (read_namespace(disk) && accepts(disk, context))
            return true;
    }
    return false;
}

static bool nvme_find(struct block_device *disk, bool (*accepts)(struct block_device *disk, const void *context),
                      const void *context)
{
    struct nvme *nvme;
    for (unsigned i = 0; i < CONTROLLERS_MAX && get_controller(i, &nvme); i++)
        if (nvme && find_namespace(disk, nvme, (uint64_t)i << 32, accepts, context))
            return true;
    return false;
}

static void nvme_stop(struct block_device *disk)
{
    (void)disk; /* the controller stays */
}

/* The controller's; of all namespaces but the first one with "_" and the number behind it, as udev names them. */
static bool nvme_serial(struct block_device *disk, char serial[BLOCK_SERIAL_SIZE + 1])
{
    char digits[10];
    size_t size = 0, count = 0;
    const char *own = state_of(disk)->serial;
    for (size_t i = 0; own[i]; i++) {
        serial[i] = own[i];
        size = own[i] != ' ' ? i + 1 : size;
    }
    for (uint32_t number = namespace_of(disk); namespace_of(disk) > 1 && number > 0; number /= 10)
        digits[count++] = (char)('0' + number % 10);
    if (count > 0)
        serial[size++] = '_';
    while (count > 0)
        serial[size++] = digits[--count];
    serial[size] = 0;
    return true;
}

const struct block_driver nvme_driver = {
    .find = nvme_find,
    .stop = nvme_stop,
    .serial = nvme_serial,
    .submit = nvme_submit,
    .wait = nvme_wait,
};
