/* pci.c: see pci.h. */
#include "dev/pci.h"

#include "arch/x86_64/cpu.h"

/* PCI Local Bus 3.0, section 3.2.2.3.2. */
enum { CONFIG_ADDRESS = 0xcf8, CONFIG_DATA = 0xcfc };
#define CONFIG_ENABLE 0x80000000u

enum { SECONDARY_BUS = 0x19 };                                           /* PCI-to-PCI Bridge 1.2, section 3.2 */
enum { HEADER_BRIDGE = 0x01, HEADER_MASK = 0x7f, MULTIFUNCTION = 0x80 }; /* 6.2.1 */
enum { STATUS_CAPABILITIES = 0x10 };                                     /* 6.2.3 */
enum { SLOTS = 32, FUNCTIONS = 8, NO_VENDOR = 0xffff };
enum { BAR_IO = 1, BAR_TYPE = 6, BAR_TYPE_64 = 4, BAR_FLAGS = 15 }; /* 6.2.5.1 */

static void select_register(pci_address function, unsigned offset)
{
    out32(CONFIG_ADDRESS, CONFIG_ENABLE | (uint32_t)function << 8 | (offset & 0xfc));
}

uint32_t pci_read(pci_address function, unsigned offset, unsigned size)
{
    select_register(function, offset);
    uint16_t port = (uint16_t)(CONFIG_DATA + offset % 4);
    return size == 1 ? in8(port) : size == 2 ? in16(port) : in32(port);
}

void pci_write(pci_address function, unsigned offset, unsigned size, uint32_t value)
{
    select_register(function, offset);
    uint16_t port = (uint16_t)(CONFIG_DATA + offset % 4);
    if (size == 1)
        out8(port, (uint8_t)value);
    else if (size == 2)
        out16(port, (uint16_t)value);
    else
        out32(port, value);
}

/* The bus number behind a bridge; 0 if the function is none, or firmware has not given it one. */
static unsigned secondary_bus(pci_address function, unsigned bus)
{
    if ((pci_read(function, PCI_HEADER_TYPE, 1) & HEADER_MASK) != HEADER_BRIDGE)
        return 0;
    unsigned behind = pci_read(function, SECONDARY_BUS, 1);
    return behind > bus ? behind : 0; /* numbers grow downwards, which also ends the recursion */
}

static bool visit_bus(unsigned bus, bool (*visit)(pci_address, void *), void *context)
{
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        unsigned functions = 1;
        for (unsigned i = 0; i < functions; i++) {
            pci_address function = (pci_address)(bus << 8 | slot << 3 | i);
            if (pci_read(function, PCI_VENDOR, 2) == NO_VENDOR)
                continue;
            if (i == 0 && pci_read(function, PCI_HEADER_TYPE, 1) & MULTIFUNCTION)
                functions = FUNCTIONS;
            unsigned behind = secondary_bus(function, bus);
            if (visit(function, context) || (behind && visit_bus(behind, visit, context)))
                return true;
        }
    }
    return false;
}

bool pci_visit(bool (*visit)(pci_address function, void *context), void *context)
{
    /* Without a host bridge the address register does not keep what is written to it. */
    select_register(0, 0);
    return in32(CONFIG_ADDRESS) == CONFIG_ENABLE && visit_bus(0, visit, context);
}

unsigned pci_find_capability(pci_address function, unsigned kind, unsigned previous)
{
    if (!(pci_read(function, PCI_STATUS, 2) & STATUS_CAPABILITIES))
        return 0;
    unsigned offset = pci_read(function, previous ? previous + 1 : PCI_CAPABILITIES, 1) & 0xfc;
    for (unsigned i = 0; offset != 0 && i < 48; i++) { /* as many fit into 256 bytes: a loop ends, too */
        if (pci_read(function, offset, 1) == kind)
            return offset;
        offset = pci_read(function, offset + 1, 1) & 0xfc;
    }
    return 0;
}

uint64_t pci_bar(pci_address function, unsigned index)
{
    uint32_t low = pci_read(function, PCI_BAR0 + 4 * index, 4);
    if (low & BAR_IO)
        return 0;
    uint64_t address = low & ~(uint32_t)BAR_FLAGS;
    if ((low & BAR_TYPE) == BAR_TYPE_64 && index < 5)
        address |= (uint64_t)pci_read(function, PCI_BAR0 + 4 * (index + 1), 4) << 32;
    return address;
}
