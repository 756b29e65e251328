/* large.h: TCP segments of one connection that follow each other, joined into one large frame that the card cuts again
 * (virtio 1.2, section 5.1.6.2): what a frame costs is paid once for up to forty of them.
 *
 * lwIP knows nothing of it: each segment stays the one that it was, with a reference until the card is done with it. */
#ifndef NET_LARGE_H
#define NET_LARGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lwip/pbuf.h>

#include "dev/virtq.h"

/* Where in an Ethernet frame what is. */
struct segment {
    struct pbuf *pbuf; /* one buffer, the frame's first byte at its payload */
    bool is_v6;
    uint16_t tcp;    /* where the TCP header begins */
    uint16_t data;   /* and the data */
    uint16_t length; /* of the data */
};

enum { LARGE_SEGMENTS = 40, LARGE_HEADERS = 14 + 40 + 60 };

struct large {
    unsigned count;
    bool complete; /* nothing can follow */
    uint32_t next_sequence;
    size_t data_size;
    struct segment segments[LARGE_SEGMENTS];
    struct virtq_slice slices[1 + LARGE_SEGMENTS];
    uint8_t header[12 + LARGE_HEADERS]; /* struct virtio_net_header, then the frame's own */
};

/* True if the frame is a TCP segment that could be part of a large frame. */
bool segment_parse(struct pbuf *pbuf, struct segment *segment);

/* Begins a large frame with a segment; makes the segment part of it, or returns false if it does not follow. */
void large_begin(struct large *large, const struct segment *segment);
bool large_append(struct large *large, const struct segment *segment);

/* Fills in the header and the slices, of which there are count + 1. */
void large_finish(struct large *large);

/* Sum of a TCP segment's pseudo-header, which the card finishes: `ip` is its IP header. */
uint16_t pseudo_header_sum(const void *ip, bool is_v6, uint32_t tcp_size);

#endif
