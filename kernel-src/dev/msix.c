/* msix.c: see msix.h. */
#include "dev/msix.h"

#include "arch/x86_64/irq.h"
#include "mm/map.h"

/* PCI Local Bus 3.0, sections 6.8.2.3 to 6.8.2.9. */
enum { CONTROL = 2, TABLE = 4, BAR_INDICATOR = 7 };
enum { ENABLE = 1 << 15, MASK_ALL = 1 << 14, LAST_ENTRY = 0x7ff };
enum { ADDRESS_LOW, ADDRESS_HIGH, DATA, VECTOR_CONTROL, ENTRY_WORDS };

volatile uint32_t *msix_enable(pci_address function, bool *has_second)
{
    unsigned cap = pci_find_capability(function, PCI_CAP_MSIX, 0);
    if (!cap)
        return NULL;
    uint32_t place = pci_read(function, cap + TABLE, 4);
    uint64_t base = pci_bar(function, place & BAR_INDICATOR);
    if (base == 0)
        return NULL;
    uint32_t control = pci_read(function, cap + CONTROL, 2);
    *has_second = (control & LAST_ENTRY) > 0;
    volatile uint32_t *table =
        map_device(base + (place & ~(uint32_t)BAR_INDICATOR), 2ull * ENTRY_WORDS * sizeof *table);
    table[VECTOR_CONTROL] = 1;
    if (*has_second)
        table[ENTRY_WORDS + VECTOR_CONTROL] = 1;
    pci_write(function, cap + CONTROL, 2, (control | ENABLE) & ~(uint32_t)MASK_ALL);
    return table;
}

void msix_connect(volatile uint32_t *table, unsigned entry, void (*handler)(void *), void *argument)
{
    uint64_t address;
    uint32_t data;
    volatile uint32_t *words = table + (size_t)entry * ENTRY_WORDS;
    irq_allocate_msi(handler, argument, &address, &data);
    words[ADDRESS_LOW] = (uint32_t)address;
    words[ADDRESS_HIGH] = (uint32_t)(address >> 32);
    words[DATA] = data;
    words[VECTOR_CONTROL] = 0; /* unmasked */
}
