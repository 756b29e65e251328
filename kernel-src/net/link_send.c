/* link_send.c: frames that lwIP sends: joined where they can be (large.h), into the card's ring or behind those that
 * wait for it.
 *
 * The card's header before each frame is put into the room that every pbuf for sending has in front
 * (PBUF_LINK_ENCAPSULATION_HLEN). A frame on its way has a reference, which is how lwIP knows not to touch it. */
#include <stdint.h>

#include <mewz/metrics.h>

#include <lwip/ip.h>
#include <lwip/pbuf.h>
#include <lwip/prot/ethernet.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/ip6.h>
#include <lwip/prot/tcp.h>

#include "mm/page.h"
#include "net/large.h"
#include "net/link.h"
#include "net/link_card.h"
#include "net/memory.h"
#include "net/timers.h"

enum {
    BACKLOG = 1024, /* frames that wait for space in the card's ring; a power of two */
    SLICES = 4,     /* of one frame; lwIP's own have one or two */
};
_Static_assert(PBUF_LINK_ENCAPSULATION_HLEN == sizeof(struct virtio_net_header), "lwipopts.h");

/* A frame to send, with what has to be known of it when lwIP has gone on. */
struct outgoing {
    void *token; /* of what to free when it has been sent: see release */
    unsigned count;
    const struct virtq_slice *slices; /* NULL: own */
    struct virtq_slice own[SLICES];
};

static struct {
    bool unpushed;       /* the card has not been told of all frames */
    unsigned head, tail; /* running indices of the backlog */
    struct outgoing *backlog;
    struct large *gathered; /* segments that may be joined by the next one; NULL, or count 0: none */
} queue;

static struct {
    uint64_t frames, bytes;
    uint64_t lost; /* no space */
} counters;
MEWZ_METRIC(frames_sent, "net.frames_sent", counters.frames);
MEWZ_METRIC(bytes_sent, "net.bytes_sent", counters.bytes);
MEWZ_METRIC(sent_lost, "net.sent_dropped", counters.lost);

bool link_send_init(void)
{
    queue.backlog = net_alloc(BACKLOG * sizeof *queue.backlog);
    return queue.backlog != NULL;
}

bool link_has_backlog(void)
{
    return queue.head != queue.tail;
}

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
    if (net_link.card.checksums)
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
    while ((sent = virtio_net_reclaim(&net_link.card)) != NULL)
        release(sent);
}

static bool send(const struct outgoing *out)
{
    const struct virtq_slice *slices = out->slices ? out->slices : out->own;
    if (!virtio_net_send(&net_link.card, slices, out->count, out->token))
        return false;
    counters.frames++;
    for (unsigned i = 0; i < out->count; i++)
        counters.bytes += slices[i].size;
    counters.bytes -= sizeof(struct virtio_net_header);
    return true;
}

static void send_backlog(void)
{
    while (link_has_backlog() && send(&queue.backlog[queue.head % BACKLOG]))
        queue.head++;
}

/* Puts a frame into the ring, or behind those that wait for it. Where too many do, it is lost, as in any network. */
static void enqueue(const struct outgoing *out)
{
    queue.unpushed = true;
    if (!link_has_backlog()) {
        if (send(out))
            return;
        reclaim();
        if (send(out))
            return;
    }
    if (queue.tail - queue.head == BACKLOG) {
        counters.lost++;
        release(out->token);
    } else {
        queue.backlog[queue.tail++ % BACKLOG] = *out;
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
    struct large *large = queue.gathered;
    if (!large || large->count == 0)
        return;
    if (large->count == 1) {
        transmit_alone(&large->segments[0]);
        large->count = 0; /* it is used again */
        return;
    }
    queue.gathered = NULL;
    large_finish(large);
    enqueue(&(struct outgoing){.token = (char *)large + 1, .count = large->count + 1, .slices = large->slices});
}

/* Holds a segment back until the next one shows whether it can be joined, or link_push. */
static err_t gather(const struct segment *segment)
{
    bool joins = queue.gathered && queue.gathered->count > 0 && large_append(queue.gathered, segment);
    if (!joins) {
        transmit_gathered();
        if (!queue.gathered && !(queue.gathered = net_alloc(sizeof *queue.gathered)))
            return transmit(segment->pbuf);
        large_begin(queue.gathered, segment);
    }
    pbuf_ref(segment->pbuf);
    queue.unpushed = true;
    return ERR_OK;
}

err_t link_send(struct netif *netif, struct pbuf *pbuf)
{
    struct segment segment;
    (void)netif;
    net_timers_expect();
    if (queue.tail - queue.head == BACKLOG)
        return ERR_MEM;
    if (net_link.card.segments && segment_parse(pbuf, &segment))
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
    virtio_net_kick(&net_link.card);
    queue.unpushed = false;
}

bool link_is_sending(void)
{
    return netif_default && !net_link.card.transmit.broken &&
           (link_has_backlog() || net_link.card.transmit.in_flight > 0);
}

bool link_must_push(void)
{
    return queue.unpushed;
}

void link_drop_sent(void)
{
    void *token;
    while ((token = virtio_net_recover_token(&net_link.card)) != NULL)
        release(token);
}
