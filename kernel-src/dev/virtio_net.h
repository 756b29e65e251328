/* virtio_net.h: the network card (virtio 1.2, section 5.1): frames in and out of buffers of the caller's.
 *
 * Knows Ethernet frames and no protocol above them. The caller offers buffers for frames to come, and takes them back
 * filled; it sends frames from buffers that stay the device's until virtio_net_reclaim returns their token. Nothing
 * here waits, and the device is told of new buffers by virtio_net_kick alone, so that a burst costs one kick. */
#ifndef DEV_VIRTIO_NET_H
#define DEV_VIRTIO_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dev/virtio.h"

enum {
    VIRTIO_NET_RING = 256,        /* descriptors of each queue */
    VIRTIO_NET_ADDRESS_SIZE = 6,  /* a MAC address */
    VIRTIO_NET_PARTS_MAX = 40,    /* buffers of one received frame */
    VIRTIO_NET_SLICES_MAX = 48,   /* of one frame to send, its header included */
    VIRTIO_NET_BUFFER_MIN = 1526, /* a buffer for frames to come: header and the largest frame of 1500 bytes payload */
};

/* Section 5.1.6: before each frame, in both directions, in memory. The caller leaves room for it. */
struct virtio_net_header {
    uint8_t flags;            /* enum virtio_net_flags */
    uint8_t gso_type;         /* enum virtio_net_gso */
    uint16_t header_size;     /* of a large frame: the headers down to TCP's, which each small one gets, */
    uint16_t gso_size;        /* and the bytes of data of each */
    uint16_t checksum_start;  /* with VIRTIO_NET_NEEDS_CHECKSUM: what is summed begins here in the frame, */
    uint16_t checksum_offset; /* and the sum belongs so far behind that, where the pseudo-header's sum is now */
    uint16_t buffer_count;
};
_Static_assert(sizeof(struct virtio_net_header) == 12, "virtio 1.2, section 5.1.6");

enum virtio_net_gso { VIRTIO_NET_GSO_NONE = 0, VIRTIO_NET_GSO_TCP4 = 1, VIRTIO_NET_GSO_TCP6 = 4 };
enum virtio_net_flags { VIRTIO_NET_NEEDS_CHECKSUM = 1, VIRTIO_NET_CHECKSUM_VALID = 2 };

struct virtio_net {
    struct virtio_device device;
    struct virtq receive, transmit;
    char *rings;                              /* the memory of both */
    bool has_address;                         /* the device has one of its own */
    uint8_t address[VIRTIO_NET_ADDRESS_SIZE]; /* MAC */
    uint16_t mtu;                             /* 1500 unless the device says something smaller */
    bool checksums;                           /* it completes checksums of what is sent */
    bool segments;                            /* it cuts large TCP frames that are sent into small ones */
    bool merges;                              /* a received frame may be spread over several buffers */
    bool has_status;
};

/* A received frame: parts of it in one buffer each. */
struct virtio_net_frame {
    bool good;    /* else the device described it wrongly: only the buffers are of use */
    bool checked; /* its TCP or UDP checksum needs no look */
    unsigned count;
    void *buffers[VIRTIO_NET_PARTS_MAX]; /* as offered; the first begins with a struct virtio_net_header */
    uint32_t sizes[VIRTIO_NET_PARTS_MAX];
};

/* Finds and starts the machine's first network card. False if it has none that works. */
bool virtio_net_start(struct virtio_net *net);

/* The next two may give other answers than before when device.changed is set, which the caller then resets. True if
 * they have to be asked once in a while nevertheless: the device does not tell of changes, or has failed. */
bool virtio_net_must_ask(const struct virtio_net *net);

/* True if the device has said, or shown, that it works no more. */
bool virtio_net_has_failed(struct virtio_net *net);

/* Resets the device: it touches no memory any more. Then take back what it had, buffers for frames to come and tokens
 * of frames to send, until both give NULL, and start it again; false if that fails, and then it may be tried later. */
void virtio_net_stop(struct virtio_net *net);
void *virtio_net_recover_buffer(struct virtio_net *net);
void *virtio_net_recover_token(struct virtio_net *net);
bool virtio_net_restart(struct virtio_net *net);

/* True if the cable is plugged in. */
bool virtio_net_is_up(struct virtio_net *net);

/* Offers a buffer of at least VIRTIO_NET_BUFFER_MIN bytes that lie in one piece of physical memory. False if the ring
 * is full. */
bool virtio_net_offer(struct virtio_net *net, void *buffer, uint32_t size);

/* Takes the next frame that arrived, and with it the buffers. False if there is none. */
bool virtio_net_receive(struct virtio_net *net, struct virtio_net_frame *frame);

/* Sends a frame: `slices`, the first of which begins with a struct virtio_net_header. False if the ring is full. */
bool virtio_net_send(struct virtio_net *net, const struct virtq_slice *slices, unsigned count, void *token);

/* The token of a frame that the device is done with, or NULL. */
void *virtio_net_reclaim(struct virtio_net *net);

/* Tells the device of what has been offered and sent since it was told last. */
void virtio_net_kick(struct virtio_net *net);

/* True if virtio_net_receive has something to give. */
bool virtio_net_has_received(const struct virtio_net *net);

/* Asks for an interrupt when a frame arrives, and if `transmit` when one has been sent, or for silence. Look once
 * more after asking: what came before does not interrupt. */
void virtio_net_listen(struct virtio_net *net, bool transmit);
void virtio_net_unlisten(struct virtio_net *net);

#endif
