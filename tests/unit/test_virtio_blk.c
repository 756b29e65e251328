/* The disk's driver against a disk of our own: with all features and with none, one that fails, and one that breaks the
 * rules. */
#include <string.h>

#include "check.h"

/* A process has no interrupts to turn off. */
#define X86_64_CPU_H
#include <stdbool.h>
#include <stdint.h>

static inline bool interrupts_save(void)
{
    return true;
}

static inline void interrupts_restore(bool enabled)
{
    (void)enabled;
}

#include "dev/virtio.c"
#include "dev/virtio_blk.c"
#include "dev/virtq.c"

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
    uint64_t offered, negotiated;
    uint32_t config[6];
    uint8_t status;
    struct virtq queue;
    uint16_t next_avail;
    unsigned requests, flushes;
    uint64_t bad_sector; /* whose transfer fails */
    bool lazy;           /* works only while the driver waits */
    enum { GOOD, WRONG_ID, SILENT_STATUS } manners;
    uint8_t content[SECTORS * VIRTIO_BLK_SECTOR];
} card;

static uint8_t card_read_status(struct virtio_device *device)
{
    (void)device;
    return card.status;
}

static void card_write_status(struct virtio_device *device, uint8_t status)
{
    (void)device;
    card.status = status;
}

static uint64_t card_read_features(struct virtio_device *device)
{
    (void)device;
    return card.offered;
}

static void card_write_features(struct virtio_device *device, uint64_t features)
{
    (void)device;
    CHECK((features & ~card.offered) == 0);
    card.negotiated = features;
}

static uint32_t card_read_config(struct virtio_device *device, unsigned offset, unsigned size)
{
    (void)device;
    CHECK(size == 4 && offset + size <= sizeof card.config);
    return card.config[offset / 4];
}

static uint16_t card_queue_limit(struct virtio_device *device, uint16_t index)
{
    (void)device;
    return index == 0 ? 128 : 0;
}

static bool card_enable_queue(struct virtio_device *device, uint16_t index, const struct virtq *queue)
{
    (void)device, (void)index;
    card.queue = *queue;
    card.next_avail = 0;
    return true;
}

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
    const struct virtq_desc *desc = &card.queue.desc[head];
    struct virtio_blk_header header;
    CHECK(desc->size == sizeof header);
    memcpy(&header, (void *)desc->address, sizeof header);
    uint64_t at = header.sector * VIRTIO_BLK_SECTOR;
    uint8_t status = S_OK;
    desc = &card.queue.desc[desc->next];
    for (; desc->flags & DESC_NEXT; desc = &card.queue.desc[desc->next]) {
        CHECK(((desc->flags & DESC_WRITE) != 0) == (header.type != T_OUT));
        status |= transfer(&header, desc, at);
        at += desc->size;
    }
    CHECK(desc->size == 1 && desc->flags & DESC_WRITE);
    if (card.manners != SILENT_STATUS)
        *(uint8_t *)desc->address = status;
    card.flushes += header.type == T_FLUSH;
    card.requests++;
    struct virtq_used *used = card.queue.used;
    uint32_t id = card.manners == WRONG_ID ? head + 1u : head;
    used->ring[used->index % card.queue.size] = (struct virtq_used_element){id, 1};
    used->index++;
}

static void work(void)
{
    while (card.status != 0 && card.next_avail != card.queue.avail->index)
        carry_out(card.queue.avail->ring[card.next_avail++ % card.queue.size]);
    *avail_event(&card.queue) = card.next_avail;
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

static void card_connect_interrupt(struct virtio_device *device)
{
    (void)device;
}

static const struct virtio_transport transport = {
    .read_status = card_read_status,
    .write_status = card_write_status,
    .read_features = card_read_features,
    .write_features = card_write_features,
    .read_config = card_read_config,
    .queue_limit = card_queue_limit,
    .enable_queue = card_enable_queue,
    .kick = card_kick,
    .connect_interrupt = card_connect_interrupt,
};

/* The machine has two disks. */
bool virtio_mmio_find(enum virtio_id id, struct virtio_device *device)
{
    if (id != VIRTIO_ID_BLOCK || device->skip > 1)
        return false;
    device->transport = &transport;
    return true;
}

bool virtio_pci_find(enum virtio_id id, struct virtio_device *device)
{
    (void)id, (void)device;
    return false;
}

bool virtio_acpi_find(enum virtio_id id, struct virtio_device *device)
{
    (void)id, (void)device;
    return false;
}

/* --- tests --- */

#define ALL (WANTED | BIT(VIRTIO_F_VERSION_1) | BIT(VIRTIO_F_EVENT_IDX))

static char pages[4][PAGE_SIZE] __attribute__((aligned(4096)));

static void start(struct virtio_blk *disk, uint64_t offered)
{
    memset(&card, 0, sizeof card);
    card.offered = offered;
    card.bad_sector = SECTORS;
    card.config[0] = SECTORS;
    card.config[CONFIG_SIZE_MAX / 4] = 65536;
    card.config[CONFIG_SEG_MAX / 4] = 4;
    CHECK(virtio_blk_start(disk, 0));
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
    CHECK(card.status == 0);
    CHECK(!virtio_blk_start(&disk, 2));
    card.config[CONFIG_SIZE_MAX / 4] = 512; /* less than a page */
    CHECK(!virtio_blk_start(&disk, 0));
    card.offered = 0; /* a device of before 1.0 */
    CHECK(!virtio_blk_start(&disk, 0) && allocated == 0);
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
    CHECK(!virtio_blk_finish(&disk) && card.status == 0);
    card.manners = GOOD;
    virtio_blk_read(&disk, 0, &one, 1);
    CHECK(!virtio_blk_finish(&disk) && !virtio_blk_flush(&disk));
    virtio_blk_stop(&disk);
    CHECK(allocated == 0);
}

int main(void)
{
    test_properties();
    test_transfers(ALL & ~BIT(F_RO), false);
    test_transfers(ALL & ~BIT(F_RO), true);
    test_transfers(BIT(VIRTIO_F_VERSION_1), true);
    test_many(false);
    test_many(true);
    test_failures();
    test_hostile();
    return 0;
}
