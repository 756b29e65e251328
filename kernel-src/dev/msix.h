/* msix.h: interrupts of a PCI function as messages (PCI Local Bus 3.0, section 6.8.2). */
#ifndef DEV_MSIX_H
#define DEV_MSIX_H

#include <stdbool.h>
#include <stdint.h>

#include "dev/pci.h"

/* Turns messages on, with the first two entries of the function's table masked, and maps those. *has_second: there is a
 * second one. NULL: the function has no table. */
volatile uint32_t *msix_enable(pci_address function, bool *has_second);

/* Has the message of entry 0 or 1 call `handler` (arch/x86_64/irq.h), from now on. */
void msix_connect(volatile uint32_t *table, unsigned entry, void (*handler)(void *), void *argument);

#endif
