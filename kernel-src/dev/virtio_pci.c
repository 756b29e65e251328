/* virtio_pci.c: virtio devices on PCI (virtio 1.2, section 4.1): modern interface, interrupts by MSI-X.
 *
 * All queues share one message, and changes of the configuration have a second one. Where the other end of an interrupt
 * line is, ACPI's bytecode alone can tell; so a device without MSI-X, which hypervisors hardly have, is looked at every
 * millisecond instead. */
#include "arch/x86_64/time.h"
#include "dev/msix.h"
#include "dev/pci.h"
#include "dev/virtio.h"
#include "mm/map.h"
#include "mm/page.h"

/* 4.1.2: modern devices count from MODERN_ID; transitional ones have the kind in the subsystem id. */
enum { VENDOR = 0x1af4, TRANSITIONAL_ID = 0x1000, MODERN_ID = 0x1040, LAST_ID = 0x107f };

/* 4.1.4. */
enum { CAP_COMMON = 1, CAP_NOTIFY = 2, CAP_DEVICE = 4 };
enum { CAP_TYPE = 3, CAP_BAR = 4, CAP_OFFSET = 8, CAP_LENGTH = 12, CAP_NOTIFY_MULTIPLIER = 16 };

/* 4.1.4.3. */
struct common_config {
    uint32_t device_feature_select;
    uint32_t device_feature;
    uint32_t driver_feature_select;
    uint32_t driver_feature;
    uint16_t config_msix_vector;
    uint16_t num_queues;
    uint8_t device_status;
    uint8_t config_generation;
    uint16_t queue_select;
    uint16_t queue_size;
    uint16_t queue_msix_vector;
    uint16_t queue_enable;
    uint16_t queue_notify_off;
    uint32_t queue_desc[2]; /* 64-bit fields, written in halves (4.1.3.1) */
    uint32_t queue_driver[2];
    uint32_t queue_device[2];
};
_Static_assert(sizeof(struct common_config) == 56, "virtio 1.2, section 4.1.4.3");

static volatile struct common_config *common(struct virtio_device *device)
{
    return (volatile struct common_config *)device->registers;
}

static uint8_t pci_read_status(struct virtio_device *device)
{
    return common(device)->device_status;
}

static void pci_write_status(struct virtio_device *device, uint8_t status)
{
    common(device)->device_status = status;
}

static uint64_t pci_read_features(struct virtio_device *device)
{
    common(device)->device_feature_select = 0;
    uint64_t low = common(device)->device_feature;
    common(device)->device_feature_select = 1;
    return (uint64_t)common(device)->device_feature << 32 | low;
}

static void pci_write_features(struct virtio_device *device, uint64_t features)
{
    common(device)->driver_feature_select = 0;
    common(device)->driver_feature = (uint32_t)features;
    common(device)->driver_feature_select = 1;
    common(device)->driver_feature = (uint32_t)(features >> 32);
}

static uint32_t pci_read_config(struct virtio_device *device, unsigned offset, unsigned size)
{
    if (offset + size > device->config_size)
        return 0;
    volatile uint8_t *field = device->config + offset;
    return size == 1 ? *field : size == 2 ? *(volatile uint16_t *)field : *(volatile uint32_t *)field;
}

static uint16_t pci_queue_limit(struct virtio_device *device, uint16_t index)
{
    if (index >= common(device)->num_queues)
        return 0;
    common(device)->queue_select = index;
    return common(device)->queue_size;
}

static void write_address(volatile uint32_t *field, const void *memory)
{
    uint64_t address = page_phys(memory);
    field[0] = (uint32_t)address;
    field[1] = (uint32_t)(address >> 32);
}

/* Notes where kicks of the selected queue go (4.1.4.4). False if that is outside of the window. */
static bool note_kick(struct virtio_device *device, uint16_t index)
{
    uint64_t offset = (uint64_t)common(device)->queue_notify_off * device->notify_multiplier;
    if (offset + sizeof(uint16_t) > device->notify_size)
        return false;
    device->notify_offsets[index] = (uint32_t)offset;
    return true;
}

static bool pci_enable_queue(struct virtio_device *device, uint16_t index, const struct virtq *queue)
{
    /* 4.1.5.1.3, steps 1 to 4. */
    common(device)->queue_select = index;
    common(device)->queue_size = queue->size;
    write_address(common(device)->queue_desc, queue->desc);
    write_address(common(device)->queue_driver, queue->avail);
    write_address(common(device)->queue_device, queue->used);
    if (device->msix_entry) {
        common(device)->queue_msix_vector = 0;
        if (common(device)->queue_msix_vector != 0)
            return false;
    }
    if (!note_kick(device, index))
        return false;
    common(device)->queue_enable = 1;
    return true;
}

static void pci_kick(struct virtio_device *device, uint16_t index)
{
    *(volatile uint16_t *)(device->notify + device->notify_offsets[index]) = index;
}

static void handle_interrupt(void *argument)
{
    (void)argument; /* a message needs no acknowledgement */
}

static void handle_change(void *argument)
{
    struct virtio_device *device = argument;
    device->changed = true;
}

/* The vector of changes is the second entry (4.1.5.1.2). */
static bool pci_watch_changes(struct virtio_device *device)
{
    if (!device->msix_entry || !device->has_second_entry)
        return false;
    common(device)->config_msix_vector = 1;
    return common(device)->config_msix_vector == 1;
}

static void pci_connect_interrupt(struct virtio_device *device)
{
    if (!device->msix_entry) {
        time_wake_often();
        return;
    }
    msix_connect(device->msix_entry, 0, handle_interrupt, NULL);
    if (device->tells_changes)
        msix_connect(device->msix_entry, 1, handle_change, device);
}

static const struct virtio_transport pci_transport = {
    .read_status = pci_read_status,
    .write_status = pci_write_status,
    .read_features = pci_read_features,
    .write_features = pci_write_features,
    .read_config = pci_read_config,
    .queue_limit = pci_queue_limit,
    .enable_queue = pci_enable_queue,
    .kick = pci_kick,
    .watch_changes = pci_watch_changes,
    .connect_interrupt = pci_connect_interrupt,
};

/* Maps the structure that the first capability of a type describes. *size is its length. NULL if there is none of at
 * least `minimum` bytes. */
static volatile uint8_t *map_structure(pci_address function, unsigned type, uint32_t minimum, uint32_t *size,
                                       unsigned *capability)
{
    unsigned cap = 0;
    while ((cap = pci_find_capability(function, PCI_CAP_VENDOR, cap)) != 0) {
        unsigned bar = pci_read(function, cap + CAP_BAR, 1);
        if (pci_read(function, cap + CAP_TYPE, 1) != type || bar > 5) /* 4.1.4.1: other values are reserved */
            continue;
        uint64_t base = pci_bar(function, bar);
        *size = pci_read(function, cap + CAP_LENGTH, 4);
        *capability = cap;
        if (base == 0 || *size < minimum)
            return NULL;
        return map_device(base + pci_read(function, cap + CAP_OFFSET, 4), *size);
    }
    return NULL;
}

/* The virtio kind of a function, or 0. */
static unsigned virtio_kind(pci_address function)
{
    unsigned id = pci_read(function, PCI_DEVICE, 2);
    if (pci_read(function, PCI_VENDOR, 2) != VENDOR || id < TRANSITIONAL_ID || id > LAST_ID)
        return 0;
    return id >= MODERN_ID ? id - MODERN_ID : pci_read(function, PCI_SUBSYSTEM, 2);
}

struct search {
    enum virtio_id id;
    struct virtio_device *device;
};

static bool probe(pci_address function, void *context)
{
    struct search *search = context;
    if (virtio_kind(function) != search->id)
        return false;
    if (search->device->skip > 0) {
        search->device->skip--;
        return false;
    }
    uint32_t command = pci_read(function, PCI_COMMAND, 2);
    command |= PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_NO_INTX;
    pci_write(function, PCI_COMMAND, 2, command);

    struct virtio_device found = {.transport = &pci_transport};
    uint32_t common_size;
    unsigned cap;
    found.registers = map_structure(function, CAP_COMMON, sizeof(struct common_config), &common_size, &cap);
    found.config = map_structure(function, CAP_DEVICE, 0, &found.config_size, &cap);
    found.notify = map_structure(function, CAP_NOTIFY, sizeof(uint16_t), &found.notify_size, &cap);
    if (!found.registers || !found.notify)
        return false;
    found.notify_multiplier = pci_read(function, cap + CAP_NOTIFY_MULTIPLIER, 4);
    found.msix_entry = msix_enable(function, &found.has_second_entry);
    *search->device = found;
    return true;
}

bool virtio_pci_find(enum virtio_id id, struct virtio_device *device)
{
    struct search search = {id, device};
    return pci_visit(probe, &search);
}
