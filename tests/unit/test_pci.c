/* PCI configuration space as machines have it, and as it should not be. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "check.h"

/* A host bridge in the place of I/O ports. */
#define X86_64_CPU_H

enum { FUNCTION_COUNT = 8 };

static struct {
    bool present;
    uint32_t address;
    struct {
        uint16_t function;
        uint8_t space[256];
    } functions[FUNCTION_COUNT];
    unsigned count;
    unsigned accesses;
} fake;

static uint8_t *fake_byte(uint16_t port)
{
    fake.accesses++;
    for (unsigned i = 0; i < fake.count; i++)
        if (fake.present && fake.functions[i].function == (fake.address >> 8 & 0xffff))
            return fake.functions[i].space + (fake.address & 0xfc) + (port & 3);
    return NULL;
}

static uint8_t in8(uint16_t port)
{
    uint8_t *byte = fake_byte(port);
    return byte ? *byte : 0xff;
}

static uint16_t in16(uint16_t port)
{
    return (uint16_t)(in8(port) | in8((uint16_t)(port + 1)) << 8);
}

static uint32_t in32(uint16_t port)
{
    if (port == 0xcf8)
        return fake.present ? fake.address : 0xffffffff;
    return in16(port) | (uint32_t)in16((uint16_t)(port + 2)) << 16;
}

static void out8(uint16_t port, uint8_t value)
{
    uint8_t *byte = fake_byte(port);
    if (byte)
        *byte = value;
}

static void out16(uint16_t port, uint16_t value)
{
    out8(port, (uint8_t)value);
    out8((uint16_t)(port + 1), (uint8_t)(value >> 8));
}

static void out32(uint16_t port, uint32_t value)
{
    if (port == 0xcf8) {
        fake.address = value;
        return;
    }
    out16(port, (uint16_t)value);
    out16((uint16_t)(port + 2), (uint16_t)(value >> 16));
}

#include "dev/pci.c"

static uint8_t *add_function(unsigned bus, unsigned slot, unsigned function, uint8_t header_type)
{
    CHECK(fake.count < FUNCTION_COUNT);
    uint8_t *space = fake.functions[fake.count].space;
    memset(space, 0, 256);
    memcpy(space, "\xf4\x1a\x43\x10", 4);
    space[PCI_HEADER_TYPE] = header_type;
    fake.functions[fake.count++].function = (uint16_t)(bus << 8 | slot << 3 | function);
    return space;
}

static unsigned seen[FUNCTION_COUNT];
static unsigned seen_count;

static bool note(pci_address function, void *context)
{
    CHECK(seen_count < FUNCTION_COUNT);
    seen[seen_count++] = function;
    return context && function == *(unsigned *)context;
}

static void start(bool present)
{
    memset(&fake, 0, sizeof fake);
    fake.present = present;
    seen_count = 0;
}

static void test_visit(void)
{
    start(false);
    CHECK(!pci_visit(note, NULL) && seen_count == 0 && fake.accesses == 0);

    start(true);
    add_function(0, 0, 0, 0);
    add_function(0, 1, 1, 0); /* without a function 0: not there */
    add_function(0, 3, 0, 0x80);
    add_function(0, 3, 7, 0);
    add_function(0, 4, 0, 0);
    add_function(0, 4, 1, 0); /* of a device that has but one */
    CHECK(!pci_visit(note, NULL) && seen_count == 4);
    CHECK(seen[0] == 0 && seen[1] == 3 << 3 && seen[2] == (3 << 3 | 7) && seen[3] == 4 << 3);
    seen_count = 0;
    unsigned wanted = 3 << 3;
    CHECK(pci_visit(note, &wanted) && seen_count == 2);
}

static void test_bridges(void)
{
    start(true);
    add_function(0, 1, 0, HEADER_BRIDGE)[SECONDARY_BUS] = 2;
    add_function(2, 0, 0, 0);
    add_function(2, 1, 0, HEADER_BRIDGE)[SECONDARY_BUS] = 2;   /* back to its own bus */
    add_function(2, 2, 0, HEADER_BRIDGE)[SECONDARY_BUS] = 0;   /* firmware has forgotten it */
    add_function(2, 3, 0, HEADER_BRIDGE)[SECONDARY_BUS] = 255; /* an empty bus */
    CHECK(!pci_visit(note, NULL) && seen_count == 5 && seen[1] == 0x200);
}

static void test_capabilities(void)
{
    start(true);
    uint8_t *space = add_function(0, 5, 0, 0);
    pci_address function = 5 << 3;
    space[PCI_CAPABILITIES] = 0x40;
    memcpy(space + 0x40, "\x09\x50", 2);
    memcpy(space + 0x50, "\x11\x60", 2);
    memcpy(space + 0x60, "\x09\x00", 2);
    CHECK(pci_find_capability(function, PCI_CAP_VENDOR, 0) == 0); /* the status has no such bit */
    space[PCI_STATUS] = STATUS_CAPABILITIES;
    CHECK(pci_find_capability(function, PCI_CAP_VENDOR, 0) == 0x40);
    CHECK(pci_find_capability(function, PCI_CAP_VENDOR, 0x40) == 0x60);
    CHECK(pci_find_capability(function, PCI_CAP_VENDOR, 0x60) == 0);
    CHECK(pci_find_capability(function, PCI_CAP_MSIX, 0) == 0x50);
    space[0x61] = 0x40; /* a ring */
    CHECK(pci_find_capability(function, 0x05, 0) == 0);
}

static void test_bars(void)
{
    start(true);
    uint8_t *space = add_function(0, 5, 0, 0);
    pci_address function = 5 << 3;
    uint32_t bars[6] = {0xc001, 0xfebd1008, 0x0000000c, 0x00000008, 0, 0xfffffff4};
    memcpy(space + PCI_BAR0, bars, sizeof bars);
    CHECK(pci_bar(function, 0) == 0);
    CHECK(pci_bar(function, 1) == 0xfebd1000);
    CHECK(pci_bar(function, 2) == 0x800000000);
    CHECK(pci_bar(function, 4) == 0);
    CHECK(pci_bar(function, 5) == 0xfffffff0); /* there is no sixth one to hold its upper half */

    pci_write(function, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_NO_INTX);
    CHECK(pci_read(function, PCI_COMMAND, 2) == 0x402 && pci_read(function, PCI_COMMAND + 1, 1) == 4);
    CHECK(pci_read(function, PCI_VENDOR, 4) == 0x10431af4);
}

int main(void)
{
    test_visit();
    test_bridges();
    test_capabilities();
    test_bars();
    return 0;
}
