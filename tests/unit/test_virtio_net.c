/* The network card's driver against a card of our own: with all features, with none, and one that breaks the rules. */
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
#include "dev/virtio_net.c"
#include "dev/virtq.c"

/* --- what the driver needs of the kernel --- */

static void *allocated;

void *pages_alloc(size_t count)
{
    allocated = aligned_alloc(PAGE_SIZE, count * PAGE_SIZE);
    return memset(allocated, 0xa5, count * PAGE_SIZE);
}

uint64_t page_phys(const void *address)
{
    return (uint64_t)address;
}

uint64_t time_now(void)
{
    return 0;
}

void time_wait(uint64_t deadline)
{
    (void)deadline;
    CHECK(false); /* nothing in this driver waits */
}

/* --- the card --- */

static struct {
    uint64_t offered;    /* features */
    uint64_t negotiated; /* without those that all devices have */
    uint8_t config[12];
    uint8_t status;
    uint16_t limit; /* of a queue's size */
    struct virtq queues[2];
    uint16_t next_avail[2];
    unsigned kicks[2];
    bool connected;
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
    CHECK(offset + size <= sizeof card.config);
    uint32_t value = 0;
    memcpy(&value, card.config + offset, size);
    return value;
}

static uint16_t card_queue_limit(struct virtio_device *device, uint16_t index)
{
    (void)device;
    return index < 2 ? card.limit : 0;
}

static bool card_enable_queue(struct virtio_device *device, uint16_t index, const struct virtq *queue)
{
    (void)device;
    card.queues[index] = *queue;
    return true;
}

static void card_kick(struct virtio_device *device, uint16_t index)
{
    (void)device;
    card.kicks[index]++;
}

static void card_connect_interrupt(struct virtio_device *device)
{
    (void)device;
    card.connected = true;
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

bool virtio_mmio_find(enum virtio_id id, struct virtio_device *device)
{
    device->transport = &transport;
    return id == VIRTIO_ID_NET;
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

/* The next chain that the driver offered on a queue, or -1. */
static int pop(unsigned index, struct virtq_desc *first)
{
    struct virtq *queue = &card.queues[index];
    if (queue->avail->index == card.next_avail[index])
        return -1;
    int head = queue->avail->ring[card.next_avail[index]++ % queue->size];
    *first = queue->desc[head];
    return head;
}

static void push(unsigned index, uint32_t id, uint32_t size)
{
    struct virtq_used *used = card.queues[index].used;
    used->ring[used->index % card.queues[index].size] = (struct virtq_used_element){id, size};
    used->index++;
}

/* Fills one offered buffer: with a header if it is the first of a frame. */
static void deliver(const struct virtio_net_header *header, const void *bytes, uint32_t size)
{
    struct virtq_desc desc;
    int head = pop(RECEIVE, &desc);
    CHECK(head >= 0 && desc.size >= size);
    char *to = (char *)desc.address;
    if (header) {
        memcpy(to, header, sizeof *header);
        to += sizeof *header;
    }
    memcpy(to, bytes, size);
    push(RECEIVE, (uint32_t)head, size + (header ? sizeof *header : 0));
}

/* --- tests --- */

#define UNWANTED BIT(21) /* to announce itself in a network that it has moved to */
#define EVERYTHING                                                                                                     \
    (ALWAYS_WANTED | LARGE_TO_SEND | LARGE_TO_RECEIVE | BIT(VIRTIO_F_EVENT_IDX) | BIT(VIRTIO_F_VERSION_1) | UNWANTED)

static char buffers[8][2048];

static void start(struct virtio_net *net, uint64_t offered)
{
    static const uint8_t config[12] = {0x52, 0x54, 0, 0x12, 0x34, 0x56, STATUS_LINK_UP, 0, 1, 0, 0x78, 0x05};
    free(allocated);
    memset(&card, 0, sizeof card);
    memcpy(card.config, config, sizeof config);
    card.offered = offered;
    card.limit = 8;
    CHECK(virtio_net_start(net));
    for (unsigned i = 0; i < 8; i++)
        CHECK(virtio_net_offer(net, buffers[i], sizeof buffers[i]));
    CHECK(!virtio_net_offer(net, buffers[0], sizeof buffers[0]));
}

static void test_properties(void)
{
    struct virtio_net net;
    start(&net, EVERYTHING);
    CHECK(card.negotiated == (EVERYTHING & ~UNWANTED) && net.checksums && net.segments && net.merges &&
          net.has_address);
    CHECK(memcmp(net.address, card.config, 6) == 0 && net.mtu == 1400 && virtio_net_is_up(&net));
    card.config[6] = 0;
    CHECK(!virtio_net_is_up(&net));

    start(&net, BIT(VIRTIO_F_VERSION_1));
    CHECK(!net.checksums && !net.merges && !net.has_address && net.mtu == 1500);
    card.config[6] = 0;
    CHECK(virtio_net_is_up(&net)); /* it cannot say */
}

/* Section 5.1.3.1: what is of no use without something else. */
static void test_dependent_features(void)
{
    struct virtio_net net;
    start(&net, EVERYTHING & ~BIT(F_CSUM));
    CHECK(!(card.negotiated & LARGE_TO_SEND) && (card.negotiated & LARGE_TO_RECEIVE) && !net.segments);
    start(&net, EVERYTHING & ~BIT(F_GUEST_CSUM));
    CHECK((card.negotiated & LARGE_TO_SEND) && !(card.negotiated & LARGE_TO_RECEIVE));
    start(&net, EVERYTHING & ~BIT(F_MRG_RXBUF));
    CHECK(!(card.negotiated & LARGE_TO_RECEIVE));
    start(&net, EVERYTHING & ~BIT(F_HOST_TSO6));
    CHECK(!(card.negotiated & LARGE_TO_SEND));
}

static void test_mtu(uint16_t mtu, uint16_t expected)
{
    struct virtio_net net;
    start(&net, EVERYTHING);
    memcpy(card.config + CONFIG_MTU, &mtu, sizeof mtu);
    read_properties(&net);
    CHECK(net.mtu == expected);
}

static void test_refused(void)
{
    struct virtio_net net;
    memset(&card, 0, sizeof card);
    card.offered = ALWAYS_WANTED; /* a device of before 1.0 */
    card.limit = 8;
    free(allocated);
    allocated = NULL;
    CHECK(!virtio_net_start(&net) && card.status == 0);
    card.offered = EVERYTHING;
    card.limit = 6; /* no power of two */
    CHECK(!virtio_net_start(&net) && card.status == 0);
}

static void test_receive(uint64_t features)
{
    struct virtio_net net;
    struct virtio_net_frame frame;
    start(&net, features);
    CHECK(!virtio_net_receive(&net, &frame) && !virtio_net_has_received(&net));
    struct virtio_net_header header = {.buffer_count = 1};
    deliver(&header, "one", 3);
    header.flags = VIRTIO_NET_CHECKSUM_VALID;
    deliver(&header, "three", 5);
    CHECK(virtio_net_has_received(&net));
    CHECK(virtio_net_receive(&net, &frame) && frame.good && !frame.checked);
    CHECK(frame.count == 1 && frame.buffers[0] == buffers[0] && frame.sizes[0] == sizeof header + 3);
    CHECK(memcmp(buffers[0] + sizeof header, "one", 3) == 0);
    CHECK(virtio_net_receive(&net, &frame) && frame.good && frame.checked && frame.buffers[0] == buffers[1]);
    CHECK(!virtio_net_receive(&net, &frame));
    CHECK(virtio_net_offer(&net, buffers[0], sizeof buffers[0]));
}

static void test_merged(void)
{
    struct virtio_net net;
    struct virtio_net_frame frame;
    start(&net, EVERYTHING);
    struct virtio_net_header header = {.flags = VIRTIO_NET_NEEDS_CHECKSUM, .buffer_count = 3};
    deliver(&header, "a", 1);
    deliver(NULL, "bc", 2);
    deliver(NULL, "def", 3);
    CHECK(virtio_net_receive(&net, &frame) && frame.good && frame.checked && frame.count == 3);
    CHECK(frame.sizes[0] == sizeof header + 1 && frame.sizes[1] == 2 && frame.sizes[2] == 3);
    CHECK(memcmp(frame.buffers[2], "def", 3) == 0);
}

/* What a card that breaks the rules returns comes back as buffers only. */
static void test_broken(uint16_t count, uint32_t size)
{
    struct virtio_net net;
    struct virtio_net_frame frame;
    start(&net, EVERYTHING);
    struct virtio_net_header header = {.buffer_count = count};
    struct virtq_desc desc;
    int head = pop(RECEIVE, &desc);
    memcpy((void *)desc.address, &header, sizeof header);
    push(RECEIVE, (uint32_t)head, size);
    CHECK(virtio_net_receive(&net, &frame) && !frame.good && frame.count == 1 && frame.buffers[0] == buffers[0]);
    CHECK(frame.sizes[0] <= sizeof buffers[0]);
}

/* One that returns what it was never given gives nothing any more. */
static void test_wrong_id(void)
{
    struct virtio_net net;
    struct virtio_net_frame frame;
    start(&net, EVERYTHING);
    push(RECEIVE, 77, 100);
    CHECK(!virtio_net_receive(&net, &frame) && !virtio_net_receive(&net, &frame));
    CHECK(!virtio_net_offer(&net, buffers[0], sizeof buffers[0]));
}

static void test_send(void)
{
    struct virtio_net net;
    start(&net, EVERYTHING);
    virtio_net_kick(&net);
    CHECK(card.kicks[RECEIVE] == 1 && card.kicks[TRANSMIT] == 0);
    int tokens[4];
    struct virtq_slice slices[3] = {{0x1000, 40}, {0x2000, 50}, {0x3000, 60}};
    CHECK(virtio_net_send(&net, slices, 3, &tokens[0]) && virtio_net_send(&net, slices, 3, &tokens[1]));
    CHECK(!virtio_net_send(&net, slices, 3, &tokens[2]) && virtio_net_send(&net, slices, 1, &tokens[3]));
    CHECK(card.kicks[TRANSMIT] == 0 && !virtio_net_reclaim(&net));
    virtio_net_kick(&net); /* once for the burst */
    CHECK(card.kicks[TRANSMIT] == 1);
    struct virtq_desc desc;
    int first = pop(TRANSMIT, &desc), second = pop(TRANSMIT, &desc);
    CHECK(first >= 0 && second >= 0 && desc.address == 0x1000 && desc.size == 40);
    push(TRANSMIT, (uint32_t)second, 0);
    push(TRANSMIT, (uint32_t)first, 0);
    CHECK(virtio_net_reclaim(&net) == &tokens[1] && virtio_net_reclaim(&net) == &tokens[0]);
    CHECK(!virtio_net_reclaim(&net) && virtio_net_send(&net, slices, 3, &tokens[2]));
}

static void test_interrupts(void)
{
    struct virtio_net net;
    start(&net, BIT(VIRTIO_F_VERSION_1));
    CHECK(card.queues[RECEIVE].avail->flags == 1 && card.queues[TRANSMIT].avail->flags == 1 && !card.connected);
    virtio_net_listen(&net, false);
    CHECK(card.queues[RECEIVE].avail->flags == 0 && card.queues[TRANSMIT].avail->flags == 1 && card.connected);
    virtio_net_listen(&net, true);
    CHECK(card.queues[TRANSMIT].avail->flags == 0);
    virtio_net_unlisten(&net);
    CHECK(card.queues[RECEIVE].avail->flags == 1 && card.queues[TRANSMIT].avail->flags == 1);
}

int main(void)
{
    test_properties();
    test_dependent_features();
    test_mtu(1500, 1500);
    test_mtu(9000, 1500);
    test_mtu(20, 1500);
    test_mtu(1280, 1280);
    test_refused();
    test_receive(EVERYTHING);
    test_receive(BIT(VIRTIO_F_VERSION_1));
    test_merged();
    test_broken(0, 100);
    test_broken(2, 100);        /* a part that does not come */
    test_broken(0xffff, 100);   /* more parts than any frame has */
    test_broken(1, 5);          /* not even a header */
    test_broken(3, 0xffffffff); /* more bytes than the buffer has */
    test_wrong_id();
    test_send();
    test_interrupts();
    free(allocated);
    return 0;
}
