/* virtio_mmio.c: virtio devices over MMIO (virtio 1.2, section 4.2), register layout version 2.
 *
 * There is nothing to enumerate: QEMU's microvm and Firecracker announce them on the kernel's command line, as Linux
 * defines it (` virtio_mmio.device=SIZE@ADDRESS:GSI`), and microvm with ACPI by objects with the id LNRO0005. */
#include "arch/x86_64/irq.h"
#include "boot.h"
#include "dev/fadt.h"
#include "dev/virtio.h"
#include "mm/map.h"
#include "mm/page.h"

/* Section 4.2.2. */
enum {
    MAGIC = 0x00,
    VERSION = 0x04,
    DEVICE_ID = 0x08,
    DEVICE_FEATURES = 0x10,
    DEVICE_FEATURES_SEL = 0x14,
    DRIVER_FEATURES = 0x20,
    DRIVER_FEATURES_SEL = 0x24,
    QUEUE_SEL = 0x30,
    QUEUE_NUM_MAX = 0x34,
    QUEUE_NUM = 0x38,
    QUEUE_READY = 0x44,
    QUEUE_NOTIFY = 0x50,
    INTERRUPT_STATUS = 0x60,
    INTERRUPT_ACK = 0x64,
    STATUS = 0x70,
    QUEUE_DESC = 0x80,
    QUEUE_DRIVER = 0x90,
    QUEUE_DEVICE = 0xa0,
    CONFIG = 0x100,
};
#define MAGIC_VALUE 0x74726976u /* "virt" */
#define VERSION_2   2

static uint32_t read32(struct virtio_device *device, unsigned offset)
{
    return *(volatile uint32_t *)(device->registers + offset);
}

static void write32(struct virtio_device *device, unsigned offset, uint32_t value)
{
    *(volatile uint32_t *)(device->registers + offset) = value;
}

static void write_address(struct virtio_device *device, unsigned offset, const void *memory)
{
    uint64_t address = page_phys(memory);
    write32(device, offset, (uint32_t)address);
    write32(device, offset + 4, (uint32_t)(address >> 32));
}

static uint8_t mmio_read_status(struct virtio_device *device)
{
    return (uint8_t)read32(device, STATUS);
}

static void mmio_write_status(struct virtio_device *device, uint8_t status)
{
    write32(device, STATUS, status);
}

static uint64_t mmio_read_features(struct virtio_device *device)
{
    write32(device, DEVICE_FEATURES_SEL, 0);
    uint64_t low = read32(device, DEVICE_FEATURES);
    write32(device, DEVICE_FEATURES_SEL, 1);
    return (uint64_t)read32(device, DEVICE_FEATURES) << 32 | low;
}

static void mmio_write_features(struct virtio_device *device, uint64_t features)
{
    write32(device, DRIVER_FEATURES_SEL, 0);
    write32(device, DRIVER_FEATURES, (uint32_t)features);
    write32(device, DRIVER_FEATURES_SEL, 1);
    write32(device, DRIVER_FEATURES, (uint32_t)(features >> 32));
}

static uint32_t mmio_read_config(struct virtio_device *device, unsigned offset, unsigned size)
{
    /* 4.2.2.2: a field is read with its own width. */
    volatile uint8_t *field = device->registers + CONFIG + offset;
    return size == 1 ? *field : size == 2 ? *(volatile uint16_t *)field : *(volatile uint32_t *)field;
}

static uint16_t mmio_queue_limit(struct virtio_device *device, uint16_t index)
{
    write32(device, QUEUE_SEL, index);
    uint32_t limit = read32(device, QUEUE_NUM_MAX);
    return limit > UINT16_MAX ? 0 : (uint16_t)limit;
}

static bool mmio_enable_queue(struct virtio_device *device, uint16_t index, const struct virtq *queue)
{
    /* 4.2.3.2, steps 1 to 6. */
    write32(device, QUEUE_SEL, index);
    if (read32(device, QUEUE_READY) != 0)
        return false;
    write32(device, QUEUE_NUM, queue->size);
    write_address(device, QUEUE_DESC, queue->desc);
    write_address(device, QUEUE_DRIVER, queue->avail);
    write_address(device, QUEUE_DEVICE, queue->used);
    write32(device, QUEUE_READY, 1);
    return true;
}

static void mmio_kick(struct virtio_device *device, uint16_t index)
{
    write32(device, QUEUE_NOTIFY, index);
}

enum { INTERRUPT_CHANGE = 2 }; /* 4.2.2, InterruptStatus: else it is about queues */

static void handle_interrupt(void *argument)
{
    struct virtio_device *device = argument;
    uint32_t status = read32(device, INTERRUPT_STATUS);
    if (status & INTERRUPT_CHANGE)
        device->changed = true;
    write32(device, INTERRUPT_ACK, status);
}

static bool mmio_watch_changes(struct virtio_device *device)
{
    (void)device; /* it always does */
    return true;
}

static void mmio_connect_interrupt(struct virtio_device *device)
{
    irq_connect_gsi(device->gsi, handle_interrupt, device);
}

static const struct virtio_transport mmio_transport = {
    .read_status = mmio_read_status,
    .write_status = mmio_write_status,
    .read_features = mmio_read_features,
    .write_features = mmio_write_features,
    .read_config = mmio_read_config,
    .queue_limit = mmio_queue_limit,
    .enable_queue = mmio_enable_queue,
    .kick = mmio_kick,
    .watch_changes = mmio_watch_changes,
    .connect_interrupt = mmio_connect_interrupt,
};

/* Fills `device` in if the registers at `address` are those of a device of that kind. */
static bool probe(uint64_t address, uint32_t gsi, enum virtio_id id, struct virtio_device *device)
{
    struct virtio_device found = {.transport = &mmio_transport, .gsi = gsi};
    found.registers = map_device(address, CONFIG + 0x100);
    /* 4.2.3.1: an id of 0 is a place without a device. */
    if (read32(&found, MAGIC) != MAGIC_VALUE || read32(&found, VERSION) != VERSION_2 || read32(&found, DEVICE_ID) != id)
        return false;
    if (device->skip > 0) {
        device->skip--;
        return false;
    }
    *device = found;
    return true;
}

/* --- on the command line --- */

/* The value of a hexadecimal digit; 16 for anything else. */
static unsigned digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    unsigned letter = ((unsigned char)c | 0x20u) - 'a';
    return letter < 6 ? letter + 10 : 16;
}

/* Reads a number, 0x for hexadecimal, with K, M or G behind it as on Linux; moves *text past it. */
static uint64_t parse_number(const char **text)
{
    const char *p = *text;
    unsigned base = 10;
    if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
        base = 16;
        p += 2;
    }
    uint64_t value = 0;
    for (; digit_value(*p) < base; p++)
        value = value * base + digit_value(*p);
    if (*p == 'K' || *p == 'M' || *p == 'G')
        value <<= *p == 'K' ? 10 : *p == 'M' ? 20 : 30, p++;
    *text = p;
    return value;
}

/* The text behind `prefix` if `text` begins with it, or NULL. */
static const char *skip_prefix(const char *text, const char *prefix)
{
    while (*prefix)
        if (*text++ != *prefix++)
            return NULL;
    return text;
}

static bool probe_word(const char *text, enum virtio_id id, struct virtio_device *device)
{
    parse_number(&text); /* the size: it follows from the layout */
    if (*text++ != '@')
        return false;
    uint64_t address = parse_number(&text);
    if (*text++ != ':' || address == 0 || address % 4 != 0)
        return false;
    return probe(address, (uint32_t)parse_number(&text), id, device);
}

bool virtio_mmio_find(enum virtio_id id, struct virtio_device *device)
{
    const char *line = boot_info.command_line;
    for (const char *p = line; *p; p++) {
        const char *word = p == line || p[-1] == ' ' ? skip_prefix(p, "virtio_mmio.device=") : NULL;
        if (word && probe_word(word, id, device))
            return true;
    }
    return false;
}

/* --- in ACPI's namespace ---
 *
 * The DSDT is a program for a machine of its own. We do not run it: where a device says `_HID "LNRO0005"`, its _CRS
 * follows as a constant buffer with one fixed memory range and one interrupt (ACPI 6.4, sections 6.4.3.4 and 6.4.3.6).
 */

struct acpi_memory_descriptor {
    uint8_t tag; /* 0x86 */
    uint16_t length;
    uint8_t writable;
    uint32_t base;
    uint32_t size;
} __attribute__((packed));
_Static_assert(sizeof(struct acpi_memory_descriptor) == 12, "ACPI 6.4, table 6.41");

struct acpi_interrupt_descriptor {
    uint8_t tag; /* 0x89 */
    uint16_t length;
    uint8_t flags;
    uint8_t count;
    uint32_t gsi;
} __attribute__((packed));
_Static_assert(sizeof(struct acpi_interrupt_descriptor) == 9, "ACPI 6.4, table 6.43");

/* Looks for the resources among the `size` bytes that follow a device's id. */
static bool probe_resources(const char *bytes, size_t size, enum virtio_id id, struct virtio_device *device)
{
    enum { SPAN = 96 }; /* the next device's begin later than that */
    const size_t wanted = sizeof(struct acpi_memory_descriptor) + sizeof(struct acpi_interrupt_descriptor);
    for (size_t i = 0; i < SPAN && i + wanted <= size; i++) {
        const struct acpi_memory_descriptor *memory = (const void *)(bytes + i);
        const struct acpi_interrupt_descriptor *interrupt = (const void *)(memory + 1);
        if (memory->tag == 0x86 && memory->length == 9 && interrupt->tag == 0x89 && interrupt->count == 1)
            return memory->base != 0 && memory->base % 4 == 0 && probe(memory->base, interrupt->gsi, id, device);
    }
    return false;
}

bool virtio_acpi_find(enum virtio_id id, struct virtio_device *device)
{
    static const char hardware_id[] = "LNRO0005";
    const struct acpi_header *dsdt = fadt_find_dsdt();
    if (!dsdt)
        return false;
    const char *bytes = (const char *)dsdt;
    for (size_t i = sizeof *dsdt; i + sizeof hardware_id <= dsdt->length; i++) {
        size_t after = i + sizeof hardware_id;
        if (skip_prefix(bytes + i, hardware_id) && probe_resources(bytes + after, dsdt->length - after, id, device))
            return true;
    }
    return false;
}
