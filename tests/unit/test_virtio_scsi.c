/* The driver of SCSI disks against a host device of our own: two disks on it that share a queue, and one that fails,
 * that wants things said twice, that answers too little, and that breaks the rules. */
#include "disk_kernel.h"

#include "dev/scsi.c"
#include "dev/virtio.c"
#include "dev/virtio_scsi.c"
#include "dev/virtq.c"
#define CARD_QUEUES 3
#include "virtio_card.h"

const struct block_driver virtio_blk_driver = NO_DISKS, nvme_driver = NO_DISKS;

/* --- the host device: targets 1 and 3 with a disk each, 3 with a CD as well --- */

enum { SECTORS = 128, LAST_TARGET = 5 };

static struct {
    unsigned transfers, flushes, commands;
    uint64_t bad_sector; /* whose transfer fails */
    unsigned attentions; /* commands that end with a unit attention before anything else happens */
    unsigned busy;       /* and ones for which it is too busy */
    bool lazy;           /* works only while the driver waits */
    uint32_t block_size;
    bool write_protected, no_cache, no_mode_pages;
    uint16_t gone; /* the target that has been taken away */
    enum { GOOD, WRONG_ID, SILENT_RESPONSE, SILENT, SHORT, EMPTY } manners;
    uint8_t content[2][SECTORS * BLOCK_SECTOR];
} card;

static size_t copy_data(const struct virtq_desc *desc, bool from_device, uint8_t *bytes, size_t size)
{
    size_t done = 0;
    while (done < size && desc) {
        size_t part = desc->size < size - done ? desc->size : size - done;
        CHECK(((desc->flags & DESC_WRITE) != 0) == from_device);
        if (from_device)
            memcpy((void *)desc->address, bytes + done, part);
        else
            memcpy(bytes + done, (void *)desc->address, part);
        done += part;
        desc = desc->flags & DESC_NEXT ? &registers.queues[QUEUE_REQUESTS].desc[desc->next] : NULL;
    }
    return done;
}

static void fail_with(struct virtio_scsi_response *response, uint8_t key)
{
    response->status = 2;
    response->sense_size = 18;
    memcpy(response->sense, (uint8_t[]){0x70, 0, key}, 3);
}

static size_t answer_inquiry(const uint8_t *cdb, bool is_cd, uint8_t *answer)
{
    if (cdb[1] & VITAL_PRODUCT_DATA) {
        memcpy(answer, "\0\x80\0\x0a  serial 1", 14);
        return 14;
    }
    answer[0] = is_cd ? 5 : 0;
    answer[2] = 5;
    return SCSI_INQUIRY_SIZE;
}

/* The answer to one of the commands that tell of the device; returns its size. */
static size_t answer_command(const uint8_t *cdb, unsigned target, unsigned lun, uint8_t *answer)
{
    switch (cdb[0]) {
    case REPORT_LUNS:
        put_be(answer, 4, target == 3 ? 16 : 8);
        answer[8 + 1] = target == 3 ? 4 : 0;
        answer[16 + 1] = 9;
        return target == 3 ? 24 : 16;
    case INQUIRY:
        return answer_inquiry(cdb, lun == 4, answer);
    case SERVICE_ACTION_IN_16:
        put_be(answer, 8, SECTORS * BLOCK_SECTOR / card.block_size - 1);
        put_be(answer + 8, 4, card.block_size);
        return SCSI_CAPACITY_SIZE;
    default:
        CHECK(cdb[0] == MODE_SENSE_6);
        answer[2] = card.write_protected ? 0x80 : 0;
        answer[4] = PAGE_CACHING;
        answer[6] = card.no_cache ? 0 : 4;
        return SCSI_CACHING_SIZE;
    }
}

static void transfer(const uint8_t *cdb, unsigned target, const struct virtq_desc *data,
                     struct virtio_scsi_response *response)
{
    size_t at = get_be(cdb + 2, 8) * card.block_size, size = get_be(cdb + 10, 4) * card.block_size;
    uint8_t *content = card.content[target == 3];
    CHECK(at + size <= sizeof card.content[0]);
    card.transfers++;
    if (at <= card.bad_sector * BLOCK_SECTOR && card.bad_sector * BLOCK_SECTOR < at + size)
        fail_with(response, 3); /* a medium error */
    else if (card.manners == SHORT)
        response->residual = (uint32_t)(size - copy_data(data, true, content + at, size / 2));
    else
        CHECK(copy_data(data, cdb[0] == READ_16, content + at, size) == size);
}

static void execute(const struct virtio_scsi_command *command, const struct virtq_desc *data,
                    struct virtio_scsi_response *response)
{
    unsigned target = command->lun[1], lun = (command->lun[2] & 0x3fu) << 8 | command->lun[3];
    uint8_t answer[512] = {0};
    response->response = S_OK;
    if ((target != 1 && target != 3) || target == card.gone) {
        response->response = 3; /* a bad target */
    } else if (card.busy > 0) {
        card.busy--;
        response->status = STATUS_BUSY;
    } else if (card.attentions > 0 && command->cdb[0] != INQUIRY && command->cdb[0] != REPORT_LUNS) {
        card.attentions--;
        fail_with(response, UNIT_ATTENTION);
    } else if (command->cdb[0] == READ_16 || command->cdb[0] == WRITE_16) {
        transfer(command->cdb, target, data, response);
    } else if (command->cdb[0] == SYNCHRONIZE_CACHE_10) {
        card.flushes++;
    } else if (command->cdb[0] == MODE_SENSE_6 && card.no_mode_pages) {
        fail_with(response, 5); /* an illegal request */
    } else if (card.manners != EMPTY) {
        copy_data(data, true, answer, answer_command(command->cdb, target, lun, answer));
    }
}

static void carry_out(uint16_t head)
{
    struct virtq_desc *table = registers.queues[QUEUE_REQUESTS].desc;
    const struct virtq_desc *desc = &table[head], *data;
    struct virtio_scsi_command command;
    struct virtio_scsi_response response = {0};
    CHECK(desc->size == sizeof command && !(desc->flags & DESC_WRITE));
    memcpy(&command, (void *)desc->address, sizeof command);
    CHECK(command.lun[0] == 1 && (command.lun[2] & 0xc0) == 0x40);
    data = &table[desc->next];
    for (desc = data; !(desc->flags & DESC_WRITE);)
        desc = &table[desc->next];
    if (desc == data)
        data = desc->flags & DESC_NEXT ? &table[desc->next] : NULL;
    CHECK(desc->size == sizeof response);
    execute(&command, data, &response);
    card.commands++;
    if (card.manners != SILENT_RESPONSE)
        memcpy((void *)desc->address, &response, sizeof response);
    card_push(QUEUE_REQUESTS, card.manners == WRONG_ID ? head + 1u : head, sizeof response);
}

static void work(void)
{
    int head;
    while (registers.status != 0 && card.manners != SILENT && (head = card_pop(QUEUE_REQUESTS)) >= 0)
        carry_out((uint16_t)head);
    *avail_event(&registers.queues[QUEUE_REQUESTS]) = registers.next_avail[QUEUE_REQUESTS];
}

static void card_kick(struct virtio_device *device, uint16_t index)
{
    (void)device;
    CHECK(index == QUEUE_REQUESTS);
    if (!card.lazy)
        work();
}

static void idle(void)
{
    work();
}

bool virtio_mmio_find(enum virtio_id id, struct virtio_device *device)
{
    if (id != VIRTIO_ID_SCSI || device->skip > 0)
        return false;
    device->transport = &transport;
    return true;
}

/* --- tests --- */

static void configure(unsigned offset, uint32_t value, unsigned size)
{
    memcpy(registers.config + offset, &value, size);
}

/* A machine whose host device has not been started. */
static void plug_in(void)
{
    if (hosts[0])
        pages_free(hosts[0], memory_pages());
    hosts[0] = NULL;
    CHECK(pages_in_use == 0);
    memset(&registers, 0, sizeof registers);
    memset(&card, 0, sizeof card);
    registers.offered = 1ull << VIRTIO_F_VERSION_1 | 1ull << VIRTIO_F_EVENT_IDX;
    registers.queue_count = 3;
    registers.queue_limit = 128;
    configure(CONFIG_SEG_MAX, 126, 4);
    configure(CONFIG_MAX_SECTORS, 65535, 4);
    configure(CONFIG_CMD_PER_LUN, 128, 4);
    configure(CONFIG_MAX_TARGET, LAST_TARGET, 2);
    card.bad_sector = SECTORS;
    card.block_size = 512;
    now = 0;
}

static bool is_target(struct block_device *disk, const void *target)
{
    return disk->place >> 16 == *(const unsigned *)target;
}

static bool find(struct block_device *disk, unsigned target)
{
    return block_find(disk, is_target, &target);
}

static void start(struct block_device *disk, unsigned target)
{
    plug_in();
    CHECK(find(disk, target));
}

static void test_properties(void)
{
    struct block_device disk, other, third;
    char serial[BLOCK_SERIAL_SIZE + 1];
    start(&disk, 3);
    CHECK(disk.sectors == SECTORS && disk.slices_max == SLICES && disk.block_size == 512);
    CHECK(disk.flushes && !disk.read_only && (uint16_t)disk.place == 9); /* not the CD */
    CHECK(block_serial(&disk, serial) && strcmp(serial, "serial 1") == 0);
    CHECK(find(&other, 1) && !find(&third, 1) && !find(&third, 3));
    CHECK(registers.queues[0].size == 0 && registers.queues[1].size == 0);
    block_stop(&other);
    CHECK(find(&other, 1));
    block_stop(&other);
    block_stop(&disk);

    plug_in();
    configure(CONFIG_MAX_SECTORS, 40, 4);
    card.write_protected = card.no_cache = true;
    card.block_size = 4096;
    CHECK(find(&disk, 1));
    CHECK(disk.slices_max == 5 && disk.read_only && !disk.flushes && disk.block_size == 4096 &&
          disk.sectors == SECTORS);
    block_stop(&disk);

    plug_in();
    card.no_mode_pages = true;
    CHECK(find(&disk, 1) && !disk.read_only && disk.flushes);
    block_stop(&disk);
}

/* What cannot be used is passed over. */
static void test_refused(void)
{
    struct block_device disk;
    plug_in();
    card.block_size = 520;
    CHECK(!find(&disk, 1));
    plug_in();
    card.manners = EMPTY;
    CHECK(!find(&disk, 1));
    plug_in();
    configure(CONFIG_MAX_SECTORS, 7, 4); /* less than a page */
    CHECK(!find(&disk, 1) && registers.status == 0 && hosts[0] == NULL);
    plug_in();
    registers.offered = 0; /* a device of before 1.0 */
    CHECK(!find(&disk, 1) && hosts[0] == NULL);
    plug_in();
    registers.queue_count = 2;
    CHECK(!find(&disk, 1) && hosts[0] == NULL);
}

static void test_transfers(bool lazy, uint32_t block_size)
{
    struct block_device disk, other;
    plug_in();
    card.lazy = lazy;
    card.block_size = block_size;
    CHECK(find(&disk, 1) && find(&other, 3));
    memset(buffers[0], 'a', PAGE_SIZE);
    memset(buffers[1], 'b', PAGE_SIZE);
    struct block_slice both[] = {slice(0, 4096), slice(1, 4096)}, back[] = {slice(2, 4096), slice(3, 4096)};
    block_write(&disk, 8, both, 2);
    block_write(&other, 16, both + 1, 1);
    CHECK(block_finish(&disk) && block_finish(&other));
    CHECK(card.content[0][8 * 512 - 1] == 0 && card.content[0][8 * 512] == 'a' && card.content[0][16 * 512] == 'b');
    CHECK(card.content[1][16 * 512 - 1] == 0 && card.content[1][16 * 512] == 'b' && card.content[1][24 * 512] == 0);
    block_read(&disk, 8, back, 2);
    CHECK(block_finish(&disk) && memcmp(buffers[2], buffers[0], PAGE_SIZE) == 0 &&
          memcmp(buffers[3], buffers[1], PAGE_SIZE) == 0);
    CHECK(block_flush(&disk) && card.flushes == 1);
    block_stop(&disk);
    block_stop(&other);
}

/* More than the queue takes, on both disks, and no more at a time than a disk says. */
static void test_many(bool lazy)
{
    struct block_device disk, other;
    plug_in();
    card.lazy = lazy;
    configure(CONFIG_CMD_PER_LUN, 3, 4);
    CHECK(find(&disk, 1) && find(&other, 3));
    for (unsigned i = 0; i < 1000; i++) {
        struct block_slice one = slice(i % 4, 512);
        block_write(i % 3 ? &disk : &other, i % SECTORS, &one, 1);
        CHECK(disk.in_flight <= 3 && other.in_flight <= 3);
    }
    CHECK(block_finish(&disk) && block_finish(&other) && card.transfers == 1000);
    block_stop(&disk);
    block_stop(&other);
}

static void test_failures(void)
{
    struct block_device disk, other;
    start(&disk, 1);
    CHECK(find(&other, 3));
    card.bad_sector = 20;
    struct block_slice one = slice(0, 4096);
    block_read(&disk, 16, &one, 1);
    block_read(&disk, 32, &one, 1);
    block_read(&other, 32, &one, 1);
    CHECK(!block_finish(&disk) && block_finish(&other));
    block_read(&disk, 32, &one, 1);
    CHECK(block_finish(&disk)); /* told once */
    block_write(&disk, 20, &one, 1);
    CHECK(!block_flush(&disk) && card.flushes == 0);
    block_read(&disk, SECTORS - 7, &one, 1); /* beyond the end */
    CHECK(!block_finish(&disk));
    card.manners = SHORT;
    block_read(&disk, 0, &one, 1);
    CHECK(!block_finish(&disk));
    card.manners = GOOD;
    card.gone = 1;
    block_read(&disk, 0, &one, 1);
    block_read(&other, 0, &one, 1);
    CHECK(!block_finish(&disk) && block_finish(&other));
    block_stop(&disk);
    block_stop(&other);
}

/* What is to be said again is, but not for ever. */
static void test_again(void)
{
    struct block_device disk;
    struct block_slice one = slice(0, 512);
    plug_in();
    card.attentions = 3;
    card.busy = 2;
    CHECK(find(&disk, 1) && card.attentions == 0 && card.busy == 0);
    card.attentions = TRIES - 1;
    card.content[0][0] = 'x';
    block_read(&disk, 0, &one, 1);
    CHECK(block_finish(&disk) && buffers[0][0] == 'x');
    uint64_t begin = now;
    card.busy = TRIES;
    block_read(&disk, 0, &one, 1);
    CHECK(!block_finish(&disk) && card.busy == 0);
    CHECK(now - begin > 100000000 && now - begin < 1000000000);
    block_stop(&disk);
}

/* A device that breaks the rules or does nothing fails everything on it from then on, and has been reset. */
static void test_hostile(bool silent)
{
    struct block_device disk, other;
    struct block_slice one = slice(0, 512);
    start(&disk, 1);
    CHECK(find(&other, 3));
    card.manners = SILENT_RESPONSE;
    block_read(&disk, 0, &one, 1);
    CHECK(!block_finish(&disk));
    card.manners = silent ? SILENT : WRONG_ID;
    check_breaks(&disk, &other, silent ? 60000000000 : 0);
    CHECK(registers.status == 0);
    card.manners = GOOD;
    check_stays_broken(&disk, &other);
}

int main(void)
{
    test_properties();
    test_refused();
    for (int lazy = 0; lazy < 2; lazy++) {
        test_transfers(lazy, 512);
        test_transfers(lazy, 4096);
        test_many(lazy);
        test_hostile(lazy);
    }
    test_failures();
    test_again();
    plug_in();
    return 0;
}
