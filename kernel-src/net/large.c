/* large.c: see large.h. */
#include "net/large.h"

#include <string.h>

#include <lwip/inet_chksum.h>
#include <lwip/ip.h>
#include <lwip/prot/ethernet.h>
#include <lwip/prot/ip4.h>
#include <lwip/prot/ip6.h>
#include <lwip/prot/tcp.h>

#include "dev/virtio_net.h"
#include "mm/page.h"

enum { DATA_MAX = UINT16_MAX - LARGE_HEADERS }; /* the IP header has 16 bits for the size */

static uint8_t *bytes_of(const struct segment *segment)
{
    return segment->pbuf->payload;
}

static struct tcp_hdr *tcp_of(const struct segment *segment)
{
    return (struct tcp_hdr *)(bytes_of(segment) + segment->tcp);
}

static uint32_t sequence_of(const struct segment *segment)
{
    return lwip_ntohl(tcp_of(segment)->seqno);
}

uint16_t pseudo_header_sum(const void *ip, bool is_v6, uint32_t tcp_size)
{
    const uint8_t *bytes = ip;
    uint64_t sum = PP_HTONS(IP_PROTO_TCP) + lwip_htonl(tcp_size);
    if (is_v6) {
        sum += net_checksum(bytes + offsetof(struct ip6_hdr, src), 32);
    } else {
        uint32_t addresses[2];
        memcpy(addresses, bytes + offsetof(struct ip_hdr, src), sizeof addresses);
        sum += (uint64_t)addresses[0] + addresses[1];
    }
    uint32_t half = (uint32_t)((sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32)); /* RFC 1071, section 2 */
    half = (half & 0xffff) + (half >> 16);
    return (uint16_t)((half & 0xffff) + (half >> 16));
}

bool segment_parse(struct pbuf *pbuf, struct segment *segment)
{
    if (pbuf->next || pbuf->len < SIZEOF_ETH_HDR + IP_HLEN + TCP_HLEN)
        return false;
    const struct eth_hdr *ethernet = pbuf->payload;
    const struct ip_hdr *ip4 = (const void *)((char *)pbuf->payload + SIZEOF_ETH_HDR);
    const struct ip6_hdr *ip6 = (const void *)ip4;
    *segment = (struct segment){.pbuf = pbuf};
    if (ethernet->type == PP_HTONS(ETHTYPE_IP) && IPH_PROTO(ip4) == IP_PROTO_TCP && IPH_HL_BYTES(ip4) == IP_HLEN) {
        segment->tcp = SIZEOF_ETH_HDR + IP_HLEN;
    } else if (ethernet->type == PP_HTONS(ETHTYPE_IPV6) && IP6H_NEXTH(ip6) == IP6_NEXTH_TCP) {
        segment->tcp = SIZEOF_ETH_HDR + IP6_HLEN;
        segment->is_v6 = true;
    } else {
        return false;
    }
    segment->data = (uint16_t)(segment->tcp + TCPH_HDRLEN_BYTES(tcp_of(segment)));
    if (segment->data >= pbuf->len)
        return false;
    segment->length = (uint16_t)(pbuf->len - segment->data);
    return (TCPH_FLAGS(tcp_of(segment)) & ~TCP_PSH) == TCP_ACK;
}

/* Where the addresses lie in a frame, with four bytes of ports behind them. */
enum {
    ADDRESSES4 = SIZEOF_ETH_HDR + offsetof(struct ip_hdr, src),
    ADDRESSES6 = SIZEOF_ETH_HDR + offsetof(struct ip6_hdr, src),
};

/* In place of memcmp, which costs more than what it compares. */
static bool same8(const uint8_t *x, const uint8_t *y)
{
    uint64_t a, b;
    __builtin_memcpy(&a, x, sizeof a);
    __builtin_memcpy(&b, y, sizeof b);
    return a == b;
}

static bool same_addresses(const uint8_t *x, const uint8_t *y, bool is_v6)
{
    if (!same8(x, y) || !same8(x + SIZEOF_ETH_HDR - 8, y + SIZEOF_ETH_HDR - 8))
        return false;
    if (!is_v6)
        return same8(x + ADDRESSES4, y + ADDRESSES4) && same8(x + ADDRESSES4 + 4, y + ADDRESSES4 + 4);
    for (size_t at = ADDRESSES6; at < ADDRESSES6 + 32; at += 8)
        if (!same8(x + at, y + at))
            return false;
    return same8(x + ADDRESSES6 + 28, y + ADDRESSES6 + 28);
}

/* Everything in the headers that the card does not count up by itself must be the same. */
static bool same_headers(const struct segment *a, const struct segment *b)
{
    const struct tcp_hdr *p = tcp_of(a), *q = tcp_of(b);
    size_t options = a->data - a->tcp - (size_t)TCP_HLEN;
    return a->tcp == b->tcp && a->data == b->data && a->is_v6 == b->is_v6 && p->ackno == q->ackno && p->wnd == q->wnd &&
           p->urgp == q->urgp && same_addresses(bytes_of(a), bytes_of(b), a->is_v6) &&
           (options == 0 || memcmp(p + 1, q + 1, options) == 0);
}

static void add(struct large *large, const struct segment *segment)
{
    large->segments[large->count++] = *segment;
    large->data_size += segment->length;
    large->next_sequence = sequence_of(segment) + segment->length;
    /* The card cuts pieces of the first one's length, and only the last may be shorter. */
    large->complete = large->count == LARGE_SEGMENTS || segment->length < large->segments[0].length;
}

void large_begin(struct large *large, const struct segment *segment)
{
    large->count = 0;
    large->data_size = 0;
    add(large, segment);
}

bool large_append(struct large *large, const struct segment *segment)
{
    const struct segment *first = &large->segments[0];
    if (large->complete || segment->length > first->length || sequence_of(segment) != large->next_sequence ||
        large->data_size + segment->length > DATA_MAX || !same_headers(first, segment))
        return false;
    add(large, segment);
    return true;
}

/* Makes the first segment's headers those of all together. */
static void write_headers(struct large *large, uint8_t *frame)
{
    const struct segment *first = &large->segments[0];
    uint32_t tcp_size = (uint32_t)(first->data - first->tcp + large->data_size);
    struct ip_hdr *ip4 = (void *)(frame + SIZEOF_ETH_HDR);
    struct ip6_hdr *ip6 = (void *)ip4;
    struct tcp_hdr *tcp = (void *)(frame + first->tcp);
    memcpy(frame, bytes_of(first), first->data);
    if (first->is_v6) {
        IP6H_PLEN_SET(ip6, (u16_t)tcp_size);
    } else {
        IPH_LEN_SET(ip4, lwip_htons((u16_t)(IP_HLEN + tcp_size)));
        IPH_CHKSUM_SET(ip4, 0);
        IPH_CHKSUM_SET(ip4, inet_chksum(ip4, IP_HLEN));
    }
    TCPH_SET_FLAG(tcp, TCPH_FLAGS(tcp_of(&large->segments[large->count - 1])) & TCP_PSH);
    tcp->chksum = pseudo_header_sum(ip4, first->is_v6, tcp_size);
}

void large_finish(struct large *large)
{
    const struct segment *first = &large->segments[0];
    struct virtio_net_header header = {
        .flags = VIRTIO_NET_NEEDS_CHECKSUM,
        .gso_type = first->is_v6 ? VIRTIO_NET_GSO_TCP6 : VIRTIO_NET_GSO_TCP4,
        .header_size = first->data,
        .gso_size = first->length,
        .checksum_start = first->tcp,
        .checksum_offset = offsetof(struct tcp_hdr, chksum),
    };
    memcpy(large->header, &header, sizeof header);
    write_headers(large, large->header + sizeof header);
    large->slices[0] = (struct virtq_slice){page_phys(large->header), (uint32_t)(sizeof header + first->data)};
    for (unsigned i = 0; i < large->count; i++) {
        const struct segment *segment = &large->segments[i];
        large->slices[1 + i] = (struct virtq_slice){page_phys(bytes_of(segment) + segment->data), segment->length};
    }
}
