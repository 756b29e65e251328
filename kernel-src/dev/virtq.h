/* virtq.h: the driver's side of a split virtqueue (virtio 1.2, section 2.7).
 *
 * Knows neither transports nor devices. The driver offers chains of buffers with virtq_add, tells the device if
 * virtq_must_kick says so, and gets each chain back, in whatever order, from virtq_take. A buffer belongs to the device
 * from virtq_add to virtq_take.
 *
 * The device is not trusted: everything that is needed again lives in memory of the driver's own, and what the device
 * returns is checked. A queue whose device broke the rules is `broken`: it takes nothing and gives nothing any more. */
#ifndef DEV_VIRTQ_H
#define DEV_VIRTQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Section 2.7.5. */
struct virtq_desc {
    uint64_t address;
    uint32_t size;
    uint16_t flags;
    uint16_t next;
};
_Static_assert(sizeof(struct virtq_desc) == 16, "virtio 1.2, section 2.7.5");

/* Section 2.7.6; after the ring comes used_event. */
struct virtq_avail {
    uint16_t flags;
    uint16_t index;
    uint16_t ring[];
};

struct virtq_used_element {
    uint32_t id;
    uint32_t size;
};
_Static_assert(sizeof(struct virtq_used_element) == 8, "virtio 1.2, section 2.7.8");

/* Section 2.7.8; after the ring comes avail_event. */
struct virtq_used {
    uint16_t flags;
    uint16_t index;
    struct virtq_used_element ring[];
};

/* What the driver remembers of a descriptor. */
struct virtq_shadow {
    void *token;       /* of the chain that starts here */
    uint32_t writable; /* bytes that the device may write in that chain */
    uint16_t count;    /* descriptors in that chain; 0 where no chain in flight starts */
    uint16_t next;     /* in the chain, or in the list of free descriptors */
};

struct virtq {
    struct virtq_desc *desc;
    struct virtq_avail *avail;
    struct virtq_used *used;
    struct virtq_shadow *shadow;
    uint16_t size; /* descriptors, a power of two */
    uint16_t free_head;
    uint16_t free_count;
    uint16_t in_flight;  /* chains */
    uint16_t next_avail; /* running indices, modulo 65536 as in the rings */
    uint16_t next_used;
    uint16_t kicked; /* next_avail when virtq_must_kick was asked last */
    bool event_index;
    bool broken;
};

/* A piece of physical memory. */
struct virtq_slice {
    uint64_t address;
    uint32_t size;
};

/* The bytes that a queue of `size` descriptors takes. */
size_t virtq_bytes(uint16_t size);

/* Sets the queue up, empty and with interrupts off, in `memory`: virtq_bytes(size) bytes, zeroed, physically
 * contiguous, aligned to 16. `event_index`: VIRTIO_F_EVENT_IDX has been negotiated. */
void virtq_init(struct virtq *queue, void *memory, uint16_t size, bool event_index);

/* Offers one chain: `out` slices that the device reads, then `in` slices that it writes. `token`, not NULL, comes back
 * from virtq_take. False, with nothing changed, if there are not enough free descriptors. */
bool virtq_add(struct virtq *queue, const struct virtq_slice *slices, unsigned out, unsigned in, void *token);

/* True if the device wants to be told of what has been added since this was asked last. */
bool virtq_must_kick(struct virtq *queue);

/* Takes the next chain that the device has done with: its token, or NULL if there is none. *written, if not NULL: how
 * many bytes the device wrote, never more than the chain holds. */
void *virtq_take(struct virtq *queue, uint32_t *written);

/* Of a queue whose device has been reset: the token of a chain that never came back, which then is free; NULL: there is
 * none. */
void *virtq_recover(struct virtq *queue);

/* True if virtq_take has something to give. */
static inline bool virtq_has_used(const struct virtq *queue)
{
    return !queue->broken && __atomic_load_n(&queue->used->index, __ATOMIC_ACQUIRE) != queue->next_used;
}

/* Asks the device to interrupt when it returns the next chain, or not to bother. Look at virtq_has_used once more after
 * turning interrupts on: what came before does not interrupt. */
void virtq_set_interrupts(struct virtq *queue, bool on);

#endif
