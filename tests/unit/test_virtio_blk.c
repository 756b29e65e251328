/* The disk's driver against a disk of our own: with all features and with none, one that fails, and one that breaks the
 * rules. */
#include "disk_kernel.h"

#include "dev/virtio.c"
#include "dev/virtio_blk.c"
#include "dev/virtq.c"
#include "virtio_card.h"

const struct block_driver virtio_scsi_driver = NO_DISKS, nvme_driver = NO_DISKS;

/* --- the disk --- */

enum { SECTORS = 128 };

static struct {
    unsigned requests, flushes;
    uint64_t bad_sector; /* whose transfer fails */
    bool lazy;           /* works only while the driver waits */
    enum { GOOD, WRONG_ID, SILENT_STATUS, SILENT } manners;
    uint8_t content[SECTORS * BLOCK_SECTOR];
} card;

/* Carries one transfer out; returns its status. */
static uint8_t transfer(const struct virtio_blk_header *header, const struct virtq_desc *desc, uint64_t at)
{
    void *memory = (void *)desc->address;
    if (header->type == T_GET_ID) {
        memcpy(memory, " disk 0 ", 9); /* the spaces around it do not count */
        return S_OK;
    }
    CHECK(at + desc->size <= sizeof card.content);
    if (at <= card.bad_sector * BLOCK_SECTOR && card.bad_sector * BLOCK_SECTOR < at + desc->size)
        return 1;
    if (header->type == T_IN)
        memcpy(memory, card.content + at, desc->size);
    else
        memcpy(card.content + at, memory, desc->size);
    return S_OK;
}

static void carry_out(uint16_t head)
{
    const struct virtq_desc *desc = &registers.queues[0].desc[head];
    struct virtio_blk_header header;
    CHECK(desc->size == sizeof header);
    memcpy(&header, (void *)desc->address, sizeof header);
    uint64_t at = header.sector * BLOCK_SECTOR;
    uint8_t status = S_OK;
    desc = &registers.queues[0].desc[desc->next];
    for (; desc->flags & DESC_NEXT; desc = &registers.queues[0].desc[desc->next]) {
        CHECK(((desc->flags & DESC_WRITE) != 0) == (header.type != T_OUT));
        status |= transfer(&header, desc, at);
        at += desc->size;
    }
    CHECK(desc->size == 1 && desc->flags & DESC_WRITE);
    if (card.manners != SILENT_STATUS)
        *(uint8_t *)desc->address = status;
    card.flushes += header.type == T_FLUSH;
    card.requests++;
    card_push(0, card.manners == WRONG_ID ? head + 1u : head, 1);
}

static void work(void)
{
    int head;
    while (registers.status != 0 && card.manners != SILENT && (head = card_pop(0)) >= 0)
        carry_out((uint16_t)head);
}

static void card_kick(struct virtio_device *device, uint16_t index)
{
    (void)device, (void)index;
    if (!card.lazy)
        work();
}

static void idle(void)
{
    CHECK(card.lazy || card.manners == SILENT);
    work();
}

/* The machine has two disks. */
bool virtio_mmio_find(enum virtio_id id, struct virtio_device *device)
{
    if (id != VIRTIO_ID_BLOCK || device->skip > 1)
        return false;
    device->transport = &transport;
    return true;
}

/* --- tests --- */

#define ALL (WANTED | BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_F_EVENT_IDX))

static void configure(unsigned offset, uint32_t value)
{
    memcpy(registers.config + offset, &value, sizeof value);
}

static bool has_index(struct block_device *disk, const void *index)
{
    return disk->place == *(const unsigned *)index;
}

/* Finds the machine's disk with that number. */
static bool find(struct block_device *disk, unsigned index)
{
    return block_find(disk, has_index, &index);
}

static void start(struct block_device *disk, uint64_t offered)
{
    memset(&registers, 0, sizeof registers);
    memset(&card, 0, sizeof card);
    registers.offered = offered;
    card.bad_sector = SECTORS;
    registers.queue_count = 1;
    registers.queue_limit = 128;
    configure(0, SECTORS);
    configure(CONFIG_SIZE_MAX, 65536);
    configure(CONFIG_SEG_MAX, 4);
    CHECK(find(disk, 0));
}

static void test_properties(void)
{
    struct block_device disk;
    char serial[BLOCK_SERIAL_SIZE + 1];
    start(&disk, ALL & ~BIT(F_RO));
    CHECK(disk.sectors == SECTORS && disk.slices_max == 4);
    CHECK(disk.flushes && !disk.read_only);
    CHECK(block_serial(&disk, serial) && strcmp(serial, "disk 0") == 0);
    block_stop(&disk);
    start(&disk, BIT(VIRTIO_F_VERSION_1) | BIT(F_RO));
    CHECK(!disk.flushes && disk.read_only && disk.slices_max == BLOCK_SLICES_MAX);
    block_stop(&disk);
    start(&disk, ALL);
    block_stop(&disk);
    CHECK(registers.status == 0);
    CHECK(!find(&disk, 2) && pages_in_use == 0);
    configure(CONFIG_SIZE_MAX, 512); /* less than a page */
    CHECK(!find(&disk, 0));
    registers.offered = 0; /* a device of before 1.0 */
    CHECK(!find(&disk, 0) && pages_in_use == 0);
}

/* What is in use is not started again for somebody else. */
static void test_in_use(void)
{
    struct block_device disk, other;
    start(&disk, ALL);
    CHECK(!find(&other, 0));
    block_stop(&disk);
    CHECK(find(&other, 0));
    block_stop(&other);
}

static void test_transfers(uint64_t offered, bool lazy)
{
    struct block_device disk;
    start(&disk, offered);
    card.lazy = lazy;
    memset(buffers[0], 'a', PAGE_SIZE);
    memset(buffers[1], 'b', PAGE_SIZE);
    struct block_slice both[] = {slice(0, 4096), slice(1, 512)};
    block_write(&disk, 8, both, 2);
    CHECK(block_finish(&disk));
    CHECK(card.content[8 * 512 - 1] == 0 && card.content[8 * 512] == 'a' && card.content[16 * 512 - 1] == 'a');
    CHECK(card.content[16 * 512] == 'b' && card.content[17 * 512] == 0);
    struct block_slice back = slice(2, 1024);
    block_read(&disk, 15, &back, 1);
    CHECK(block_finish(&disk) && buffers[2][0] == 'a' && buffers[2][511] == 'a' && buffers[2][512] == 'b');
    CHECK(block_flush(&disk) && card.flushes == (offered & BIT(F_FLUSH) ? 1 : 0));
    block_stop(&disk);
}

/* More than the ring takes, and than there are requests. */
static void test_many(bool lazy)
{
    struct block_device disk;
    start(&disk, ALL & ~BIT(F_RO));
    card.lazy = lazy;
    for (unsigned i = 0; i < 1000; i++) {
        struct block_slice one = slice(i % 4, 512);
        block_write(&disk, i % SECTORS, &one, 1);
    }
    CHECK(block_finish(&disk) && card.requests == 1000);
    block_stop(&disk);
}

static void test_failures(void)
{
    struct block_device disk;
    start(&disk, ALL & ~BIT(F_RO));
    card.bad_sector = 20;
    struct block_slice one = slice(0, 4096);
    block_read(&disk, 16, &one, 1);
    block_read(&disk, 32, &one, 1);
    CHECK(!block_finish(&disk));
    block_read(&disk, 32, &one, 1);
    CHECK(block_finish(&disk)); /* told once */
    block_write(&disk, 20, &one, 1);
    CHECK(!block_flush(&disk) && card.flushes == 0);
    block_read(&disk, SECTORS - 7, &one, 1); /* beyond the end */
    CHECK(!block_finish(&disk));
    block_read(&disk, UINT64_MAX, &one, 1);
    CHECK(!block_finish(&disk));
    block_stop(&disk);
    start(&disk, ALL);
    block_write(&disk, 0, &one, 1);
    CHECK(!block_finish(&disk) && card.requests == 0); /* read-only */
    block_stop(&disk);
}

/* Slices that do not fit together are a failure, and nothing of them reaches the device. */
static void test_slices(void)
{
    struct block_device disk;
    start(&disk, ALL & ~BIT(F_RO));
    struct block_slice wrong[][2] = {
        {slice(0, 512), slice(1, 512)},                      /* a hole behind the first */
        {slice(0, 4096), {(uint64_t)buffers[1] + 512, 512}}, /* and before the second */
        {{(uint64_t)buffers[0] + 512, 4096}, slice(1, 512)}, /* beyond its page */
        {slice(0, 4096), slice(1, 100)},                     /* no whole sectors */
        {slice(0, 4096), slice(1, 0)},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        block_write(&disk, 0, wrong[i], 2);
        CHECK(!block_finish(&disk));
    }
    block_write(&disk, 0, wrong[0], 0);
    CHECK(!block_finish(&disk) && card.requests == 0);
    disk.block_size = 4096;
    block_write(&disk, 4, wrong[1], 1);
    CHECK(!block_finish(&disk));
    block_write(&disk, 0, wrong[0], 1);
    CHECK(!block_finish(&disk) && card.requests == 0);
    block_write(&disk, 8, wrong[1], 1);
    CHECK(block_finish(&disk) && card.requests == 1);
    block_stop(&disk);
}

/* A device that breaks the rules fails everything from then on, and has been reset. */
static void test_hostile(void)
{
    struct block_device disk;
    struct block_slice one = slice(0, 512);
    start(&disk, ALL);
    card.manners = SILENT_STATUS;
    block_read(&disk, 0, &one, 1);
    CHECK(!block_finish(&disk));
    card.manners = WRONG_ID;
    block_read(&disk, 0, &one, 1);
    CHECK(!block_finish(&disk) && registers.status == 0);
    card.manners = GOOD;
    block_read(&disk, 0, &one, 1);
    CHECK(!block_finish(&disk) && !block_flush(&disk));
    block_stop(&disk);
    CHECK(pages_in_use == 0);
}

/* One that does nothing for a minute fails everything, and so does one that has been reset, at once. */
static void test_silent(void)
{
    struct block_device disk;
    struct block_slice one = slice(0, 512);
    start(&disk, ALL);
    card.manners = SILENT;
    now = 0;
    block_read(&disk, 0, &one, 1);
    block_read(&disk, 1, &one, 1);
    CHECK(!block_finish(&disk) && now == 60000000000 && registers.status == 0);
    card.manners = GOOD;
    block_read(&disk, 0, &one, 1);
    CHECK(!block_finish(&disk) && card.requests == 0);
    block_stop(&disk);
    start(&disk, ALL);
    card.manners = SILENT;
    registers.status = 0xff; /* unplugged */
    now = 0;
    block_read(&disk, 0, &one, 1);
    CHECK(!block_finish(&disk) && now <= 1000000000);
    block_stop(&disk);
    CHECK(pages_in_use == 0);
}

int main(void)
{
    test_properties();
    test_in_use();
    test_transfers(ALL & ~BIT(F_RO), false);
    test_transfers(ALL & ~BIT(F_RO), true);
    test_transfers(BIT(VIRTIO_F_VERSION_1), true);
    test_many(false);
    test_many(true);
    test_failures();
    test_hostile();
    test_silent();
    test_slices();
    return 0;
}
