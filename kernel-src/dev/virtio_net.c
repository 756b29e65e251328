/* virtio_net.c: see virtio_net.h. Section numbers are those of virtio 1.2. */
#include "dev/virtio_net.h"

#include "mm/page.h"

enum { RECEIVE = 0, TRANSMIT = 1 }; /* 5.1.2 */

/* 5.1.3. */
enum {
    F_CSUM = 0,
    F_GUEST_CSUM = 1,
    F_MTU = 3,
    F_MAC = 5,
    F_GUEST_TSO4 = 7,
    F_GUEST_TSO6 = 8,
    F_HOST_TSO4 = 11,
    F_HOST_TSO6 = 12,
    F_MRG_RXBUF = 15,
    F_STATUS = 16,
};
#define BIT(number)      (1ull << (number))
#define ALWAYS_WANTED    (BIT(F_CSUM) | BIT(F_GUEST_CSUM) | BIT(F_MTU) | BIT(F_MAC) | BIT(F_MRG_RXBUF) | BIT(F_STATUS))
#define LARGE_TO_SEND    (BIT(F_HOST_TSO4) | BIT(F_HOST_TSO6))
#define LARGE_TO_RECEIVE (BIT(F_GUEST_TSO4) | BIT(F_GUEST_TSO6))

/* 5.1.4. */
enum { CONFIG_MAC = 0, CONFIG_STATUS = 6, CONFIG_MTU = 10 };
enum { STATUS_LINK_UP = 1 };

enum { MTU_ETHERNET = 1500, MTU_LEAST = 576 }; /* the least is what IPv4 asks of every host (RFC 791, section 3.1) */

static bool add_queues(struct virtio_net *net)
{
    size_t bytes = virtq_bytes(VIRTIO_NET_RING);
    size_t pages = (2 * bytes + PAGE_SIZE - 1) / PAGE_SIZE;
    if (!net->rings)
        net->rings = pages_alloc(pages); /* never given back */
    if (!net->rings)
        return false;
    __builtin_memset(net->rings, 0, pages * PAGE_SIZE);
    return virtio_add_queue(&net->device, RECEIVE, &net->receive, net->rings, VIRTIO_NET_RING) &&
           virtio_add_queue(&net->device, TRANSMIT, &net->transmit, net->rings + bytes, VIRTIO_NET_RING);
}

static uint32_t read_config(struct virtio_net *net, unsigned offset, unsigned size)
{
    return net->device.transport->read_config(&net->device, offset, size);
}

static void read_properties(struct virtio_net *net)
{
    struct virtio_device *device = &net->device;
    net->checksums = virtio_has_feature(device, F_CSUM);
    net->segments = virtio_has_feature(device, F_HOST_TSO4);
    net->merges = virtio_has_feature(device, F_MRG_RXBUF);
    net->has_status = virtio_has_feature(device, F_STATUS);
    net->has_address = virtio_has_feature(device, F_MAC);
    for (unsigned i = 0; net->has_address && i < VIRTIO_NET_ADDRESS_SIZE; i++)
        net->address[i] = (uint8_t)read_config(net, CONFIG_MAC + i, 1);
    net->mtu = MTU_ETHERNET;
    uint32_t mtu = virtio_has_feature(device, F_MTU) ? read_config(net, CONFIG_MTU, 2) : MTU_ETHERNET;
    if (mtu >= MTU_LEAST && mtu < MTU_ETHERNET)
        net->mtu = (uint16_t)mtu;
}

/* 5.1.3.1: large frames need the checksums of their direction. Received ones also need to be spread over buffers, or
 * each buffer would have to be as large as the largest of them. */
static uint64_t wanted_features(struct virtio_device *device)
{
    uint64_t offered = device->transport->read_features(device);
    uint64_t wanted = ALWAYS_WANTED;
    if (offered & BIT(F_CSUM) && (offered & LARGE_TO_SEND) == LARGE_TO_SEND)
        wanted |= LARGE_TO_SEND;
    if (offered & BIT(F_GUEST_CSUM) && offered & BIT(F_MRG_RXBUF))
        wanted |= LARGE_TO_RECEIVE;
    return wanted;
}

bool virtio_net_restart(struct virtio_net *net)
{
    if (virtio_negotiate(&net->device, wanted_features(&net->device)) && add_queues(net)) {
        read_properties(net);
        virtio_watch_changes(&net->device);
        if (virtio_start(&net->device))
            return true;
    }
    virtio_net_stop(net);
    return false;
}

bool virtio_net_start(struct virtio_net *net)
{
    *net = (struct virtio_net){0};
    return virtio_find(VIRTIO_ID_NET, &net->device) && virtio_net_restart(net);
}

static bool is_broken(const struct virtio_net *net)
{
    return net->receive.broken || net->transmit.broken;
}

bool virtio_net_must_ask(const struct virtio_net *net)
{
    return !net->device.tells_changes || is_broken(net);
}

bool virtio_net_has_failed(struct virtio_net *net)
{
    return is_broken(net) || virtio_needs_reset(&net->device);
}

void virtio_net_stop(struct virtio_net *net)
{
    virtio_fail(&net->device);
    net->receive.broken = net->transmit.broken = true; /* they take nothing until they are set up anew */
}

void *virtio_net_recover_buffer(struct virtio_net *net)
{
    return virtq_recover(&net->receive);
}

void *virtio_net_recover_token(struct virtio_net *net)
{
    return virtq_recover(&net->transmit);
}

bool virtio_net_is_up(struct virtio_net *net)
{
    return !net->has_status || read_config(net, CONFIG_STATUS, 2) & STATUS_LINK_UP;
}

/* --- receiving --- */

bool virtio_net_offer(struct virtio_net *net, void *buffer, uint32_t size)
{
    struct virtq_slice slice = {page_phys(buffer), size};
    return virtq_add(&net->receive, &slice, 0, 1, buffer);
}

/* Takes one more part of a frame. */
static bool take_part(struct virtio_net *net, struct virtio_net_frame *frame)
{
    void *buffer = virtq_take(&net->receive, &frame->sizes[frame->count]);
    if (!buffer)
        return false;
    frame->buffers[frame->count++] = buffer;
    return true;
}

bool virtio_net_receive(struct virtio_net *net, struct virtio_net_frame *frame)
{
    frame->count = 0;
    frame->good = false;
    if (!take_part(net, frame))
        return false;
    const struct virtio_net_header *header = frame->buffers[0];
    if (frame->sizes[0] < sizeof *header)
        return true;
    /* 5.1.6.4.1: all parts of a frame become used at once. Ones that are missing will not come. */
    unsigned count = net->merges ? header->buffer_count : 1;
    if (count == 0 || count > VIRTIO_NET_PARTS_MAX)
        return true;
    while (frame->count < count)
        if (!take_part(net, frame))
            return true;
    frame->good = true;
    frame->checked = header->flags & (VIRTIO_NET_NEEDS_CHECKSUM | VIRTIO_NET_CHECKSUM_VALID);
    return true;
}

bool virtio_net_has_received(const struct virtio_net *net)
{
    return virtq_has_used(&net->receive);
}

/* --- sending --- */

bool virtio_net_send(struct virtio_net *net, const struct virtq_slice *slices, unsigned count, void *token)
{
    return virtq_add(&net->transmit, slices, count, 0, token);
}

void *virtio_net_reclaim(struct virtio_net *net)
{
    return virtq_take(&net->transmit, NULL);
}

/* --- both --- */

/* Mostly one of them has nothing new, or both: to see that here spares a barrier. */
static void kick_queue(struct virtio_net *net, uint16_t index, struct virtq *queue)
{
    if (queue->kicked != queue->next_avail)
        virtio_kick(&net->device, index, queue);
}

void virtio_net_kick(struct virtio_net *net)
{
    kick_queue(net, RECEIVE, &net->receive);
    kick_queue(net, TRANSMIT, &net->transmit);
}

void virtio_net_listen(struct virtio_net *net, bool transmit)
{
    struct virtq *queues[] = {&net->receive, &net->transmit};
    virtio_listen(&net->device, queues, transmit ? 2 : 1);
}

void virtio_net_unlisten(struct virtio_net *net)
{
    struct virtq *queues[] = {&net->receive, &net->transmit};
    virtio_unlisten(queues, 2);
}
