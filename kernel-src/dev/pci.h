/* pci.h: PCI configuration space (PCI Local Bus 3.0), by the ports 0xcf8 and 0xcfc.
 *
 * Firmware has assigned the addresses; devices without one do not count. */
#ifndef DEV_PCI_H
#define DEV_PCI_H

#include <stdbool.h>
#include <stdint.h>

/* A function's address: bus, device and function as 8, 5 and 3 bits. */
typedef uint16_t pci_address;

enum {
    PCI_VENDOR = 0x00,
    PCI_DEVICE = 0x02,
    PCI_COMMAND = 0x04,
    PCI_STATUS = 0x06,
    PCI_REVISION = 0x08, /* and above it the class, 24 bits */
    PCI_HEADER_TYPE = 0x0e,
    PCI_BAR0 = 0x10,
    PCI_SUBSYSTEM = 0x2e,
    PCI_CAPABILITIES = 0x34,
};
enum { PCI_COMMAND_MEMORY = 2, PCI_COMMAND_MASTER = 4, PCI_COMMAND_NO_INTX = 1 << 10 };
enum { PCI_CAP_VENDOR = 0x09, PCI_CAP_MSIX = 0x11 };

/* A register of 1, 2 or 4 bytes, aligned. */
uint32_t pci_read(pci_address function, unsigned offset, unsigned size);
void pci_write(pci_address function, unsigned offset, unsigned size, uint32_t value);

/* Calls `visit` for each function on bus 0 and on the buses behind bridges, until it returns true; that is the
 * result. */
bool pci_visit(bool (*visit)(pci_address function, void *context), void *context);

/* The offset of the next capability of a kind after the one at `previous` (0: the first), or 0. */
unsigned pci_find_capability(pci_address function, unsigned kind, unsigned previous);

/* The physical address that memory BAR `index` holds, or 0. */
uint64_t pci_bar(pci_address function, unsigned index);

#endif
