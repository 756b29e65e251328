/* virtio_card.h: the registers and queues of a virtio device, for drivers that run in a unit test.
 *
 * Include it behind the sources of the driver. The test defines what its device does: card_kick, and virtio_mmio_find,
 * which gives out `transport`; and before, CARD_QUEUES, where the device has more than two. */
#ifndef VIRTIO_CARD_H
#define VIRTIO_CARD_H

#include <string.h>

#include "check.h"

#ifndef CARD_QUEUES
#define CARD_QUEUES 2
#endif

static struct {
    uint64_t offered, negotiated; /* features */
    uint8_t config[40];
    uint8_t status;
    uint16_t queue_count, queue_limit; /* how many, and how large they may be */
    struct virtq queues[CARD_QUEUES];  /* the driver's, for the addresses; the indices are the device's own */
    uint16_t next_avail[CARD_QUEUES];
    bool connected; /* to an interrupt */
} registers;

static void card_kick(struct virtio_device *device, uint16_t index);

static uint8_t card_read_status(struct virtio_device *device)
{
    (void)device;
    return registers.status;
}

static void card_write_status(struct virtio_device *device, uint8_t status)
{
    (void)device;
    registers.status = status;
}

static uint64_t card_read_features(struct virtio_device *device)
{
    (void)device;
    return registers.offered;
}

static void card_write_features(struct virtio_device *device, uint64_t features)
{
    (void)device;
    CHECK((features & ~registers.offered) == 0);
    registers.negotiated = features;
}

static uint32_t card_read_config(struct virtio_device *device, unsigned offset, unsigned size)
{
    (void)device;
    uint32_t value = 0;
    CHECK(size <= sizeof value && offset + size <= sizeof registers.config);
    memcpy(&value, registers.config + offset, size);
    return value;
}

static uint16_t card_queue_limit(struct virtio_device *device, uint16_t index)
{
    (void)device;
    return index < registers.queue_count ? registers.queue_limit : 0;
}

static bool card_enable_queue(struct virtio_device *device, uint16_t index, const struct virtq *queue)
{
    (void)device;
    CHECK(!(registers.status & VIRTIO_DRIVER_OK) && registers.status & VIRTIO_FEATURES_OK);
    registers.queues[index] = *queue;
    registers.next_avail[index] = 0;
    return true;
}

static bool card_watch_changes(struct virtio_device *device)
{
    (void)device;
    return true;
}

static void card_connect_interrupt(struct virtio_device *device)
{
    (void)device;
    registers.connected = true;
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
    .watch_changes = card_watch_changes,
    .connect_interrupt = card_connect_interrupt,
};

/* The next chain that the driver offered on a queue, or -1. */
static int card_pop(unsigned index)
{
    struct virtq *queue = &registers.queues[index];
    if (!queue->size || queue->avail->index == registers.next_avail[index])
        return -1;
    int head = queue->avail->ring[registers.next_avail[index]++ % queue->size];
    if (queue->event_index)
        *avail_event(queue) = registers.next_avail[index];
    return head;
}

static void card_push(unsigned index, uint32_t id, uint32_t size)
{
    struct virtq *queue = &registers.queues[index];
    queue->used->ring[queue->used->index++ % queue->size] = (struct virtq_used_element){id, size};
}

/* A machine without PCI and ACPI. */
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

#endif
