/* The network card's driver against a card of our own: with all features, with none, and one that breaks the rules. */
#include <string.h>

#include "no_interrupts.h"
#include "pages.h"

#include "dev/virtio.c"
#include "dev/virtio_net.c"
#include "dev/virtq.c"
#include "virtio_card.h"

/* --- what the driver needs of the kernel --- */

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

static unsigned kicks[2];

static void card_kick(struct virtio_device *device, uint16_t index)
{
    (void)device;
    kicks[index]++;
}

bool virtio_mmio_find(enum virtio_id id, struct virtio_device *device)
{
    device->transport = &transport;
    return id == VIRTIO_ID_NET;
}

/* The next chain that the driver offered on a queue, or -1. */
static int pop(unsigned index, struct virtq_desc *first)
{
    int head = card_pop(index);
    if (head >= 0)
        *first = registers.queues[index].desc[head];
    return head;
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
    card_push(RECEIVE, (uint32_t)head, size + (header ? sizeof *header : 0));
}

/* --- tests --- */

#define UNWANTED BIT(21) /* to announce itself in a network that it has moved to */
#define EVERYTHING                                                                                                     \
    (ALWAYS_WANTED | LARGE_TO_SEND | LARGE_TO_RECEIVE | BIT(VIRTIO_F_EVENT_IDX) | BIT(VIRTIO_F_VERSION_1) | UNWANTED)

static char buffers[8][2048];

static void start(struct virtio_net *net, uint64_t offered)
{
    static const uint8_t config[12] = {0x52, 0x54, 0, 0x12, 0x34, 0x56, STATUS_LINK_UP, 0, 1, 0, 0x78, 0x05};
    pages_free_all();
    memset(&registers, 0, sizeof registers);
    memset(kicks, 0, sizeof kicks);
    memcpy(registers.config, config, sizeof config);
    registers.offered = offered;
    registers.queue_count = 2;
    registers.queue_limit = 8;
    CHECK(virtio_net_start(net));
    for (unsigned i = 0; i < 8; i++)
        CHECK(virtio_net_offer(net, buffers[i], sizeof buffers[i]));
    CHECK(!virtio_net_offer(net, buffers[0], sizeof buffers[0]));
}

static void test_properties(void)
{
    struct virtio_net net;
    start(&net, EVERYTHING);
    CHECK(registers.negotiated == (EVERYTHING & ~UNWANTED) && net.checksums && net.segments && net.merges &&
          net.has_address);
    CHECK(memcmp(net.address, registers.config, 6) == 0 && net.mtu == 1400 && virtio_net_is_up(&net));
    registers.config[6] = 0;
    CHECK(!virtio_net_is_up(&net));

    start(&net, BIT(VIRTIO_F_VERSION_1));
    CHECK(!net.checksums && !net.merges && !net.has_address && net.mtu == 1500);
    registers.config[6] = 0;
    CHECK(virtio_net_is_up(&net)); /* it cannot say */
}

/* Section 5.1.3.1: what is of no use without something else. */
static void test_dependent_features(void)
{
    struct virtio_net net;
    start(&net, EVERYTHING & ~BIT(F_CSUM));
    CHECK(!(registers.negotiated & LARGE_TO_SEND) && (registers.negotiated & LARGE_TO_RECEIVE) && !net.segments);
    start(&net, EVERYTHING & ~BIT(F_GUEST_CSUM));
    CHECK((registers.negotiated & LARGE_TO_SEND) && !(registers.negotiated & LARGE_TO_RECEIVE));
    start(&net, EVERYTHING & ~BIT(F_MRG_RXBUF));
    CHECK(!(registers.negotiated & LARGE_TO_RECEIVE));
    start(&net, EVERYTHING & ~BIT(F_HOST_TSO6));
    CHECK(!(registers.negotiated & LARGE_TO_SEND));
}

static void test_mtu(uint16_t mtu, uint16_t expected)
{
    struct virtio_net net;
    start(&net, EVERYTHING);
    memcpy(registers.config + CONFIG_MTU, &mtu, sizeof mtu);
    read_properties(&net);
    CHECK(net.mtu == expected);
}

static void test_refused(void)
{
    struct virtio_net net;
    memset(&registers, 0, sizeof registers);
    memset(kicks, 0, sizeof kicks);
    registers.offered = ALWAYS_WANTED; /* a device of before 1.0 */
    registers.queue_count = 2;
    registers.queue_limit = 8;
    pages_free_all();
    CHECK(!virtio_net_start(&net) && registers.status == 0);
    registers.offered = EVERYTHING;
    registers.queue_limit = 6; /* no power of two */
    CHECK(!virtio_net_start(&net) && registers.status == 0);
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
    card_push(RECEIVE, (uint32_t)head, size);
    CHECK(virtio_net_receive(&net, &frame) && !frame.good && frame.count == 1 && frame.buffers[0] == buffers[0]);
    CHECK(frame.sizes[0] <= sizeof buffers[0]);
}

/* One that returns what it was never given gives nothing any more. */
static void test_wrong_id(void)
{
    struct virtio_net net;
    struct virtio_net_frame frame;
    start(&net, EVERYTHING);
    card_push(RECEIVE, 77, 100);
    CHECK(!virtio_net_receive(&net, &frame) && !virtio_net_receive(&net, &frame));
    CHECK(!virtio_net_offer(&net, buffers[0], sizeof buffers[0]));
}

static void test_send(void)
{
    struct virtio_net net;
    start(&net, EVERYTHING);
    virtio_net_kick(&net);
    CHECK(kicks[RECEIVE] == 1 && kicks[TRANSMIT] == 0);
    int tokens[4];
    struct virtq_slice slices[3] = {{0x1000, 40}, {0x2000, 50}, {0x3000, 60}};
    CHECK(virtio_net_send(&net, slices, 3, &tokens[0]) && virtio_net_send(&net, slices, 3, &tokens[1]));
    CHECK(!virtio_net_send(&net, slices, 3, &tokens[2]) && virtio_net_send(&net, slices, 1, &tokens[3]));
    CHECK(kicks[TRANSMIT] == 0 && !virtio_net_reclaim(&net));
    virtio_net_kick(&net); /* once for the burst */
    CHECK(kicks[TRANSMIT] == 1);
    struct virtq_desc desc;
    int first = pop(TRANSMIT, &desc), second = pop(TRANSMIT, &desc);
    CHECK(first >= 0 && second >= 0 && desc.address == 0x1000 && desc.size == 40);
    card_push(TRANSMIT, (uint32_t)second, 0);
    card_push(TRANSMIT, (uint32_t)first, 0);
    CHECK(virtio_net_reclaim(&net) == &tokens[1] && virtio_net_reclaim(&net) == &tokens[0]);
    CHECK(!virtio_net_reclaim(&net) && virtio_net_send(&net, slices, 3, &tokens[2]));
}

static void test_interrupts(void)
{
    struct virtio_net net;
    start(&net, BIT(VIRTIO_F_VERSION_1));
    CHECK(registers.queues[RECEIVE].avail->flags == 1 && registers.queues[TRANSMIT].avail->flags == 1 &&
          !registers.connected);
    virtio_net_listen(&net, false);
    CHECK(registers.queues[RECEIVE].avail->flags == 0 && registers.queues[TRANSMIT].avail->flags == 1 &&
          registers.connected);
    virtio_net_listen(&net, true);
    CHECK(registers.queues[TRANSMIT].avail->flags == 0);
    virtio_net_unlisten(&net);
    CHECK(registers.queues[RECEIVE].avail->flags == 1 && registers.queues[TRANSMIT].avail->flags == 1);
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
    pages_free_all();
    return 0;
}
