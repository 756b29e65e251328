/* virtio.c: the bring-up that all virtio devices share. Section numbers are those of virtio 1.2. */
#include "dev/virtio.h"

#include "arch/x86_64/cpu.h"
#include "arch/x86_64/time.h"

static void add_status(struct virtio_device *device, uint8_t bit)
{
    device->transport->write_status(device, device->transport->read_status(device) | bit);
}

bool virtio_find(enum virtio_id id, struct virtio_device *device)
{
    return virtio_find_next(id, 0, device);
}

bool virtio_find_next(enum virtio_id id, unsigned skip, struct virtio_device *device)
{
    *device = (struct virtio_device){.skip = skip};
    return virtio_mmio_find(id, device) || virtio_pci_find(id, device) || virtio_acpi_find(id, device);
}

bool virtio_negotiate(struct virtio_device *device, uint64_t wanted)
{
    const struct virtio_transport *transport = device->transport;
    /* 3.1.1, steps 1 to 3. A reset has ended when the status reads 0 (4.1.4.3.2); QEMU's has when it begins. */
    transport->write_status(device, 0);
    if (transport->read_status(device) != 0)
        return false;
    add_status(device, VIRTIO_ACKNOWLEDGE);
    add_status(device, VIRTIO_DRIVER);

    /* Steps 4 to 6. */
    uint64_t offered = transport->read_features(device);
    device->features = offered & (wanted | 1ull << VIRTIO_F_EVENT_IDX | 1ull << VIRTIO_F_VERSION_1);
    if (!virtio_has_feature(device, VIRTIO_F_VERSION_1))
        return false;
    transport->write_features(device, device->features);
    add_status(device, VIRTIO_FEATURES_OK);
    return transport->read_status(device) & VIRTIO_FEATURES_OK;
}

bool virtio_has_feature(const struct virtio_device *device, unsigned bit)
{
    return device->features >> bit & 1;
}

bool virtio_add_queue(struct virtio_device *device, uint16_t index, struct virtq *queue, void *memory, uint16_t size)
{
    uint16_t limit = index < VIRTIO_QUEUES_MAX ? device->transport->queue_limit(device, index) : 0;
    if (limit == 0 || (limit & (limit - 1)) != 0) /* 2.7: always a power of two */
        return false;
    virtq_init(queue, memory, size < limit ? size : limit, virtio_has_feature(device, VIRTIO_F_EVENT_IDX));
    return device->transport->enable_queue(device, index, queue);
}

void virtio_watch_changes(struct virtio_device *device)
{
    device->tells_changes = device->transport->watch_changes(device);
}

bool virtio_start(struct virtio_device *device)
{
    add_status(device, VIRTIO_DRIVER_OK); /* step 8 */
    return !virtio_needs_reset(device);
}

bool virtio_needs_reset(struct virtio_device *device)
{
    return device->transport->read_status(device) & VIRTIO_NEEDS_RESET;
}

void virtio_fail(struct virtio_device *device)
{
    add_status(device, VIRTIO_FAILED);
    device->transport->write_status(device, 0);
}

void virtio_kick(struct virtio_device *device, uint16_t index, struct virtq *queue)
{
    if (virtq_must_kick(queue))
        device->transport->kick(device, index);
}

void virtio_listen(struct virtio_device *device, struct virtq *const *queues, unsigned count)
{
    if (!device->connected) {
        device->transport->connect_interrupt(device);
        device->connected = true;
    }
    for (unsigned i = 0; i < count; i++)
        virtq_set_interrupts(queues[i], true);
}

void virtio_unlisten(struct virtq *const *queues, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        virtq_set_interrupts(queues[i], false);
}

static bool any_ready(struct virtq *const *queues, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (queues[i]->broken || virtq_has_used(queues[i]))
            return true;
    return false;
}

void virtio_wait(struct virtio_device *device, struct virtq *const *queues, unsigned count, uint64_t deadline)
{
    if (any_ready(queues, count))
        return;
    virtio_listen(device, queues, count);
    bool enabled = interrupts_save();
    while (!any_ready(queues, count) && (deadline == TIME_NEVER || time_now() < deadline))
        time_wait(deadline);
    interrupts_restore(enabled);
    virtio_unlisten(queues, count);
}

/* One that has been reset behind our back reads 0, one that has been unplugged from PCI all ones. */
static bool is_lost(struct virtio_device *device)
{
    return device->transport->read_status(device) == 0 || virtio_needs_reset(device);
}

bool virtio_expect(struct virtio_device *device, uint16_t index, struct virtq *queue)
{
    enum { SECOND = 1000000000, PATIENCE = 60 };
    virtio_kick(device, index, queue);
    /* Second by second, since a machine that is paused misses its device's answer and finds the clock far ahead. */
    for (unsigned waited = 0; waited < PATIENCE && !queue->broken; waited++) {
        if (virtq_has_used(queue))
            return true;
        virtio_wait(device, &queue, 1, time_now() + SECOND);
        if (!virtq_has_used(queue) && is_lost(device))
            break;
    }
    return virtq_has_used(queue);
}

void virtio_give_up(struct virtio_device *device, struct virtq *queue)
{
    virtio_fail(device);
    queue->broken = true;
}
