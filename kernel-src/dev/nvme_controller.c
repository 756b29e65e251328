/* nvme_controller.c: see nvme_controller.h. The numbers are sections of NVM Express 1.4. */
#include "dev/nvme_controller.h"

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/time.h"
#include "dev/block_driver.h"
#include "dev/msix.h"
#include "mm/map.h"

enum { MILLISECOND = 1000000, SECOND = 1000 * MILLISECOND };

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

void nvme_put(struct nvme_queue *queue, const struct nvme_command *command)
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

bool nvme_take(struct nvme_queue *queue, uint16_t *id, uint16_t *status)
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

bool nvme_expect(struct nvme *nvme, struct nvme_queue *queue)
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

void nvme_give_up(struct nvme *nvme)
{
    uint32_t command = pci_read(nvme->function, PCI_COMMAND, 2);
    write32(nvme, NVME_CC, 0);
    await_ready(nvme, 0);
    pci_write(nvme->function, PCI_COMMAND, 2, command & ~(uint32_t)PCI_COMMAND_MASTER);
    nvme->broken = true;
    for (unsigned i = 0; i < NVME_REQUESTS; i++) {
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
    nvme_put(&nvme->admin, command);
    if (nvme_expect(nvme, &nvme->admin) && nvme_take(&nvme->admin, &id, &status))
        return status == 0;
    nvme_give_up(nvme);
    return false;
}

bool nvme_identify(struct nvme *nvme, uint32_t what, uint32_t namespace)
{
    struct nvme_command command = {.opcode = NVME_IDENTIFY, .namespace = namespace, .words = {what}};
    command.pages[0] = page_phys(nvme->answer);
    __builtin_memset(nvme->answer, 0, sizeof nvme->answer);
    return administer(nvme, &command);
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
    nvme->admin.size = nvme->io.size = (uint16_t)(entries < NVME_QUEUE_SIZE ? entries : NVME_QUEUE_SIZE);
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
    if (!nvme_identify(nvme, NVME_IDENTIFY_CONTROLLER, 0))
        return false;
    const uint8_t *answer = nvme->answer;
    unsigned limit = answer[NVME_CONTROLLER_TRANSFER_MAX];
    __builtin_memcpy(nvme->serial, answer + NVME_CONTROLLER_SERIAL, NVME_CONTROLLER_SERIAL_SIZE);
    __builtin_memcpy(&nvme->namespaces, answer + NVME_CONTROLLER_NAMESPACES, sizeof nvme->namespaces);
    nvme->slices_max = limit > 0 && limit < 5 ? 1u << limit : NVME_SLICES;
    nvme->flushes = answer[NVME_CONTROLLER_WRITE_CACHE] & 1;
    return true;
}

struct nvme *nvme_start(pci_address function)
{
    struct nvme *nvme = pages_alloc(nvme_pages());
    if (!nvme)
        return NULL;
    __builtin_memset(nvme, 0, nvme_pages() * PAGE_SIZE);
    nvme->function = function;
    uint32_t command = pci_read(function, PCI_COMMAND, 2);
    command |= PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_NO_INTX;
    pci_write(function, PCI_COMMAND, 2, command);
    if (start_controller(nvme, pci_bar(function, 0)) && create_queues(nvme) && read_properties(nvme))
        return nvme;
    nvme_give_up(nvme);
    pages_free(nvme, nvme_pages());
    return NULL;
}
