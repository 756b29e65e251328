/* virtio.h: find virtio 1.x devices, bring them up, and tell them of work, over PCI or MMIO.
 *
 * A driver's life (virtio 1.2, section 3.1.1): virtio_find, virtio_negotiate, virtio_add_queue for each of its queues,
 * virtio_start. After that it uses its queues (virtq.h), virtio_kick and virtio_wait. A device that cannot be brought
 * up is given up with virtio_fail. */
#ifndef DEV_VIRTIO_H
#define DEV_VIRTIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dev/virtq.h"

/* Section 5. */
enum virtio_id {
    VIRTIO_ID_NET = 1,
    VIRTIO_ID_BLOCK = 2,
    VIRTIO_ID_CONSOLE = 3,
    VIRTIO_ID_ENTROPY = 4,
    VIRTIO_ID_SCSI = 8,
    VIRTIO_ID_FS = 26,
};

/* Section 6, by bit number. The other bits are the device's own. */
enum { VIRTIO_F_EVENT_IDX = 29, VIRTIO_F_VERSION_1 = 32 };

/* Section 2.1. */
enum {
    VIRTIO_ACKNOWLEDGE = 1,
    VIRTIO_DRIVER = 2,
    VIRTIO_DRIVER_OK = 4,
    VIRTIO_FEATURES_OK = 8,
    VIRTIO_NEEDS_RESET = 64,
    VIRTIO_FAILED = 128,
};

struct virtio_device;

/* What differs between PCI and MMIO. */
struct virtio_transport {
    uint8_t (*read_status)(struct virtio_device *device);
    void (*write_status)(struct virtio_device *device, uint8_t status);
    uint64_t (*read_features)(struct virtio_device *device);
    void (*write_features)(struct virtio_device *device, uint64_t features);
    /* Reads one field of the device's configuration space, of 1, 2 or 4 bytes. */
    uint32_t (*read_config)(struct virtio_device *device, unsigned offset, unsigned size);
    /* The greatest size that queue `index` can have; 0: there is no such queue. */
    uint16_t (*queue_limit)(struct virtio_device *device, uint16_t index);
    /* Gives the device a queue. False if it does not take it. */
    bool (*enable_queue)(struct virtio_device *device, uint16_t index, const struct virtq *queue);
    void (*kick)(struct virtio_device *device, uint16_t index);
    /* Has the device interrupt when its configuration or its status changes. False if it cannot. */
    bool (*watch_changes)(struct virtio_device *device);
    /* Lets the device's interrupts reach the processor. They end its idling, and note changes in `changed`. */
    void (*connect_interrupt)(struct virtio_device *device);
};

/* No device that we drive has more queues. */
#define VIRTIO_QUEUES_MAX 32

struct virtio_device {
    const struct virtio_transport *transport;
    unsigned skip;               /* while it is looked for */
    uint64_t features;           /* negotiated */
    bool connected;              /* interrupts are */
    bool tells_changes;          /* of its configuration and its status, in `changed` */
    volatile bool changed;       /* set by interrupts, for the driver to look and to reset */
    volatile uint8_t *registers; /* MMIO: all of them; PCI: the common configuration */
    unsigned gsi;                /* MMIO only */
    /* PCI only, section 4.1.4 */
    volatile uint8_t *config;
    uint32_t config_size;
    volatile uint8_t *notify;
    uint32_t notify_size;
    uint32_t notify_multiplier;
    uint32_t notify_offsets[VIRTIO_QUEUES_MAX];
    volatile uint32_t *msix_entry; /* the one interrupt that all queues share; NULL: it cannot interrupt */
    bool has_second_entry;         /* behind it: for changes */
};

/* Finds the first device of a kind, or the one behind `skip` others. False if the machine has none. */
bool virtio_find(enum virtio_id id, struct virtio_device *device);
bool virtio_find_next(enum virtio_id id, unsigned skip, struct virtio_device *device);

/* Resets the device, and agrees on the features in `wanted` that it offers, beside VERSION_1 and EVENT_IDX. False if
 * that fails. */
bool virtio_negotiate(struct virtio_device *device, uint64_t wanted);
bool virtio_has_feature(const struct virtio_device *device, unsigned bit);

/* Sets up queue `index` with at most `size` descriptors, a power of two, in `memory` (virtq_bytes(size), as virtq_init
 * wants it). False if the device has no such queue. */
bool virtio_add_queue(struct virtio_device *device, uint16_t index, struct virtq *queue, void *memory, uint16_t size);

/* Asks the device to tell of changes, before it is started: see tells_changes. */
void virtio_watch_changes(struct virtio_device *device);

/* From here on the device works. False if it says that it does not. */
bool virtio_start(struct virtio_device *device);

/* True if a device that was started says that it needs a reset (2.1.2). */
bool virtio_needs_reset(struct virtio_device *device);

/* Resets a device that could not be brought up: it touches no memory after that. */
void virtio_fail(struct virtio_device *device);

/* Tells the device what has been added to the queue, if it wants to know. */
void virtio_kick(struct virtio_device *device, uint16_t index, struct virtq *queue);

/* Idles the processor until one of the queues has something to take or is broken, or the monotonic clock reaches
 * `deadline` (TIME_NEVER: none). */
void virtio_wait(struct virtio_device *device, struct virtq *const *queues, unsigned count, uint64_t deadline);

/* The same in parts, for a wait that has other reasons to end: ask for interrupts, then look at virtq_has_used with
 * the processor's interrupts off before each time_wait (arch/x86_64/time.h), then ask for silence. */
void virtio_listen(struct virtio_device *device, struct virtq *const *queues, unsigned count);
void virtio_unlisten(struct virtq *const *queues, unsigned count);

/* For requests that a device answers in seconds, if at all: kicks, and idles until the queue has something to take.
 * False if the queue is broken, the device is gone or needs a reset, or nothing has come for a minute. */
bool virtio_expect(struct virtio_device *device, uint16_t index, struct virtq *queue);

/* Resets a device that does not work any more, and breaks its queue. */
void virtio_give_up(struct virtio_device *device, struct virtq *queue);

/* The transports' parts of virtio_find: devices on the command line, in ACPI's namespace, and on PCI. They pass over
 * device->skip devices of that kind, and count down. */
bool virtio_mmio_find(enum virtio_id id, struct virtio_device *device);
bool virtio_acpi_find(enum virtio_id id, struct virtio_device *device);
bool virtio_pci_find(enum virtio_id id, struct virtio_device *device);

#endif
