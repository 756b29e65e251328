/* link.c: see link.h.
 *
 * A buffer for frames to come is a pbuf of lwIP's ordinary kind whose payload the card fills, so that it is freed and
 * accounted like any other. The card's header before each frame is put into the room that every pbuf for sending has
 * in front (PBUF_LINK_ENCAPSULATION_HLEN). A frame on its way has a reference, which is how lwIP knows not to touch
 * it. */
#include "net/link.h"

#include <stdint.h>

#include <mewz/metrics.h>

#include <lwip/etharp.h>
#include <lwip/ethip6.h>
#include <lwip/inet_chksum.h>
#include <lwip/ip.h>
#include <lwip/netif.h>
#include <lwip/pbuf.h>
#include <lwip/prot/ethernet.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/ip6.h>
#include <lwip/prot/tcp.h>

#include "dev/entropy.h"
#include "dev/virtio_net.h"
#include "mm/page.h"
#include "net/large.h"
#include "net/memory.h"
#include "net/predict.h"
#include "net/protocol.h"
#include "net/timers.h"
#include "panic.h"

enum {
    BUFFER_SIZE = 2032 - sizeof(struct pbuf), /* the pbuf fills one of memory.c's objects */
    COPY_MAX = 256,                           /* a smaller frame is not worth a buffer */
    BACKLOG = 1024,                           /* frames that wait for space in the card's ring; a power of two */
    SLICES = 4,                               /* of one frame; lwIP's own have one or two */
};
_Static_assert(BUFFER_SIZE >= VIRTIO_NET_BUFFER_MIN, "the card writes whole frames");
_Static_assert(PBUF_LINK_ENCAPSULATION_HLEN == sizeof(struct virtio_net_header), "lwipopts.h");

/* A frame to send, with what has to be known of it when lwIP has gone on. */
struct outgoing {
    void *token; /* of what to free when it has been sent: see release */
    unsigned count;
    const struct virtq_slice *slices; /* NULL: own */
    struct virtq_slice own[SLICES];
};

static struct {
    struct virtio_net card;
    struct netif netif;
    uint16_t checksums;  /* that lwIP computes */
    unsigned missing;    /* buffers that the receive ring has room for */
    bool unpushed;       /* the card has not been told of all frames */
    unsigned head, tail; /* running indices of the backlog */
    struct outgoing *backlog;
    struct large *gathered; /* segments that may be joined by the next one; NULL, or count 0: none */
} link;

static struct {
    uint64_t frames_received, bytes_received, frames_sent, bytes_sent;
    uint64_t received_lost, sent_lost; /* no memory or no frame; no space */
    uint64_t resets;
} counters;
MEWZ_METRIC(frames_received, "net.frames_received", counters.frames_received);
MEWZ_METRIC(bytes_received, "net.bytes_received", counters.bytes_received);
MEWZ_METRIC(received_lost, "net.received_dropped", counters.received_lost);
MEWZ_METRIC(frames_sent, "net.frames_sent", counters.frames_sent);
MEWZ_METRIC(bytes_sent, "net.bytes_sent", counters.bytes_sent);
MEWZ_METRIC(resets, "net.card_resets", counters.resets);
MEWZ_METRIC(sent_lost, "net.sent_dropped", counters.sent_lost);

/* --- sending --- */

/* Has the card sum up a TCP segment, from `start` to `end` of the frame, whose checksum is left to that of the
 * pseudo-header (virtio 1.2, section 5.1.6.2). */
static void offload_checksum(struct virtio_net_header *header, uint8_t *frame, size_t start, size_t end, bool is_v6)
{
    struct tcp_hdr *tcp = (struct tcp_hdr *)(frame + start);
    tcp->chksum = pseudo_header_sum(frame + SIZEOF_ETH_HDR, is_v6, (uint32_t)(end - start));
    header->flags = VIRTIO_NET_NEEDS_CHECKSUM;
    header->checksum_start = (uint16_t)start;
    header->checksum_offset = offsetof(struct tcp_hdr, chksum);
}

/* Likewise, if it is one at all. lwIP has done everything else: it checksums UDP itself, since a datagram may be sent
 * in fragments. */
static void offload_if_segment(struct virtio_net_header *header, uint8_t *frame, size_t size)
{
    const struct eth_hdr *ethernet = (const struct eth_hdr *)frame;
    const struct ip_hdr *ip4 = (const struct ip_hdr *)(frame + SIZEOF_ETH_HDR);
    const struct ip6_hdr *ip6 = (const struct ip6_hdr *)(frame + SIZEOF_ETH_HDR);
    bool is_v6 = ethernet->type == PP_HTONS(ETHTYPE_IPV6);
    size_t start, end;
    if (is_v6 && size >= SIZEOF_ETH_HDR + IP6_HLEN && IP6H_NEXTH(ip6) == IP6_NEXTH_TCP) {
        start = SIZEOF_ETH_HDR + IP6_HLEN;
        end = start + IP6H_PLEN(ip6);
    } else if (ethernet->type == PP_HTONS(ETHTYPE_IP) && size >= SIZEOF_ETH_HDR + IP_HLEN &&
               IPH_PROTO(ip4) == IP_PROTO_TCP) {
        start = SIZEOF_ETH_HDR + IPH_HL_BYTES(ip4);
        end = SIZEOF_ETH_HDR + lwip_ntohs(IPH_LEN(ip4));
    } else {
        return;
    }
    if (start + TCP_HLEN <= size)
        offload_checksum(header, frame, start, end, is_v6);
}

/* Writes the card's header in front of the frame and describes both. False if the pbuf is not fit for it. */
static bool describe(struct pbuf *pbuf, struct outgoing *out)
{
    struct virtio_net_header header = {0};
    if (pbuf_clen(pbuf) > SLICES || pbuf->len < SIZEOF_ETH_HDR || pbuf_add_header(pbuf, sizeof header) != 0)
        return false;
    if (link.card.checksums)
        offload_if_segment(&header, (uint8_t *)pbuf->payload + sizeof header, pbuf->len - sizeof header);
    __builtin_memcpy(pbuf->payload, &header, sizeof header);
    *out = (struct outgoing){.token = pbuf};
    for (const struct pbuf *part = pbuf; part; part = part->next)
        if (part->len > 0)
            out->own[out->count++] = (struct virtq_slice){page_phys(part->payload), part->len};
    pbuf_remove_header(pbuf, sizeof header);
    return true;
}

/* The same for what segment_parse has found good, by a card that completes its checksum. */
static bool describe_segment(const struct segment *segment, struct outgoing *out)
{
    struct virtio_net_header header = {0};
    struct pbuf *pbuf = segment->pbuf;
    offload_checksum(&header, pbuf->payload, segment->tcp, pbuf->len, segment->is_v6);
    if (pbuf_add_header(pbuf, sizeof header) != 0)
        return false;
    __builtin_memcpy(pbuf->payload, &header, sizeof header);
    out->token = pbuf;
    out->count = 1;
    out->slices = NULL;
    out->own[0] = (struct virtq_slice){page_phys(pbuf->payload), pbuf->len};
    pbuf_remove_header(pbuf, sizeof header);
    return true;
}

/* The card has done with a frame: a pbuf, or a large one, whose address has the lowest bit set. */
static void release(void *token)
{
    if (!((uintptr_t)token & 1)) {
        pbuf_free(token);
        return;
    }
    struct large *large = (struct large *)((char *)token - 1);
    for (unsigned i = 0; i < large->count; i++)
        pbuf_free(large->segments[i].pbuf);
    net_free(large);
}

static void reclaim(void)
{
    void *sent;
    while ((sent = virtio_net_reclaim(&link.card)) != NULL)
        release(sent);
}

static bool send(const struct outgoing *out)
{
    const struct virtq_slice *slices = out->slices ? out->slices : out->own;
    if (!virtio_net_send(&link.card, slices, out->count, out->token))
        return false;
    counters.frames_sent++;
    for (unsigned i = 0; i < out->count; i++)
        counters.bytes_sent += slices[i].size;
    counters.bytes_sent -= sizeof(struct virtio_net_header);
    return true;
}

static void send_backlog(void)
{
    while (link.head != link.tail && send(&link.backlog[link.head % BACKLOG]))
        link.head++;
}

/* Puts a frame into the ring, or behind those that wait for it. Where too many do, it is lost, as in any network. */
static void enqueue(const struct outgoing *out)
{
    link.unpushed = true;
    if (link.head == link.tail) {
        if (send(out))
            return;
        reclaim();
        if (send(out))
            return;
    }
    if (link.tail - link.head == BACKLOG) {
        counters.sent_lost++;
        release(out->token);
    } else {
        link.backlog[link.tail++ % BACKLOG] = *out;
    }
}

static err_t transmit(struct pbuf *pbuf)
{
    struct outgoing out;
    if (describe(pbuf, &out)) {
        pbuf_ref(pbuf);
    } else {
        struct pbuf *copy = pbuf_clone(PBUF_RAW_TX, PBUF_RAM, pbuf);
        if (!copy)
            return ERR_MEM;
        if (!describe(copy, &out)) {
            pbuf_free(copy);
            return ERR_VAL;
        }
    }
    enqueue(&out);
    return ERR_OK;
}

/* The reference that the segment has goes with the frame. */
static void transmit_alone(const struct segment *segment)
{
    struct outgoing out;
    if (describe_segment(segment, &out)) {
        enqueue(&out);
    } else {
        transmit(segment->pbuf);
        pbuf_free(segment->pbuf);
    }
}

/* Sends the segments that were gathered. */
static void transmit_gathered(void)
{
    struct large *large = link.gathered;
    if (!large || large->count == 0)
        return;
    if (large->count == 1) {
        transmit_alone(&large->segments[0]);
        large->count = 0; /* it is used again */
        return;
    }
    link.gathered = NULL;
    large_finish(large);
    enqueue(&(struct outgoing){.token = (char *)large + 1, .count = large->count + 1, .slices = large->slices});
}

/* Holds a segment back until the next one shows whether it can be joined, or link_push. */
static err_t gather(const struct segment *segment)
{
    bool joins = link.gathered && link.gathered->count > 0 && large_append(link.gathered, segment);
    if (!joins) {
        transmit_gathered();
        if (!link.gathered && !(link.gathered = net_alloc(sizeof *link.gathered)))
            return transmit(segment->pbuf);
        large_begin(link.gathered, segment);
    }
    pbuf_ref(segment->pbuf);
    link.unpushed = true;
    return ERR_OK;
}

/* netif->linkoutput */
static err_t output(struct netif *netif, struct pbuf *pbuf)
{
    struct segment segment;
    (void)netif;
    net_timers_expect();
    if (link.tail - link.head == BACKLOG)
        return ERR_MEM;
    if (link.card.segments && segment_parse(pbuf, &segment))
        return gather(&segment);
    transmit_gathered(); /* before what comes behind it */
    return transmit(pbuf);
}

void link_push(void)
{
    if (!netif_default)
        return;
    transmit_gathered();
    reclaim();
    send_backlog();
    virtio_net_kick(&link.card);
    link.unpushed = false;
}

bool link_is_sending(void)
{
    return netif_default && !link.card.transmit.broken && (link.head != link.tail || link.card.transmit.in_flight > 0);
}

bool link_must_push(void)
{
    return link.unpushed;
}

/* --- receiving --- */

/* The pbuf whose payload began at `buffer` when it was offered. */
static struct pbuf *pbuf_of(void *buffer)
{
    return (struct pbuf *)((char *)buffer - LWIP_MEM_ALIGN_SIZE(sizeof(struct pbuf)));
}

static bool offer(struct pbuf *pbuf)
{
    return virtio_net_offer(&link.card, pbuf->payload, BUFFER_SIZE);
}

/* Fills the receive ring up, as far as there is memory. */
static void refill(void)
{
    while (link.missing > 0) {
        struct pbuf *pbuf = pbuf_alloc(PBUF_RAW, BUFFER_SIZE, PBUF_RAM);
        if (!pbuf)
            return;
        if (!offer(pbuf)) {
            pbuf_free(pbuf);
            return;
        }
        link.missing--;
    }
}

/* Gives a frame's buffers to the card again. */
static void drop(const struct virtio_net_frame *frame)
{
    for (unsigned i = 0; i < frame->count; i++) {
        struct pbuf *pbuf = pbuf_of(frame->buffers[i]);
        if (offer(pbuf))
            link.missing--;
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
    if (link.card.device.changed)
        link_check();
    for (unsigned i = 0; i < VIRTIO_NET_RING && virtio_net_receive(&link.card, &frame); i++) {
        link.missing += frame.count;
        struct pbuf *pbuf = pbuf_from(&frame);
        if (!pbuf) {
            counters.received_lost++;
            net_timers_expect(); /* perhaps the card has failed */
            continue;
        }
        counters.frames_received++;
        counters.bytes_received += pbuf->tot_len;
        net_timers_expect();
        if (frame.checked && predict_take(pbuf, &link.netif))
            continue;
        u16_t check = frame.checked ? 0 : NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP;
        link.netif.chksum_flags = link.checksums | check;
        expect_segment(pbuf);
        if (link.netif.input(pbuf, &link.netif) != ERR_OK)
            pbuf_free(pbuf);
    }
    refill();
}

/* --- waiting --- */

bool link_has_work(void)
{
    return netif_default && (virtio_net_has_received(&link.card) || link.unpushed || link.card.device.changed ||
                             (link.head != link.tail && virtq_has_used(&link.card.transmit)));
}

void link_listen(void)
{
    if (netif_default)
        virtio_net_listen(&link.card, link.head != link.tail);
}

void link_unlisten(void)
{
    if (netif_default)
        virtio_net_unlisten(&link.card);
}

/* --- looking after it --- */

static void restart_card(void)
{
    void *buffer, *token;
    virtio_net_stop(&link.card);
    while ((buffer = virtio_net_recover_buffer(&link.card)) != NULL)
        pbuf_free(pbuf_of(buffer));
    while ((token = virtio_net_recover_token(&link.card)) != NULL)
        release(token);
    if (!virtio_net_restart(&link.card))
        return; /* until the next look */
    counters.resets++;
    link.missing = link.card.receive.size;
    refill();
    link_push();
}

bool link_must_check(void)
{
    return netif_default && virtio_net_must_ask(&link.card);
}

void link_check(void)
{
    link.card.device.changed = false; /* before the look, so that a change during it is another one */
    if (virtio_net_has_failed(&link.card))
        restart_card();
    bool up = virtio_net_is_up(&link.card);
    if (up == (netif_is_link_up(&link.netif) != 0))
        return;
    /* lwIP asks for an address again and tells the neighbours ours, for the cable may lead to another network now. */
    if (up)
        netif_set_link_up(&link.netif);
    else
        netif_set_link_down(&link.netif);
}

/* --- bringing it up --- */

static void choose_address(uint8_t *address)
{
    __builtin_memcpy(address, link.card.address, VIRTIO_NET_ADDRESS_SIZE);
    if (link.card.has_address)
        return;
    entropy_read(address, VIRTIO_NET_ADDRESS_SIZE);
    address[0] = (uint8_t)((address[0] & ~1u) | 2); /* locally administered, of one station (IEEE 802, section 8.2) */
}

static err_t init(struct netif *netif)
{
    netif->name[0] = 'e';
    netif->name[1] = 'n';
    netif->mtu = link.card.mtu;
    netif->hwaddr_len = VIRTIO_NET_ADDRESS_SIZE;
    choose_address(netif->hwaddr);
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_IGMP | NETIF_FLAG_MLD6;
    netif->output = etharp_output;
    netif->output_ip6 = ethip6_output;
    netif->linkoutput = output;
    link.checksums = NETIF_CHECKSUM_ENABLE_ALL & ~(NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP);
    if (link.card.checksums)
        link.checksums &= (uint16_t)~NETIF_CHECKSUM_GEN_TCP;
    netif->chksum_flags = link.checksums;
    return ERR_OK;
}

bool link_start(void)
{
    if (!virtio_net_start(&link.card))
        return false;
    link.backlog = net_alloc(BACKLOG * sizeof *link.backlog);
    if (!link.backlog || !netif_add_noaddr(&link.netif, NULL, init, netif_input)) {
        warn("net", "no memory for the network card");
        return false;
    }
    netif_set_default(&link.netif);
    link.missing = link.card.receive.size;
    refill();
    if (virtio_net_is_up(&link.card))
        netif_set_link_up(&link.netif);
    netif_set_up(&link.netif);
    link_push();
    return true;
}
