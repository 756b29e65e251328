/* irq.h: device interrupts, through the I/O APIC or as messages (MSI, MSI-X).
 *
 * A handler runs on the interrupt stack with interrupts off, whatever it interrupted: it acknowledges its device and
 * sets flags, and touches nothing that the interrupted code may be in the middle of. It cannot block or allocate.
 * Connections are for ever. A handler has one vector for each argument, however often it is connected with it: of
 * vectors there are few, and devices may be started again and again. Controllers are set up at first use. */
#ifndef X86_64_IRQ_H
#define X86_64_IRQ_H

#include <stdint.h>

/* Connects a global system interrupt (the number on virtio_mmio command lines, ISA numbers below 16). It is taken as
 * level-triggered, active high, as QEMU's virtio-mmio and PCI lines are. */
void irq_connect_gsi(unsigned gsi, void (*handler)(void *), void *argument);

/* Tells the interrupt message: what a device writes, `data` to `address`, for `handler` to be called. Panics when all
 * vectors are in use: there are more than any sensible machine needs. */
void irq_allocate_msi(void (*handler)(void *), void *argument, uint64_t *address, uint32_t *data);

/* The handler of the local APIC's timer. */
void irq_connect_timer(void (*handler)(void *));

/* How many interrupts of devices there have been, modulo 2^32. */
unsigned irq_count(void);

/* Silences what firmware left ticking. Interrupts may be switched on after it. */
void irq_init(void);

/* Called by traps.c with interrupts off. */
void irq_dispatch(uint64_t vector);

#endif
