/* nvme.c: NVMe disks (NVM Express 1.4, whose sections the numbers are): a controller's namespaces, which share one pair
 * of queues. */
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/time.h"
#include "dev/block_driver.h"
#include "dev/msix.h"
#include "dev/nvme_wire.h"
#include "dev/pci.h"
#include "mm/map.h"
#include "mm/page.h"

enum { CLASS_NVME = 0x010802 };                      /* mass storage, non-volatile memory, NVM Express (2.1.5) */
enum { QUEUE_SIZE = 64, REQUESTS = QUEUE_SIZE - 1 }; /* 4.1: one entry stays empty */
enum { SLICES = 32, TRIES = 8, NAMESPACES_MAX = 1024, CONTROLLERS_MAX = 8 };
enum { MILLISECOND = 1000000, SECOND = 1000 * MILLISECOND };

struct nvme_queue {
    struct nvme_command *commands;
    struct nvme_completion *completions;
    volatile uint32_t *tail_doorbell, *head_doorbell;
    uint16_t size;
    uint16_t tail, told_tail; /* where the next command goes, and up to where the controller knows of them */
    uint16_t head;            /* where the next completion comes */
    uint16_t phase;           /* and what marks it as new (4.6.1) */
};

struct nvme_request {
    struct nvme_command command; /* in case it is to be tried again */
    struct block_device *disk;   /* NULL while it is free */
    struct nvme_request *next;   /* that is free */
    unsigned tries;
};

struct nvme {
    /* What the controller reads and writes: */
    struct nvme_command admin_commands[QUEUE_SIZE] __attribute__((aligned(4096)));
    struct nvme_command io_commands[QUEUE_SIZE] __attribute__((aligned(4096)));
    struct nvme_completion admin_completions[QUEUE_SIZE] __attribute__((aligned(4096)));
    struct nvme_completion io_completions[QUEUE_SIZE] __attribute__((aligned(4096)));
    uint8_t answer[4096] __attribute__((aligned(4096)));
    uint64_t page_lists[REQUESTS][SLICES] __attribute__((aligned(4096)));

    pci_address function;
    volatile uint8_t *registers;
    volatile uint32_t *messages; /* NULL: it cannot interrupt */
    unsigned timeout;            /* milliseconds that starting and stopping it may take */
    bool broken;
    struct nvme_queue admin, io;
    unsigned slices_max;
    uint32_t namespaces;
    bool flushes;
    char serial[NVME_CONTROLLER_SERIAL_SIZE + 1];
    struct nvme_request *free_requests;
    struct nvme_request requests[REQUESTS];
};

/* A disk's place is controller and namespace, 32 bits each. */
static uint32_t namespace_of(const struct block_device *disk)
{
    return (uint32_t)disk->place;
}

static struct nvme *state_of(const struct block_device *disk)
{
    return disk->state;
}

/* --- registers --- */

static uint32_t read32(const struct nvme *nvme, unsigned offset)
{
    return *(volatile uint32_t *)(nvme->registers + offset);
}

static void write32(struct nvme *nvme, unsigned offset, uint32_t value)
{
    *(volatile uint32_t *)(nvme->registers + offset) = value;
}

static void write_address(struct nvme *nvme, unsigned offset, const void *memory)
{
    uint64_t address = page_phys(memory);
    write32(nvme, offset, (uint32_t)address);
    write32(nvme, offset + 4, (uint32_t)(address >> 32));
}

static void idle_until(uint64_t deadline)
{
    bool enabled = interrupts_save();
    time_wait(deadline);
    interrupts_restore(enabled);
}

/* Waits until the controller has started or stopped. */
static bool await_ready(struct nvme *nvme, uint32_t ready)
{
    for (unsigned waited = 0; waited <= nvme->timeout; waited++) {
        uint32_t status = read32(nvme, NVME_CSTS);
        if (status == UINT32_MAX || (ready && status & NVME_CSTS_FATAL))
            return false;
        if ((status & NVME_CSTS_READY) == ready)
            return true;
        idle_until(time_now() + MILLISECOND);
    }
    return false;
}

/* --- queues --- */

/* Puts a command in; the controller is told later. */
static void put(struct nvme_queue *queue, const struct nvme_command *command)
{
    queue->commands[queue->tail] = *command;
    queue->tail = (uint16_t)((queue->tail + 1) % queue->size);
}

static void tell(struct nvme_queue *queue)
{
    if (queue->tail == queue->told_tail)
        return;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    *queue->tail_doorbell = queue->tail;
    queue->told_tail = queue->tail;
}

static bool has_completion(const struct nvme_queue *queue)
{
    uint16_t status = __atomic_load_n(&queue->completions[queue->head].status, __ATOMIC_ACQUIRE);
    return (status & NVME_STATUS_PHASE) == queue->phase;
}

/* Takes the next completion: which command has ended, and its status, 0 for success, with NVME_STATUS_DO_NOT_RETRY. */
static bool take(struct nvme_queue *queue, uint16_t *id, uint16_t *status)
{
    if (!has_completion(queue))
        return false;
    const struct nvme_completion *completion = &queue->completions[queue->head];
    *id = __atomic_load_n(&completion->id, __ATOMIC_RELAXED);
    *status = __atomic_load_n(&completion->status, __ATOMIC_RELAXED) & (uint16_t)~NVME_STATUS_PHASE;
    queue->head = (uint16_t)((queue->head + 1) % queue->size);
    if (queue->head == 0)
        queue->phase ^= NVME_STATUS_PHASE;
    *queue->head_doorbell = queue->head;
    return true;
}

/* One that has been unplugged reads as all ones. */
static bool is_lost(const struct nvme *nvme)
{
    uint32_t status = read32(nvme, NVME_CSTS);
    return status & NVME_CSTS_FATAL || !(status & NVME_CSTS_READY);
}

/* Tells the controller, and idles until it has completed a command. False if it is gone, or has completed none for a
 * minute, second by second: see virtio_expect. */
static bool expect(struct nvme *nvme, struct nvme_queue *queue)
{
    enum { PATIENCE = 60 };
    tell(queue);
    for (unsigned waited = 0; waited < PATIENCE; waited++) {
        if (has_completion(queue))
            return true;
        uint64_t deadline = time_now() + SECOND;
        bool enabled = interrupts_save();
        while (!has_completion(queue) && time_now() < deadline)
            time_wait(deadline);
        interrupts_restore(enabled);
        if (!has_completion(queue) && is_lost(nvme))
            break;
    }
    return has_completion(queue);
}

/* Stops the controller, which touches no memory after that, being no bus master any more. */
static void give_up(struct nvme *nvme)
{
    uint32_t command = pci_read(nvme->function, PCI_COMMAND, 2);
    write32(nvme, NVME_CC, 0);
    await_ready(nvme, 0);
    pci_write(nvme->function, PCI_COMMAND, 2, command & ~(uint32_t)PCI_COMMAND_MASTER);
    nvme->broken = true;
    for (unsigned i = 0; i < REQUESTS; i++) {
        if (nvme->requests[i].disk)
            block_end(nvme->requests[i].disk, false);
        nvme->requests[i].disk = NULL;
    }
}

/* Carries one command of the admin queue out. */
static bool administer(struct nvme *nvme, const struct nvme_command *command)
{
    uint16_t id, status;
    if (nvme->broken)
        return false;
    put(&nvme->admin, command);
    if (expect(nvme, &nvme->admin) && take(&nvme->admin, &id, &status))
        return status == 0;
    give_up(nvme);
    return false;
}

/* Has the controller describe itself or a namespace in `answer`. */
static bool identify(struct nvme *nvme, uint32_t what, uint32_t namespace)
{
    struct nvme_command command = {.opcode = NVME_IDENTIFY, .namespace = namespace, .words = {what}};
    command.pages[0] = page_phys(nvme->answer);
    __builtin_memset(nvme->answer, 0, sizeof nvme->answer);
    return administer(nvme, &command);
}

/* --- requests --- */

static void take_back(struct nvme *nvme, struct nvme_request *request, uint16_t status)
{
    if (status != 0 && !(status & NVME_STATUS_DO_NOT_RETRY) && ++request->tries < TRIES) {
        block_pause(request->tries);
        put(&nvme->io, &request->command);
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
    bool works = expect(nvme, &nvme->io);
    while (works && take(&nvme->io, &id, &status)) {
        works = id < REQUESTS && nvme->requests[id].disk;
        if (works)
            take_back(nvme, &nvme->requests[id], status);
    }
    if (!works)
        give_up(nvme);
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
    put(&nvme->io, &request->command);
}

/* --- bringing a controller up --- */

static void set_up_queue(struct nvme *nvme, struct nvme_queue *queue, unsigned number, unsigned stride)
{
    volatile uint8_t *doorbells = nvme->registers + NVME_DOORBELLS + (size_t)number * 2 * stride; /* 3.1.24, 3.1.25 */
    queue->commands = number ? nvme->io_commands : nvme->admin_commands;
    queue->completions = number ? nvme->io_completions : nvme->admin_completions;
    queue->tail_doorbell = (volatile uint32_t *)doorbells;
    queue->head_doorbell = (volatile uint32_t *)(doorbells + stride);
    queue->phase = NVME_STATUS_PHASE;
}

static void handle_interrupt(void *argument)
{
    (void)argument; /* it ends the idling; a message needs no acknowledgement */
}

static void connect_interrupt(struct nvme *nvme)
{
    bool has_second;
    nvme->messages = msix_enable(nvme->function, &has_second);
    if (nvme->messages)
        msix_connect(nvme->messages, 0, handle_interrupt, NULL);
    else
        time_wake_often();
}

/* 7.6.1, up to where the controller takes commands of the admin queue. */
static bool start_controller(struct nvme *nvme, uint64_t base)
{
    nvme->registers = map_device(base, NVME_DOORBELLS);
    uint64_t cap = read32(nvme, NVME_CAP) | (uint64_t)read32(nvme, NVME_CAP + 4) << 32; /* 3.1.1 */
    unsigned entries = (cap & 0xffff) + 1, stride = 4u << (cap >> 32 & 0xf);
    bool has_nvm_commands = cap >> 37 & 1, has_small_pages = (cap >> 48 & 0xf) == 0;
    if (entries < 2 || !has_nvm_commands || !has_small_pages)
        return false;
    nvme->timeout = 500 * ((unsigned)(cap >> 24 & 0xff) + 1);
    nvme->registers = map_device(base, NVME_DOORBELLS + 4ull * stride);
    nvme->admin.size = nvme->io.size = (uint16_t)(entries < QUEUE_SIZE ? entries : QUEUE_SIZE);
    set_up_queue(nvme, &nvme->admin, 0, stride);
    set_up_queue(nvme, &nvme->io, 1, stride);
    write32(nvme, NVME_CC, 0);
    if (!await_ready(nvme, 0))
        return false;
    connect_interrupt(nvme);
    write32(nvme, NVME_AQA, (nvme->admin.size - 1u) << 16 | (nvme->admin.size - 1u));
    write_address(nvme, NVME_ASQ, nvme->admin_commands);
    write_address(nvme, NVME_ACQ, nvme->admin_completions);
    write32(nvme, NVME_CC, NVME_CC_ENABLED);
    return await_ready(nvme, NVME_CSTS_READY);
}

/* 5.3, 5.4, 5.21.1.7: one queue each way, with number 1. */
static bool create_queues(struct nvme *nvme)
{
    uint32_t number = 1, size = (nvme->io.size - 1u) << 16;
    uint32_t interrupts = nvme->messages ? NVME_QUEUE_INTERRUPTS : 0;
    struct nvme_command features = {.opcode = NVME_SET_FEATURES, .words = {NVME_FEATURE_QUEUES}};
    struct nvme_command completions = {.opcode = NVME_CREATE_CQ,
                                       .pages = {page_phys(nvme->io_completions)},
                                       .words = {size | number, NVME_QUEUE_CONTIGUOUS | interrupts}};
    struct nvme_command commands = {.opcode = NVME_CREATE_SQ,
                                    .pages = {page_phys(nvme->io_commands)},
                                    .words = {size | number, NVME_QUEUE_CONTIGUOUS | number << 16}};
    for (unsigned i = nvme->io.size - 1u; i-- > 0;) {
        nvme->requests[i].next = nvme->free_requests;
        nvme->free_requests = &nvme->requests[i];
    }
    return administer(nvme, &features) && administer(nvme, &completions) && administer(nvme, &commands);
}

static bool read_properties(struct nvme *nvme)
{
    if (!identify(nvme, NVME_IDENTIFY_CONTROLLER, 0))
        return false;
    const uint8_t *answer = nvme->answer;
    unsigned limit = answer[NVME_CONTROLLER_TRANSFER_MAX];
    __builtin_memcpy(nvme->serial, answer + NVME_CONTROLLER_SERIAL, NVME_CONTROLLER_SERIAL_SIZE);
    __builtin_memcpy(&nvme->namespaces, answer + NVME_CONTROLLER_NAMESPACES, sizeof nvme->namespaces);
    nvme->slices_max = limit > 0 && limit < 5 ? 1u << limit : SLICES;
    nvme->flushes = answer[NVME_CONTROLLER_WRITE_CACHE] & 1;
    return true;
}

/* --- finding disks --- */

static struct nvme *controllers[CONTROLLERS_MAX];

static size_t memory_pages(void)
{
    return (sizeof(struct nvme) + PAGE_SIZE - 1) / PAGE_SIZE;
}

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

/* Brings the controller up that is this function. NULL if that cannot be. */
static struct nvme *make_controller(pci_address function)
{
    struct nvme *nvme = pages_alloc(memory_pages());
    if (!nvme)
        return NULL;
    __builtin_memset(nvme, 0, memory_pages() * PAGE_SIZE);
    nvme->function = function;
    uint32_t command = pci_read(function, PCI_COMMAND, 2);
    command |= PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_NO_INTX;
    pci_write(function, PCI_COMMAND, 2, command);
    if (start_controller(nvme, pci_bar(function, 0)) && create_queues(nvme) && read_properties(nvme))
        return nvme;
    give_up(nvme);
    pages_free(nvme, memory_pages());
    return NULL;
}

/* The machine's controller with that number, started. False if there is none; one that cannot be used is NULL. */
static bool get_controller(unsigned index, struct nvme **nvme)
{
    struct search search = {.skip = index};
    if (!controllers[index] && pci_visit(is_controller, &search))
        controllers[index] = make_controller(search.function);
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
    if (!identify(nvme, NVME_IDENTIFY_NAMESPACE, namespace_of(disk)))
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
