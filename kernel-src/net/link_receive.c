/* link_receive.c: frames that the card has received, as lwIP takes them.
 *
 * A buffer for frames to come is a pbuf of lwIP's ordinary kind whose payload the card fills, so that it is freed and
 * accounted like any other. */
#include <stdint.h>

#include <mewz/metrics.h>

#include <lwip/ip.h>
#include <lwip/pbuf.h>
#include <lwip/prot/ethernet.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/ip6.h>
#include <lwip/prot/tcp.h>

#include "net/link.h"
#include "net/link_card.h"
#include "net/memory.h"
#include "net/predict.h"
#include "net/protocol.h"
#include "net/timers.h"

enum {
    BUFFER_SIZE = 2032 - sizeof(struct pbuf), /* the pbuf fills one of memory.c's objects */
    COPY_MAX = 256,                           /* a smaller frame is not worth a buffer */
};
_Static_assert(BUFFER_SIZE >= VIRTIO_NET_BUFFER_MIN, "the card writes whole frames");

static unsigned missing; /* buffers that the receive ring has room for */

static struct {
    uint64_t frames, bytes;
    uint64_t lost; /* no memory or no frame */
} counters;
MEWZ_METRIC(frames_received, "net.frames_received", counters.frames);
MEWZ_METRIC(bytes_received, "net.bytes_received", counters.bytes);
MEWZ_METRIC(received_lost, "net.received_dropped", counters.lost);

/* The pbuf whose payload began at `buffer` when it was offered. */
static struct pbuf *pbuf_of(void *buffer)
{
    return (struct pbuf *)((char *)buffer - LWIP_MEM_ALIGN_SIZE(sizeof(struct pbuf)));
}

static bool offer(struct pbuf *pbuf)
{
    return virtio_net_offer(&net_link.card, pbuf->payload, BUFFER_SIZE);
}

/* Fills the receive ring up, as far as there is memory. */
static void refill(void)
{
    while (missing > 0) {
        struct pbuf *pbuf = pbuf_alloc(PBUF_RAW, BUFFER_SIZE, PBUF_RAM);
        if (!pbuf)
            return;
        if (!offer(pbuf)) {
            pbuf_free(pbuf);
            return;
        }
        missing--;
    }
}

void link_receive_init(void)
{
    missing = net_link.card.receive.size;
    refill();
}

void link_drop_buffers(void)
{
    void *buffer;
    while ((buffer = virtio_net_recover_buffer(&net_link.card)) != NULL)
        pbuf_free(pbuf_of(buffer));
}

/* Gives a frame's buffers to the card again. */
static void drop(const struct virtio_net_frame *frame)
{
    for (unsigned i = 0; i < frame->count; i++) {
        struct pbuf *pbuf = pbuf_of(frame->buffers[i]);
        if (offer(pbuf))
            missing--;
        else
            pbuf_free(pbuf);
    }
}

/* A small frame leaves its buffer to the card. NULL if there is no memory. */
static struct pbuf *copy_small(const struct virtio_net_frame *frame)
{
    u16_t size = (u16_t)(frame->sizes[0] - sizeof(struct virtio_net_header));
    struct pbuf *copy = pbuf_alloc(PBUF_RAW, size, PBUF_RAM);
    if (!copy)
        return NULL;
    __builtin_memcpy(copy->payload, (char *)frame->buffers[0] + sizeof(struct virtio_net_header), size);
    drop(frame);
    return copy;
}

/* The frame in the buffers that it arrived in. */
static struct pbuf *chain(const struct virtio_net_frame *frame)
{
    struct pbuf *first = NULL, *last = NULL;
    for (unsigned i = 0; i < frame->count; i++) {
        struct pbuf *part = pbuf_of(frame->buffers[i]);
        part->len = part->tot_len = (u16_t)frame->sizes[i];
        if (last)
            last->next = part;
        else
            first = part;
        last = part;
    }
    size_t total = 0;
    for (unsigned i = frame->count; i-- > 0;) {
        total += frame->sizes[i];
        pbuf_of(frame->buffers[i])->tot_len = (u16_t)total;
    }
    pbuf_remove_header(first, sizeof(struct virtio_net_header));
    return first;
}

static size_t frame_size(const struct virtio_net_frame *frame)
{
    size_t size = 0;
    for (unsigned i = 0; i < frame->count; i++)
        size += frame->sizes[i];
    return size;
}

/* The frame as a pbuf of lwIP's; NULL if it is none, or there is no memory to replace its buffers. */
static struct pbuf *pbuf_from(const struct virtio_net_frame *frame)
{
    size_t size = frame_size(frame);
    if (!frame->good || size < sizeof(struct virtio_net_header) + SIZEOF_ETH_HDR || size > UINT16_MAX) {
        drop(frame);
        return NULL;
    }
    /* When memory has run out, small frames still come through: acknowledgements are what frees it. */
    if (size <= sizeof(struct virtio_net_header) + COPY_MAX && frame->count == 1) {
        struct pbuf *copy = copy_small(frame);
        return copy ? copy : chain(frame);
    }
    /* Nor must what the program does not read keep it from sending anything. */
    if (net_memory_pages() + frame->count > net_memory_limit() / 8 * 7) {
        drop(frame);
        return NULL;
    }
    return chain(frame);
}

/* A TCP segment's connection is going to be asked for. */
static void expect_segment(const struct pbuf *pbuf)
{
    const struct eth_hdr *ethernet = pbuf->payload;
    const struct ip_hdr *ip4 = (const void *)(ethernet + 1);
    const struct ip6_hdr *ip6 = (const void *)(ethernet + 1);
    size_t tcp = SIZEOF_ETH_HDR;
    bool is_v6 = ethernet->type == PP_HTONS(ETHTYPE_IPV6);
    if (pbuf->len < SIZEOF_ETH_HDR + IP6_HLEN)
        return;
    if (ethernet->type == PP_HTONS(ETHTYPE_IP) && IPH_PROTO(ip4) == IP_PROTO_TCP)
        tcp += IPH_HL_BYTES(ip4);
    else if (is_v6 && IP6H_NEXTH(ip6) == IP6_NEXTH_TCP)
        tcp += IP6_HLEN;
    else
        return;
    const struct tcp_hdr *header = (const void *)((const char *)pbuf->payload + tcp);
    if (pbuf->len < tcp + TCP_HLEN)
        return;
    tcp_bring_forward(lwip_ntohs(header->src), lwip_ntohs(header->dest));
    if ((TCPH_FLAGS(header) & (TCP_SYN | TCP_ACK | TCP_RST)) != TCP_SYN)
        return;
    ip_addr_t from = {0};
    if (is_v6)
        ip_addr_copy_from_ip6_packed(from, ip6->src);
    else
        ip_addr_copy_from_ip4(from, ip4->src);
    tcp_begin_again(&from, header);
}

void link_receive(void)
{
    struct virtio_net_frame frame;
    if (!netif_default)
        return;
    if (net_link.card.device.changed)
        link_check();
    for (unsigned i = 0; i < VIRTIO_NET_RING && virtio_net_receive(&net_link.card, &frame); i++) {
        missing += frame.count;
        struct pbuf *pbuf = pbuf_from(&frame);
        if (!pbuf) {
            counters.lost++;
            net_timers_expect(); /* perhaps the card has failed */
            continue;
        }
        counters.frames++;
        counters.bytes += pbuf->tot_len;
        net_timers_expect();
        if (frame.checked && predict_take(pbuf, &net_link.netif))
            continue;
        u16_t check = frame.checked ? 0 : NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP;
        net_link.netif.chksum_flags = net_link.checksums | check;
        expect_segment(pbuf);
        if (net_link.netif.input(pbuf, &net_link.netif) != ERR_OK)
            pbuf_free(pbuf);
    }
    refill();
}
