/* irq.c: device interrupts (irq.h): vectors and their handlers, I/O APICs, messages. */
#include "arch/x86_64/irq.h"

#include <stdbool.h>
#include <stddef.h>

#include "arch/x86_64/acpi.h"
#include "arch/x86_64/cpu.h"
#include "arch/x86_64/lapic.h"
#include "arch/x86_64/vectors.h"
#include "mm/map.h"
#include "panic.h"

/* --- vectors --- */

static struct {
    void (*handler)(void *);
    void *argument;
} handlers[VECTOR_TIMER + 1];

/* The vector of the handler with that argument, a new one if it has none yet. */
static unsigned vector_for(void (*handler)(void *), void *argument)
{
    static unsigned next = VECTOR_FIRST_INTERRUPT;
    for (unsigned vector = VECTOR_FIRST_INTERRUPT; vector < next; vector++)
        if (handlers[vector].handler == handler && handlers[vector].argument == argument)
            return vector;
    if (next == VECTOR_TIMER)
        panic("irq", "more than %d interrupts", VECTOR_TIMER - VECTOR_FIRST_INTERRUPT);
    handlers[next].handler = handler;
    handlers[next].argument = argument;
    return next++;
}

void irq_connect_timer(void (*handler)(void *))
{
    handlers[VECTOR_TIMER].handler = handler;
}

static volatile unsigned from_devices;

unsigned irq_count(void)
{
    return from_devices;
}

void irq_dispatch(uint64_t vector)
{
    if (vector == VECTOR_SPURIOUS)
        return; /* has no end (SDM 10.9) */
    if (vector != VECTOR_TIMER)
        from_devices++;
    if (handlers[vector].handler != NULL)
        handlers[vector].handler(handlers[vector].argument);
    lapic_end_interrupt();
}

/* --- the I/O APICs: 82093AA data sheet, section 3; MADT: ACPI 6.4, section 5.2.12 --- */

enum { IOAPIC_VERSION = 0x01, IOAPIC_REDIRECTION = 0x10 };

#define REDIRECTION_LEVEL  (1u << 15)
#define REDIRECTION_MASKED (1u << 16)
#define IOAPIC_DEFAULT     0xfec00000ull

enum { MADT_IOAPIC = 1 };

struct madt_entry {
    uint8_t type;
    uint8_t length;
} __attribute__((packed));

struct madt_ioapic {
    struct madt_entry entry;
    uint8_t id;
    uint8_t reserved;
    uint32_t address;
    uint32_t first_gsi;
} __attribute__((packed));

/* The table's own fields: local APIC address and flags. */
#define MADT_HEADER_SIZE (sizeof(struct acpi_header) + 8)

static uint32_t ioapic_read(volatile uint32_t *ioapic, unsigned number)
{
    ioapic[0] = number;
    return ioapic[4];
}

static void ioapic_write(volatile uint32_t *ioapic, unsigned number, uint32_t value)
{
    ioapic[0] = number;
    ioapic[4] = value;
}

/* The I/O APIC that MADT names for a global system interrupt; without ACPI the one that every PC has. */
static struct madt_ioapic ioapic_find(unsigned gsi)
{
    struct madt_ioapic found = {.address = IOAPIC_DEFAULT};
    const struct acpi_header *madt = acpi_find_table("APIC");
    const uint8_t *bytes = (const uint8_t *)madt;
    for (size_t at = MADT_HEADER_SIZE; madt != NULL && at + sizeof(struct madt_ioapic) <= madt->length;) {
        const struct madt_ioapic *ioapic = (const void *)(bytes + at);
        if (ioapic->entry.length < sizeof ioapic->entry)
            break;
        if (ioapic->entry.type == MADT_IOAPIC && ioapic->first_gsi <= gsi && ioapic->first_gsi >= found.first_gsi)
            found = *ioapic;
        at += ioapic->entry.length;
    }
    return found;
}

void irq_connect_gsi(unsigned gsi, void (*handler)(void *), void *argument)
{
    lapic_init();
    struct madt_ioapic found = ioapic_find(gsi);
    volatile uint32_t *ioapic = map_device(found.address, 0x20);
    unsigned pin = gsi - found.first_gsi;
    if (pin > (ioapic_read(ioapic, IOAPIC_VERSION) >> 16 & 0xff))
        panic("irq", "no I/O APIC has interrupt %u", gsi);
    unsigned vector = vector_for(handler, argument);
    ioapic_write(ioapic, IOAPIC_REDIRECTION + 2 * pin, REDIRECTION_MASKED);
    ioapic_write(ioapic, IOAPIC_REDIRECTION + 2 * pin + 1, lapic_id() << 24);
    ioapic_write(ioapic, IOAPIC_REDIRECTION + 2 * pin, REDIRECTION_LEVEL | vector);
}

/* --- messages: SDM volume 3A, section 10.11 --- */

#define MESSAGE_ADDRESS 0xfee00000ull

void irq_allocate_msi(void (*handler)(void *), void *argument, uint64_t *address, uint32_t *data)
{
    lapic_init();
    *address = MESSAGE_ADDRESS | (uint64_t)(lapic_id() & 0xff) << 12;
    *data = vector_for(handler, argument);
}

/* --- the old controllers: whatever firmware left in them must not arrive as an exception --- */

void irq_init(void)
{
    out8(0x21, 0xff);
    out8(0xa1, 0xff);
}
