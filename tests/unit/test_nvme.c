/* The driver of NVMe disks against a controller of our own, with two namespaces that share a queue: a good one, and one
 * that fails, that wants things said twice, that is gone, and that breaks the rules. It works while the driver waits.
 */
#include "disk_kernel.h"

#include "dev/nvme.c"
#include "dev/nvme_controller.c"

const struct block_driver virtio_blk_driver = NO_DISKS, virtio_scsi_driver = NO_DISKS;

/* --- the controller: namespaces 1 and 3 --- */

enum { SECTORS = 128, NAMESPACES = 4, STRIDE = 8, FUNCTION = 0x18 };

/* A queue as the controller sees it. */
struct side {
    const struct nvme_command *commands;
    struct nvme_completion *completions;
    unsigned size, head, tail;
    uint16_t phase;
};

static struct {
    unsigned transfers, flushes;
    uint64_t bad_sector; /* whose transfer fails for ever */
    unsigned again;      /* transfers that fail, but may be tried again */
    uint8_t block_shift, transfer_max;
    bool write_protected, no_cache, has_metadata;
    enum { GOOD, WRONG_ID, SILENT, GONE, NEVER_READY } manners;
    bool bus_master;
    struct side queues[2];
    uint8_t content[2][SECTORS * BLOCK_SECTOR];
} card;

static uint8_t registers[NVME_DOORBELLS + 4 * STRIDE] __attribute__((aligned(4096)));

static uint32_t *reg(unsigned offset)
{
    return (uint32_t *)(void *)(registers + offset);
}

static void *address_at(unsigned offset)
{
    return (void *)(*reg(offset) | (uint64_t)*reg(offset + 4) << 32);
}

static void open_queue(unsigned number, const void *commands, void *completions, unsigned size)
{
    card.queues[number] = (struct side){commands, completions, size, 0, 0, NVME_STATUS_PHASE};
}

static void describe_controller(uint8_t *answer)
{
    uint32_t namespaces = NAMESPACES;
    memcpy(answer + NVME_CONTROLLER_SERIAL, "serial              ", NVME_CONTROLLER_SERIAL_SIZE);
    memcpy(answer + NVME_CONTROLLER_NAMESPACES, &namespaces, sizeof namespaces);
    answer[NVME_CONTROLLER_TRANSFER_MAX] = card.transfer_max;
    answer[NVME_CONTROLLER_WRITE_CACHE] = !card.no_cache;
}

static void describe_namespace(uint32_t number, uint8_t *answer)
{
    uint64_t blocks = (uint64_t)SECTORS * BLOCK_SECTOR >> card.block_shift;
    if (number % 2 == 0)
        return; /* it is not there */
    memcpy(answer, &blocks, sizeof blocks);
    answer[NVME_NAMESPACE_FORMAT] = 2;
    answer[NVME_NAMESPACE_FORMATS + 8] = card.has_metadata ? 8 : 0;
    answer[NVME_NAMESPACE_FORMATS + 8 + 2] = card.block_shift;
    answer[NVME_NAMESPACE_ATTRIBUTES] = card.write_protected;
}

static void administer_card(const struct nvme_command *command)
{
    static void *completions;
    void *memory = (void *)command->pages[0];
    if (command->opcode == NVME_IDENTIFY && command->words[0] == NVME_IDENTIFY_CONTROLLER)
        describe_controller(memory);
    else if (command->opcode == NVME_IDENTIFY)
        describe_namespace(command->namespace, memory);
    else if (command->opcode == NVME_CREATE_CQ)
        completions = memory;
    else if (command->opcode == NVME_CREATE_SQ)
        open_queue(1, memory, completions, (command->words[0] >> 16) + 1);
    else
        CHECK(command->opcode == NVME_SET_FEATURES);
}

/* The memory of a transfer's page by number (4.3). */
static uint64_t page_of(const struct nvme_command *command, unsigned number, unsigned count)
{
    if (number < 2 && (number == 0 || count == 2))
        return command->pages[number];
    CHECK(command->pages[1] % PAGE_SIZE + (count - 1) * 8 <= PAGE_SIZE);
    return ((uint64_t *)command->pages[1])[number - 1];
}

static uint16_t transfer(const struct nvme_command *command)
{
    uint64_t at = (command->words[0] | (uint64_t)command->words[1] << 32) << card.block_shift, begin = at;
    uint64_t end = at + ((command->words[2] + 1ull) << card.block_shift), first = command->pages[0] % PAGE_SIZE;
    unsigned count = (unsigned)((first + (end - at) + PAGE_SIZE - 1) / PAGE_SIZE);
    CHECK(end <= sizeof card.content[0]);
    card.transfers++;
    if (at <= card.bad_sector * BLOCK_SECTOR && card.bad_sector * BLOCK_SECTOR < end)
        return 0x281 << 1 | NVME_STATUS_DO_NOT_RETRY;
    if (card.again > 0) {
        card.again--;
        return 0x6 << 1;
    }
    for (unsigned i = 0; i < count; i++) {
        uint64_t skipped = i ? 0 : first, size = PAGE_SIZE - skipped;
        size = size < end - at ? size : end - at;
        void *memory = (void *)page_of(command, i, count), *place = card.content[command->namespace == 3] + at;
        memcpy(command->opcode == NVME_READ ? memory : place, command->opcode == NVME_READ ? place : memory, size);
        at += size;
    }
    CHECK(at == end && begin < end);
    return 0;
}

static uint16_t execute(unsigned number, const struct nvme_command *command)
{
    if (number == 0) {
        administer_card(command);
        return 0;
    }
    CHECK(command->namespace == 1 || command->namespace == 3);
    card.flushes += command->opcode == NVME_FLUSH;
    return command->opcode == NVME_FLUSH ? 0 : transfer(command);
}

static void work(unsigned number)
{
    struct side *side = &card.queues[number];
    for (uint32_t tail = *reg(NVME_DOORBELLS + number * 2 * STRIDE); side->size && side->head != tail;) {
        const struct nvme_command *command = &side->commands[side->head];
        uint16_t status = execute(number, command);
        side->head = (side->head + 1) % side->size;
        struct nvme_completion *completion = &side->completions[side->tail];
        completion->id = (uint16_t)(command->id + (card.manners == WRONG_ID && number == 1 ? 7 : 0));
        completion->status = status | side->phase;
        side->tail = (side->tail + 1) % side->size;
        if (side->tail == 0)
            side->phase ^= NVME_STATUS_PHASE;
    }
}

static void idle(void)
{
    bool enabled = *reg(NVME_CC) & 1, ready = *reg(NVME_CSTS) & NVME_CSTS_READY;
    if (card.manners == GONE)
        *reg(NVME_CSTS) = UINT32_MAX;
    if (card.manners >= GONE)
        return;
    if (enabled && !ready) {
        CHECK(*reg(NVME_CC) == NVME_CC_ENABLED && card.bus_master);
        open_queue(0, address_at(NVME_ASQ), address_at(NVME_ACQ), (*reg(NVME_AQA) & 0xfff) + 1);
    }
    *reg(NVME_CSTS) = enabled ? NVME_CSTS_READY : 0;
    if (enabled && card.manners != SILENT) {
        work(0);
        work(1);
    }
}

/* --- what it is connected with --- */

uint32_t pci_read(pci_address function, unsigned offset, unsigned size)
{
    CHECK(function == FUNCTION && (offset == PCI_REVISION ? size == 4 : offset == PCI_COMMAND));
    return offset == PCI_REVISION ? CLASS_NVME << 8 | 2 : 0;
}

void pci_write(pci_address function, unsigned offset, unsigned size, uint32_t value)
{
    CHECK(function == FUNCTION && offset == PCI_COMMAND && size == 2);
    card.bus_master = value & PCI_COMMAND_MASTER;
}

bool pci_visit(bool (*visit)(pci_address function, void *context), void *context)
{
    return visit(FUNCTION, context);
}

uint64_t pci_bar(pci_address function, unsigned index)
{
    CHECK(function == FUNCTION && index == 0);
    return 0xfe000000;
}

volatile void *map_device(uint64_t phys, size_t size)
{
    CHECK(phys == 0xfe000000 && size <= sizeof registers);
    return registers;
}

static uint32_t messages[8];

volatile uint32_t *msix_enable(pci_address function, bool *has_second)
{
    (void)function;
    *has_second = false;
    return messages;
}

void msix_connect(volatile uint32_t *table, unsigned entry, void (*handler)(void *), void *argument)
{
    CHECK(table == messages && entry == 0 && handler && !argument);
}

void time_wake_often(void)
{
    CHECK(false);
}

/* --- tests --- */

static void plug_in(void)
{
    if (controllers[0])
        pages_free(controllers[0], nvme_pages());
    controllers[0] = NULL;
    CHECK(pages_in_use == 0);
    memset(registers, 0, sizeof registers);
    memset(&card, 0, sizeof card);
    *reg(NVME_CAP) = 31 | 1 << 24; /* 32 entries; a second to start */
    *reg(NVME_CAP + 4) = 1 | 1 << 5;
    card.bad_sector = SECTORS;
    card.block_shift = 9;
    now = 0;
}

static bool is_number(struct block_device *disk, const void *number)
{
    return (uint32_t)disk->place == *(const uint32_t *)number;
}

static bool find(struct block_device *disk, unsigned number)
{
    return block_find(disk, is_number, &number);
}

static void test_properties(void)
{
    struct block_device disk, other, third;
    char serial[BLOCK_SERIAL_SIZE + 1];
    plug_in();
    CHECK(find(&disk, 3) && find(&other, 1) && !find(&third, 1) && !find(&third, 2) && !find(&third, 3));
    CHECK(disk.sectors == SECTORS && disk.block_size == 512 && disk.slices_max == NVME_SLICES);
    CHECK(disk.flushes && !disk.read_only);
    CHECK(block_serial(&disk, serial) && strcmp(serial, "serial_3") == 0);
    CHECK(block_serial(&other, serial) && strcmp(serial, "serial") == 0);
    block_stop(&other);
    CHECK(find(&other, 1));
    block_stop(&other);
    block_stop(&disk);

    plug_in();
    card.transfer_max = 2;
    card.write_protected = card.no_cache = true;
    card.block_shift = 12;
    CHECK(find(&disk, 1));
    CHECK(disk.slices_max == 4 && disk.read_only && !disk.flushes && disk.block_size == 4096 &&
          disk.sectors == SECTORS);
    block_stop(&disk);
}

/* What cannot be used is passed over, and what cannot be started has been stopped. */
static void test_refused(void)
{
    struct block_device disk;
    plug_in();
    card.has_metadata = true;
    CHECK(!find(&disk, 1));
    for (card.block_shift = 8; card.block_shift <= 13; card.block_shift += 5)
        CHECK(!find(&disk, 1));
    plug_in();
    *reg(NVME_CAP + 4) = 1; /* without the commands that read and write */
    CHECK(!find(&disk, 1) && !card.bus_master && pages_in_use == 0);
    plug_in();
    *reg(NVME_CAP + 4) |= 1 << 16; /* pages of 8 KiB at least */
    CHECK(!find(&disk, 1) && !card.bus_master && pages_in_use == 0);
    plug_in();
    card.manners = NEVER_READY;
    CHECK(!find(&disk, 1) && !card.bus_master && pages_in_use == 0 && now > 1000000000 && now < 3000000000);
    plug_in();
    card.manners = GONE;
    CHECK(!find(&disk, 1) && !card.bus_master && pages_in_use == 0);
    plug_in();
    card.manners = SILENT;
    CHECK(!find(&disk, 1) && !card.bus_master && pages_in_use == 0);
}

static void test_transfers(uint8_t block_shift)
{
    struct block_device disk, other;
    plug_in();
    card.block_shift = block_shift;
    CHECK(find(&disk, 1) && find(&other, 3));
    for (unsigned i = 0; i < 4; i++)
        memset(buffers[i], (int)('a' + i), PAGE_SIZE);
    struct block_slice all[] = {slice(0, 4096), slice(1, 4096), slice(2, 4096), slice(3, 4096)};
    for (unsigned count = 1; count <= 4; count++) {
        memset(card.content, 0, sizeof card.content);
        block_write(&disk, 8, all, count);
        block_write(&other, 16, all + 1, 1);
        CHECK(block_finish(&disk) && block_finish(&other));
        for (unsigned i = 0; i < 6; i++)
            CHECK(card.content[0][i * 4096] == (i >= 1 && i <= count ? 'a' + (int)i - 1 : 0));
        CHECK(card.content[1][16 * 512 - 1] == 0 && card.content[1][16 * 512] == 'b' && card.content[1][24 * 512] == 0);
    }
    memset(buffers, 0, sizeof buffers);
    block_read(&disk, 8, all, 4);
    CHECK(block_finish(&disk) && buffers[0][0] == 'a' && buffers[1][4095] == 'b' && buffers[3][4095] == 'd');
    CHECK(block_flush(&disk) && card.flushes == 1);
    if (block_shift == 9) {
        struct block_slice parts[] = {{(uint64_t)buffers[0] + 3584, 512}, slice(1, 4096), slice(2, 512)};
        block_read(&disk, 15, parts, 3);
        CHECK(block_finish(&disk) && buffers[0][3584] == 'a' && buffers[1][0] == 'b' && buffers[2][0] == 'c');
    }
    block_stop(&disk);
    block_stop(&other);
}

/* More than the queue takes, often round it, on both disks. */
static void test_many(void)
{
    struct block_device disk, other;
    plug_in();
    CHECK(find(&disk, 1) && find(&other, 3) && controllers[0]->io.size == 32);
    for (unsigned i = 0; i < 1000; i++) {
        struct block_slice one = slice(i % 4, 512);
        block_write(i % 3 ? &disk : &other, i % SECTORS, &one, 1);
        CHECK(disk.in_flight + other.in_flight <= 31);
    }
    CHECK(block_finish(&disk) && block_finish(&other) && card.transfers == 1000);
    block_stop(&disk);
    block_stop(&other);
}

static void test_failures(void)
{
    struct block_device disk, other;
    struct block_slice one = slice(0, 4096);
    plug_in();
    CHECK(find(&disk, 1) && find(&other, 3));
    card.bad_sector = 20;
    block_read(&disk, 16, &one, 1);
    block_read(&other, 32, &one, 1);
    CHECK(!block_finish(&disk) && block_finish(&other) && card.transfers == 2);
    block_read(&disk, 32, &one, 1);
    CHECK(block_finish(&disk)); /* told once */
    block_write(&disk, 20, &one, 1);
    CHECK(!block_flush(&disk) && card.flushes == 0);
    card.again = TRIES - 1;
    card.content[0][32 * 512] = 'x';
    block_read(&disk, 32, &one, 1);
    CHECK(block_finish(&disk) && buffers[0][0] == 'x');
    card.again = TRIES;
    block_read(&disk, 32, &one, 1);
    CHECK(!block_finish(&disk) && card.again == 0);
    block_stop(&disk);
    block_stop(&other);
}

/* A controller that breaks the rules, does nothing or is gone fails everything from then on, and has been stopped. */
static void test_hostile(unsigned manners, uint64_t patience)
{
    struct block_device disk, other;
    plug_in();
    CHECK(find(&disk, 1) && find(&other, 3));
    card.manners = manners;
    check_breaks(&disk, &other, patience);
    CHECK(!card.bus_master && *reg(NVME_CC) == 0);
    card.manners = GOOD;
    check_stays_broken(&disk, &other);
}

int main(void)
{
    test_properties();
    test_refused();
    test_transfers(9);
    test_transfers(12);
    test_many();
    test_failures();
    test_hostile(WRONG_ID, 0);
    test_hostile(SILENT, 60000000000);
    test_hostile(GONE, 0);
    plug_in();
    return 0;
}
