/* The disk's driver against a disk of our own: with all features and with none, one that fails, and one that breaks the
 * rules. */
#include <string.h>

#include "check.h"
#include "no_interrupts.h"

#include "dev/virtio.c"
#include "dev/virtio_blk.c"
#include "dev/virtq.c"
#include "virtio_card.h"

/* --- what the driver needs of the kernel --- */

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

uint64_t time_now(void)
{
    return 0;
}

/* --- the disk --- */

enum { SECTORS = 128 };

static struct {
    unsigned requests, flushes;
    uint64_t bad_sector; /* whose transfer fails */
    bool lazy;           /* works only while the driver waits */
    enum { GOOD, WRONG_ID, SILENT_STATUS } manners;
    uint8_t content[SECTORS * VIRTIO_BLK_SECTOR];
} card;

/* Carries one transfer out; returns its status. */
static uint8_t transfer(const struct virtio_blk_header *header, const struct virtq_desc *desc, uint64_t at)
{
    void *memory = (void *)desc->address;
    if (header->type == T_GET_ID) {
        memcpy(memory, "disk0", 6);
        return S_OK;
    }
    CHECK(at + desc->size <= sizeof card.content);
    if (at <= card.bad_sector * VIRTIO_BLK_SECTOR && card.bad_sector * VIRTIO_BLK_SECTOR < at + desc->size)
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
    uint64_t at = header.sector * VIRTIO_BLK_SECTOR;
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
    while (registers.status != 0 && (head = card_pop(0)) >= 0)
        carry_out((uint16_t)head);
}

static void card_kick(struct virtio_device *device, uint16_t index)
{
    (void)device, (void)index;
    if (!card.lazy)
        work();
}

void time_wait(uint64_t deadline)
{
    (void)deadline;
    CHECK(card.lazy);
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

static char pages[4][PAGE_SIZE] __attribute__((aligned(4096)));

static void configure(unsigned offset, uint32_t value)
{
    memcpy(registers.config + offset, &value, sizeof value);
}

static bool has_index(struct virtio_blk *disk, const void *index)
{
    return disk->index == *(const unsigned *)index;
}

/* Finds the machine's disk with that number. */
static bool find(struct virtio_blk *disk, unsigned index)
{
    return virtio_blk_find(disk, has_index, &index);
}

static void start(struct virtio_blk *disk, uint64_t offered)
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

static struct virtq_slice slice(unsigned page, uint32_t size)
{
    return (struct virtq_slice){(uint64_t)pages[page], size};
}

static void test_properties(void)
{
    struct virtio_blk disk;
    char serial[VIRTIO_BLK_SERIAL_SIZE + 1];
    start(&disk, ALL & ~BIT(F_RO));
    CHECK(disk.sectors == SECTORS && disk.slices_max == 4 && disk.slice_size_max == 65536);
    CHECK(disk.flushes && !disk.read_only);
    CHECK(virtio_blk_serial(&disk, serial) && strcmp(serial, "disk0") == 0);
    virtio_blk_stop(&disk);
    start(&disk, BIT(VIRTIO_F_VERSION_1) | BIT(F_RO));
    CHECK(!disk.flushes && disk.read_only && disk.slices_max == VIRTIO_BLK_SLICES_MAX);
    virtio_blk_stop(&disk);
    start(&disk, ALL);
    virtio_blk_stop(&disk);
    CHECK(registers.status == 0);
    CHECK(!find(&disk, 2) && allocated == 0);
    configure(CONFIG_SIZE_MAX, 512); /* less than a page */
    CHECK(!find(&disk, 0));
    registers.offered = 0; /* a device of before 1.0 */
    CHECK(!find(&disk, 0) && allocated == 0);
}

/* What is in use is not started again for somebody else. */
static void test_in_use(void)
{
    struct virtio_blk disk, other;
    start(&disk, ALL);
    CHECK(!find(&other, 0));
    virtio_blk_stop(&disk);
    CHECK(find(&other, 0));
    virtio_blk_stop(&other);
}

static void test_transfers(uint64_t offered, bool lazy)
{
    struct virtio_blk disk;
    start(&disk, offered);
    card.lazy = lazy;
    memset(pages[0], 'a', PAGE_SIZE);
    memset(pages[1], 'b', PAGE_SIZE);
    struct virtq_slice both[] = {slice(0, 4096), slice(1, 512)};
    virtio_blk_write(&disk, 8, both, 2);
    CHECK(virtio_blk_finish(&disk));
    CHECK(card.content[8 * 512 - 1] == 0 && card.content[8 * 512] == 'a' && card.content[16 * 512 - 1] == 'a');
    CHECK(card.content[16 * 512] == 'b' && card.content[17 * 512] == 0);
    struct virtq_slice back = slice(2, 1024);
    virtio_blk_read(&disk, 15, &back, 1);
    CHECK(virtio_blk_finish(&disk) && pages[2][0] == 'a' && pages[2][511] == 'a' && pages[2][512] == 'b');
    CHECK(virtio_blk_flush(&disk) && card.flushes == (offered & BIT(F_FLUSH) ? 1 : 0));
    virtio_blk_stop(&disk);
}

/* More than the ring takes, and than there are requests. */
static void test_many(bool lazy)
{
    struct virtio_blk disk;
    start(&disk, ALL & ~BIT(F_RO));
    card.lazy = lazy;
    for (unsigned i = 0; i < 1000; i++) {
        struct virtq_slice one = slice(i % 4, 512);
        virtio_blk_write(&disk, i % SECTORS, &one, 1);
    }
    CHECK(virtio_blk_finish(&disk) && card.requests == 1000);
    virtio_blk_stop(&disk);
}

static void test_failures(void)
{
    struct virtio_blk disk;
    start(&disk, ALL & ~BIT(F_RO));
    card.bad_sector = 20;
    struct virtq_slice one = slice(0, 4096);
    virtio_blk_read(&disk, 16, &one, 1);
    virtio_blk_read(&disk, 32, &one, 1);
    CHECK(!virtio_blk_finish(&disk));
    virtio_blk_read(&disk, 32, &one, 1);
    CHECK(virtio_blk_finish(&disk)); /* told once */
    virtio_blk_write(&disk, 20, &one, 1);
    CHECK(!virtio_blk_flush(&disk) && card.flushes == 0);
    virtio_blk_read(&disk, SECTORS - 7, &one, 1); /* beyond the end */
    CHECK(!virtio_blk_finish(&disk));
    virtio_blk_read(&disk, UINT64_MAX, &one, 1);
    CHECK(!virtio_blk_finish(&disk));
    virtio_blk_stop(&disk);
    start(&disk, ALL);
    virtio_blk_write(&disk, 0, &one, 1);
    CHECK(!virtio_blk_finish(&disk) && card.requests == 0); /* read-only */
    virtio_blk_stop(&disk);
}

/* A device that breaks the rules fails everything from then on, and has been reset. */
static void test_hostile(void)
{
    struct virtio_blk disk;
    struct virtq_slice one = slice(0, 512);
    start(&disk, ALL);
    card.manners = SILENT_STATUS;
    virtio_blk_read(&disk, 0, &one, 1);
    CHECK(!virtio_blk_finish(&disk));
    card.manners = WRONG_ID;
    virtio_blk_read(&disk, 0, &one, 1);
    CHECK(!virtio_blk_finish(&disk) && registers.status == 0);
    card.manners = GOOD;
    virtio_blk_read(&disk, 0, &one, 1);
    CHECK(!virtio_blk_finish(&disk) && !virtio_blk_flush(&disk));
    virtio_blk_stop(&disk);
    CHECK(allocated == 0);
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
    return 0;
}
